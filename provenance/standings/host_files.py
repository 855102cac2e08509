"""What hosts' own files say that were seen after a document was fetched, path by path.

A version's statements count for good against what was fetched before it, also when the file changes back: whoever
fetches the page again learns what holds now.  How looking went (unreachable, malformed) counts while it is so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from licences.observation import Observation, Scope, ScopeLevel, Statement
from licences.rights import Lookup
from licences.robots import RobotsDocument
from licences.site_documents import SITE_DOCUMENTS
from licences.vocabulary import Channel, Kind, LegalEffect, Retrieval, Usage, Verdict
from provenance.models import Origin, SiteDocument, SiteDocumentBody
from provenance.standings.later import HOST_FILE, Later, day
from provenance.upsert import chunks

ROBOTS = "robots.txt"
_KINDS = {kind.name: kind for kind in SITE_DOCUMENTS}
_QUIET = frozenset({Retrieval.OK, Retrieval.ABSENT})


class Page(NamedTuple):
    """A document as far as a host's files speak about it."""

    url: str
    media_type: str
    fetched_at: datetime
    product_token: str  # of the run that fetched it: lines of robots.txt bind whom they name


class Version(NamedTuple):
    """One version of one file of one origin."""

    origin_id: int
    origin: str
    name: str
    url: str
    retrieval: Retrieval
    digest: bytes | None
    capture_id: int | None
    first_seen: datetime
    recorded_at: datetime
    is_first: bool  # of its file: what was fetched before it was judged without
    is_newest: bool  # what is found there now


def versions_of(connection: Connection, as_of: datetime, origin_id: int | None = None) -> list[Version]:
    """Return the versions that were recorded by a moment, by origin and file, the oldest first."""
    recorded = func.coalesce(SiteDocument.recorded_at, SiteDocument.first_seen)
    asked = (
        select(
            SiteDocument.origin_id,
            Origin.url,
            SiteDocument.name,
            SiteDocument.url,
            SiteDocument.retrieval,
            SiteDocument.digest,
            SiteDocument.capture_id,
            SiteDocument.first_seen,
            func.coalesce(SiteDocument.recorded_at, SiteDocument.first_seen),
        )
        .join(Origin, Origin.id == SiteDocument.origin_id)
        .where(recorded <= as_of)
        .order_by(SiteDocument.origin_id, SiteDocument.name, SiteDocument.first_seen, SiteDocument.id)
    )
    if origin_id is not None:
        asked = asked.where(SiteDocument.origin_id == origin_id)
    rows: Sequence[Any] = connection.execute(asked).all()
    found: list[Version] = []
    for _, of_file in groupby(rows, lambda row: (row[0], row[2])):
        some = list(of_file)
        for number, row in enumerate(some):
            version = Version._make((*row, number == 0, number == len(some) - 1))
            found.append(version._replace(retrieval=Retrieval(version.retrieval)))
    return found


@dataclass(slots=True)
class HostFiles:
    """The versions that may matter, ready to be asked about pages; what each holds is read and parsed once."""

    connection: Connection
    versions: Mapping[int, Sequence[Version]]  # by origin, the oldest first
    states_after: datetime | None = (
        None  # also states that passed count if recorded later; None: present ones
    )
    _bodies: dict[bytes, bytes] = field(default_factory=dict)
    _readers: dict[tuple[str, bytes], _Reader] = field(default_factory=dict)
    _said: dict[tuple[Version, int, Statement | None], tuple[tuple[Observation, ...], Later | None]] = field(
        default_factory=dict
    )

    @classmethod
    def of(
        cls, connection: Connection, versions: Iterable[Version], states_after: datetime | None = None
    ) -> HostFiles:
        """Take some versions; those that can take nothing away are left out."""
        by_origin: dict[int, list[Version]] = defaultdict(list)
        for version in versions:
            by_origin[version.origin_id].append(version)
        return cls(connection, by_origin, states_after)

    def later(self, origin_id: int, page: Page) -> Iterator[Later]:
        """Yield what versions say about a page that were first seen after it was fetched, the oldest first."""
        for version in self.versions.get(origin_id, ()):
            if version.first_seen > page.fetched_at and (said := self._about(version, page)) is not None:
                yield said

    def is_quiet(self, version: Version) -> bool:
        """Whether a version can take nothing away, whatever page is asked about."""
        if version.retrieval not in _QUIET:
            return False
        return version.digest is None or self._reader(version).is_quiet

    def _about(self, version: Version, page: Page) -> Later | None:
        observed: tuple[Observation, ...] = ()
        denial = None
        if version.digest is not None:
            observed, denial = self._reader(version).about(page, version.url)
        key = (version, id(observed), denial)
        known = self._said.get(key)
        if known is None:  # the tuple is kept, so that its id is nobody else's
            known = self._said[key] = (observed, self._later(version, observed, denial))
        return known[1]

    def _later(
        self, version: Version, observed: Sequence[Observation], denial: Statement | None
    ) -> Later | None:
        statements = frozenset(one.statement for one in observed) | ({denial} if denial else frozenset())
        counts = version.is_newest or (
            self.states_after is not None and version.recorded_at > self.states_after
        )
        lookups = frozenset({_lookup(version)} if counts else ())
        if not statements and not lookups:
            return None
        said_by = f"{version.name} of {version.origin}, first seen {day(version.first_seen)}"
        return Later(cause=HOST_FILE, said_by=said_by, statements=statements, lookups=lookups)

    def _reader(self, version: Version) -> _Reader:
        digest = version.digest or b""
        reader = self._readers.get((version.name, digest))
        if reader is None:
            if digest not in self._bodies:
                self._read_bodies()
            body = self._bodies.get(digest, b"")
            cut = version.retrieval is Retrieval.OVERSIZE
            reader = _Robots(body) if version.name == ROBOTS else _File(version.name, body, truncated=cut)
            self._readers[version.name, digest] = reader
        return reader

    def _read_bodies(self) -> None:
        wanted = {one.digest for some in self.versions.values() for one in some if one.digest is not None}
        for some in chunks(sorted(wanted)):
            asked = select(SiteDocumentBody.digest, SiteDocumentBody.body).where(
                SiteDocumentBody.digest.in_(some)
            )
            self._bodies.update((digest, body) for digest, body in self.connection.execute(asked))
        for digest in wanted - self._bodies.keys():
            self._bodies[digest] = b""


class _Reader:
    """One file's text, read."""

    is_quiet = False

    def about(self, page: Page, url: str) -> tuple[tuple[Observation, ...], Statement | None]:
        """Return what it states about a page, and the statement that access is denied."""
        raise NotImplementedError


class _Robots(_Reader):
    def __init__(self, body: bytes) -> None:
        self._document = RobotsDocument.parse(body)
        denies = any(not rule.allow for group in self._document.groups for rule in group.rules)
        self.is_quiet = not denies and not self._document.extensions
        self._denials: dict[int | None, Statement] = {}

    def about(self, page: Page, url: str) -> tuple[tuple[Observation, ...], Statement | None]:
        observed = self._document.observe(page.url, url, product_token=page.product_token)
        access = self._document.access(page.product_token, page.url)
        if access.allowed:
            return observed, None
        denial = self._denials.get(access.line_number)
        if denial is None:
            denial = self._denials[access.line_number] = _denial(access.line)
        return observed, denial


class _File(_Reader):
    def __init__(self, name: str, body: bytes, *, truncated: bool) -> None:
        kind = _KINDS.get(name)
        self._document = (
            None if kind is None else kind.parse(body[: kind.limit], truncated=truncated).document
        )
        self.is_quiet = self._document is None

    def about(self, page: Page, url: str) -> tuple[tuple[Observation, ...], Statement | None]:
        if self._document is None:
            return (), None
        return self._document.observe(page.url, url, media_type=page.media_type), None


def _denial(line: str | None) -> Statement:
    """Return the statement that robots.txt closes a path to us (RFC 9309 §2.2.2)."""
    pattern = (line or "").partition(":")[2].partition("#")[0].strip() or None
    return Statement(
        kind=Kind.ROBOTS_RULE,
        protocol="RFC 9309",
        usage=Usage.CRAWL,
        verdict=Verdict.DENY,
        legal_effect=LegalEffect.ACCESS_RULE,
        scope=Scope(level=ScopeLevel.PATH, selector=pattern),
    )


def _lookup(version: Version) -> Lookup:
    if version.name == ROBOTS:
        return Lookup(channel=Channel.ROBOTS_TXT, retrieval=version.retrieval)
    return Lookup(channel=Channel.WELL_KNOWN, retrieval=version.retrieval, document=version.name)
