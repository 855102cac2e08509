"""Which captures a question is about: every way to look for one, as conditions of one select."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from licences.vocabulary import ConditionType
from provenance.errors import ProvenanceError
from provenance.models import Capture, Decision, DigestPrefix, Site, SourceEntry, Visit
from provenance.queries.expressions import (
    asks_condition,
    has_prefix,
    key_is_among,
    matches_glob,
    sites_of_prefix,
)
from provenance.queries.known import CAPTURE_RECORDED, captures_known
from provenance.records import CaptureKind

SHORTEST_PREFIX = 6  # hex digits of a digest
INDEXED_BYTES = 8
DIGEST_BYTES = 32
DIGEST_BOUNDS = ("lowest", "highest", "first_indexed", "last_indexed")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFilter:
    """What to look for; None leaves a field open."""

    site: str | None = None
    prefix: str | None = None  # the URL begins with it
    kind: CaptureKind | None = CaptureKind.DOCUMENT
    outcomes: Collection[str] = ()  # any of them; empty: any at all
    conflicting: bool = False  # only where statements contradict each other
    conditions: Collection[ConditionType] = ()  # that go with the permission, all of them
    rights_sets: Collection[int] | None = None  # keys, see `covered_by`; None: any, and none at all
    media_type: str | None = None  # "text/html", or a glob: "text/*"
    language: str | None = None  # "en" finds "en-GB" as well (RFC 4647 §3.3.1)
    source: str | None = None  # of the register: its name, or one entry, "example.org#3"
    digest: str | None = None  # "sha256:…" of the payload, or its first hex digits
    run: int | None = None
    status: int | None = None
    since: datetime | None = None  # fetched at or after
    until: datetime | None = None  # fetched before
    as_of: datetime | None = None  # recorded by then; None: now.  `known.settled` before you ask
    limit: int | None = None


def capture_conditions(wanted: CaptureFilter) -> list[ColumnElement[bool]]:
    """Return every condition on `Capture`, `Origin`, `Site` and `Visit`; what a decision says is not among them.

    Raises:
        ProvenanceError: a digest or a register entry is not written as one.
    """
    kind = () if wanted.kind is None else (Capture.kind == str(wanted.kind),)
    sets = wanted.rights_sets
    stated = () if sets is None else (key_is_among(Capture.rights_set_id, sets),)
    known = captures_known(wanted.as_of)
    return [*visit_conditions(wanted), *kind, *stated, *exchange_conditions(wanted), *known]


def visit_conditions(wanted: CaptureFilter) -> list[ColumnElement[bool]]:
    """Return the conditions that a visit's captures share: on `Site` and `Visit` alone."""
    return _given(
        (wanted.site, lambda: Site.name == wanted.site),
        (wanted.run, lambda: Visit.run_id == wanted.run),
    )


def exchange_conditions(wanted: CaptureFilter) -> list[ColumnElement[bool]]:
    """Return the conditions that tell one capture of a visit from another, on `Capture` and `Origin` as well.

    Its kind, what was stated for it and when it was recorded are not among them.
    """
    return _given(
        (wanted.prefix, lambda: _under(wanted.prefix or "", wanted.kind)),
        (wanted.media_type, lambda: matches_glob(Capture.media_type, (wanted.media_type or "").lower())),
        (wanted.language, lambda: _in_language((wanted.language or "").lower())),
        (wanted.source, lambda: _from_source(wanted.source or "", wanted.as_of)),
        (wanted.digest, lambda: has_digest(wanted.digest or "")),
        (wanted.status, lambda: Capture.status == wanted.status),
        (wanted.since, lambda: Capture.fetched_at >= wanted.since),
        (wanted.until, lambda: Capture.fetched_at < wanted.until),
    )


def _given(*asked: tuple[object, Callable[[], ColumnElement[bool]]]) -> list[ColumnElement[bool]]:
    return [condition() for value, condition in asked if value is not None]


def decision_conditions(wanted: CaptureFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on `Decision`, the one that was recorded."""
    found: list[ColumnElement[bool]] = [asks_condition(Decision.conditions, one) for one in wanted.conditions]
    if wanted.outcomes:
        found.append(Decision.outcome.in_([str(one) for one in wanted.outcomes]))
    if wanted.conflicting:
        found.append(func.json_array_length(Decision.conflicts) > 0)
    return found


def has_digest(asked: str) -> ColumnElement[bool]:
    """Return the condition «the payload's SHA-256 begins with these hex digits», which an index serves.

    Raises:
        ProvenanceError: these are no hex digits, or too few.
    """
    return is_of_digests(digests_beginning(asked))


def digests_beginning(asked: str) -> dict[str, bytes]:
    """Return the lowest and the highest SHA-256 that begin with these hex digits, and what is indexed of both.

    Raises:
        ProvenanceError: as `has_digest`.
    """
    digits = asked.removeprefix("sha256:").lower()
    try:
        lowest = bytes.fromhex(digits.ljust(2 * DIGEST_BYTES, "0"))
        highest = bytes.fromhex(digits.ljust(2 * DIGEST_BYTES, "f"))
    except ValueError:
        lowest = highest = b""
    if len(digits) < SHORTEST_PREFIX or len(lowest) != DIGEST_BYTES:
        raise ProvenanceError(
            f"{asked!r} is no digest: give at least {SHORTEST_PREFIX} hex digits of a payload's SHA-256"
        )
    return dict(
        zip(DIGEST_BOUNDS, (lowest, highest, lowest[:INDEXED_BYTES], highest[:INDEXED_BYTES]), strict=True)
    )


def is_of_digests(bounds: Mapping[str, Any]) -> ColumnElement[bool]:
    """Return the condition «the payload's SHA-256 lies in these bounds», by the names of `DIGEST_BOUNDS`."""
    lowest, highest, first, last = (bounds[name] for name in DIGEST_BOUNDS)
    digest = Capture.payload_digest
    return DigestPrefix(digest).between(first, last) & digest.between(lowest, highest)


def _under(prefix: str, kind: CaptureKind | None) -> ColumnElement[bool]:
    """A document is taken in a visit of the site that its host belongs to: only such visits are looked through."""
    begins = has_prefix(Capture.path, prefix)
    sites = sites_of_prefix(prefix) if kind is CaptureKind.DOCUMENT else ()
    return and_(Site.name.in_(sites), begins) if sites else begins


def _in_language(language: str) -> ColumnElement[bool]:
    return (Capture.language == language) | Capture.language.startswith(f"{language}-", autoescape=True)


def _from_source(source: str, as_of: datetime | None) -> ColumnElement[bool]:
    """A source's documents are its site's; those of one entry were recorded while it was the newest."""
    name, mark, number = source.rpartition("#") if "#" in source else (source, "", "")
    if mark and not number.isdecimal():
        raise ProvenanceError(f"{source!r} is no entry of the register: write its name, or NAME#NUMBER")
    known = () if as_of is None else (SourceEntry.recorded_at <= as_of,)
    entries = select(SourceEntry.site_id).where(SourceEntry.name == name, *known)
    if not mark:
        return Visit.site_id.in_(entries)
    key = int(number)
    moments = select(func.max(SourceEntry.recorded_at)).where(SourceEntry.name == name, *known)
    begun = moments.where(SourceEntry.id == key, SourceEntry.id > _first_entry(name)).scalar_subquery()
    over = (
        select(func.min(SourceEntry.recorded_at))
        .where(SourceEntry.name == name, SourceEntry.id > key, *known)
        .scalar_subquery()
    )
    return and_(
        Visit.site_id.in_(entries.where(SourceEntry.id == key)),
        begun.is_(None) | (begun <= CAPTURE_RECORDED),
        over.is_(None) | (over > CAPTURE_RECORDED),
    )


def _first_entry(name: str) -> Any:
    return select(func.min(SourceEntry.id)).where(SourceEntry.name == name).scalar_subquery()
