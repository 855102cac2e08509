"""The job file: which sites, why, when, how much; checked before anything is asked of anybody.

TOML in, a frozen `Job` out.  Every mistake is told with file, key and what to write instead.  The file is evidence:
its text goes into the run's record, so it may hold no password.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from crawler import urls
from crawler.errors import CrawlerError
from crawler.identity import Identity
from licences.robots import FRAMEWORK_TOKEN
from licences.robots.agents import agent_list
from licences.vocabulary import Usage
from provenance.errors import ProvenanceError
from provenance.locations import refuse_password
from provenance.sources import end_of

_MAIL = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+\.[!-;=?A-~]+")  # printable ASCII: it goes into a header as it is
_TOKEN = re.compile(r"[A-Za-z_-]+")
_NO_NAMES = frozenset({"bot", "crawler", "spider", "robot", "mozilla", FRAMEWORK_TOKEN.lower()})

DEFAULT_MEDIA = (
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "application/rss+xml",
    "application/atom+xml",
    "application/xml",
    "text/xml",
    "application/pdf",
)


class JobError(CrawlerError):
    """A job file cannot be used as it is; the message names file, key and what to write."""


def _mail(value: str) -> str:
    if not _MAIL.fullmatch(value):
        raise ValueError("write a mail address that somebody reads, such as crawler@example.org")
    return value


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise ValueError("a product token has only letters, '-' and '_' (RFC 9309 §2.2.1)")
    if value.lower() in _NO_NAMES or agent_list().named_by(value) is not None:
        raise ValueError(f"{value!r} names somebody else, or everybody: write a name of your own")
    return value


def _network(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"write a network such as 192.0.2.0/28: {error}") from error
    return str(network)


def _http_url(value: str) -> str:
    try:
        return urls.parse(value).url
    except urls.UnusableUrlError as error:
        raise ValueError(f"{value!r} is no URL to start from: it {error}") from error


def _site(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.strip("[]")))
    except ValueError:
        pass
    try:
        site = urls.site_of(urls.parse(value if "://" in value else f"http://{value}/").host)
    except urls.UnusableUrlError as error:
        raise ValueError(f"write a registrable domain or an address: {value!r} {error}") from error
    if site != value.lower():
        raise ValueError(f"{value!r} would never apply: a permission is for a whole site, write {site!r}")
    return site


def _no_password(value: str) -> str:
    try:
        refuse_password(value)
    except ProvenanceError as error:
        raise ValueError(str(error)) from error
    return value


def _usage(value: str) -> str:
    try:
        return Usage(value).value
    except ValueError:
        raise ValueError(
            f"{value!r} is no usage; one of: {', '.join(usage.value for usage in Usage)}"
        ) from None


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Location = Annotated[str, AfterValidator(_no_password)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class JobSection(_Section):
    """``[job]``: what this is for."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    purpose: Annotated[str, AfterValidator(_usage)] = Usage.AI_TRAIN_GEN.value
    policy: str = "strict-optin"
    schedule: str | None = None
    max_wait_seconds: Annotated[float, Field(ge=0)] = 3600.0  # for a leased site, a back-off, a budget
    max_time_seconds: Annotated[float, Field(gt=0)] | None = None


class OperatorSection(_Section):
    """``[operator]``: who asks.  No contact, no crawl."""

    name: Annotated[str, Field(min_length=1)]
    contact: Annotated[str, AfterValidator(_mail)]
    info_url: HttpUrl | None = None
    token: Annotated[str, AfterValidator(_token)] = "Aboveboard"  # noqa: S105  # no secret
    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = ()  # networks that requests come from


class StorageSection(_Section):
    """``[storage]``: where bytes and records go; the environment and the command line outrank it."""

    database: Location | None = None
    store: Location | None = None


class SiteSection(_Section):
    """``[[site]]``: where we are admitted to, by whom, on what basis."""

    start: Annotated[tuple[HttpUrl, ...], Field(min_length=1)]
    include: tuple[HttpUrl, ...] = ()
    sitemaps: tuple[HttpUrl, ...] = ()
    admitted_by: Annotated[str, Field(min_length=1)]
    admitted_until: date | None = None  # the last day (UTC); None: as long as the register of sources says
    basis: str = "not stated"
    max_pages: Annotated[int, Field(ge=1)] = 10_000
    max_depth: Annotated[int, Field(ge=0)] = 25
    max_bytes: Annotated[int, Field(ge=1)] | None = None
    media: tuple[str, ...] = DEFAULT_MEDIA

    @model_validator(mode="after")
    def _one_site(self) -> SiteSection:
        sites = {urls.site_of(urls.parse(url).host) for url in (*self.start, *self.include)}
        if len(sites) > 1:
            raise ValueError(
                f"start and include name several sites ({', '.join(sorted(sites))}): one [[site]] each"
            )
        return self

    @property
    def site(self) -> str:
        """The registrable domain (or address) this scope lies in."""
        return urls.site_of(urls.parse(self.start[0]).host)


def job_end(sections: Iterable[SiteSection]) -> datetime | None:
    """Return when a job's admission of a site ends, UTC: with the first of its scopes; None: none sets an end."""
    days = [section.admitted_until for section in sections if section.admitted_until is not None]
    return end_of(min(days)) if days else None


class PermissionSection(_Section):
    """``[[permission]]``: what a site's owner granted us beyond the rules; recorded as evidence."""

    site: Annotated[str, AfterValidator(_site)]
    granted_by: Annotated[str, Field(min_length=1)]
    granted_at: date | None = None
    private_addresses: bool = False
    min_gap_seconds: Annotated[float, Field(ge=0)] | None = None
    max_in_flight: Annotated[int, Field(ge=1, le=64)] | None = None
    max_requests_per_day: Annotated[int, Field(ge=1)] | None = None
    max_bytes_per_day: Annotated[int, Field(ge=1)] | None = None
    valid_until: date

    def holds_on(self, day: date) -> bool:
        """Return whether the owner's word stands on a day (UTC): given already, and not yet over."""
        return (self.granted_at is None or self.granted_at <= day) and day <= self.valid_until


class Job(_Section):
    """A whole job file."""

    job: JobSection
    operator: OperatorSection
    storage: StorageSection = StorageSection()
    site: Annotated[tuple[SiteSection, ...], Field(min_length=1)]
    permission: tuple[PermissionSection, ...] = ()

    @property
    def identity(self) -> Identity:
        """Who we say we are in this job."""
        who = self.operator
        return Identity(
            operator=who.name, contact=who.contact, info_url=who.info_url, product_token=who.token
        )

    @property
    def digest(self) -> bytes:
        """SHA-256 over what the job asks for; comments, order of keys and storage do not count."""
        asked = self.model_dump(mode="json", exclude={"storage"})
        for section in asked["site"]:
            if section["admitted_until"] is None:  # so that jobs which do not know the key keep their digest
                del section["admitted_until"]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode()).digest()

    def planned(self) -> Job:
        """Return the same job as a plan: its run is told apart from the runs of the job itself."""
        return self.model_copy(
            update={"job": self.job.model_copy(update={"name": f"plan of {self.job.name}"})}
        )

    def sites(self) -> dict[str, tuple[SiteSection, ...]]:
        """Return the scopes of each site: two ``[[site]]`` of one registrable domain are one visit."""
        grouped: dict[str, tuple[SiteSection, ...]] = {}
        for section in self.site:
            grouped[section.site] = (*grouped.get(section.site, ()), section)
        return grouped

    def permission_for(self, site: str, today: date) -> PermissionSection | None:
        """Return the owner's recorded permission for a site, if it still holds."""
        return next((p for p in self.permission if p.site == site and p.holds_on(today)), None)


def _told(name: str, error: ValidationError) -> str:
    lines = []
    problems = error.errors()
    inside = {problem["loc"][:1] for problem in problems if len(problem["loc"]) > 1}
    for problem in problems:
        if problem["type"] == "too_short" and problem["loc"] in inside:
            continue  # pydantic counts only the items that passed; what is wrong with them is told anyway
        kinds: dict[str, Literal["[[{}]]", "[{}]"]] = {"site": "[[{}]]", "permission": "[[{}]]"}
        head, *rest = [part for part in problem["loc"] if not isinstance(part, int)] or ["job file"]
        key = " ".join([kinds.get(str(head), "[{}]").format(head), ".".join(map(str, rest))]).strip()
        says = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "missing":
            says = "is missing: write it" if rest else "this section is missing: write it"
        elif problem["type"] == "extra_forbidden":
            says = "is no key we know: check its spelling (see 'aboveboard init')"
        lines.append(f"{name}: {key}: {says}")
    return "\n".join(lines)


def parse(text: str, *, name: str) -> Job:
    """Return the job that a TOML text describes.

    Args:
        text: the file's content.
        name: how to call the file in messages.

    Raises:
        JobError: not TOML, an unknown key, a missing contact, a value out of range: file, key, remedy.
    """
    try:
        return Job.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise JobError(f"{name}: not TOML: {error}") from error
    except ValidationError as error:
        raise JobError(_told(name, error)) from error


def load(path: Path) -> tuple[Job, str]:
    """Read a job file; return the job and the text as it was read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise JobError(f"{path}: no such job file; 'aboveboard init {path}' writes one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise JobError(f"{path}: cannot be read: {error}") from error
    return parse(text, name=str(path)), text


def looks_like_url(text: str) -> bool:
    """Return whether a command-line argument is a URL rather than a job file's path."""
    return urlsplit(text).scheme in urls.DEFAULT_PORTS
