"""The second phase's questions: which segments hold hidden exchanges, and what else depends on their bodies.

A tombstone's place is that in its segment's object before this erasure rewrote it: `ReplacedObject` names that object
once it is replaced, the segment's row until then.  So everything here can be asked again after a crash at any point.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Exists, Select, and_, exists, func, null, select
from sqlalchemy.orm import aliased

from provenance.database import Database
from provenance.erasures.conditions import URL, joined
from provenance.erasures.records import (
    ErasureRecord,
    Family,
    HeldSegment,
    HiddenBody,
    Identity,
    Original,
    Pointer,
    Span,
)
from provenance.erasures.scope import Scope, ScopeKind
from provenance.models import (
    Capture,
    DigestPrefix,
    ReplacedObject,
    Segment,
    Site,
    Tombstone,
    Visit,
    digest_is,
)
from provenance.records import SegmentState
from provenance.upsert import chunks

_SPAN = ("warc_offset", "warc_length", "request_length", "metadata_length")
_REPLACED = and_(
    ReplacedObject.segment_id == Tombstone.segment_id, ReplacedObject.erasure_id == Tombstone.erasure_id
)


def sites_of(database: Database, erasure: ErasureRecord) -> list[str]:
    """Return the sites whose visits made exchanges of an erasure, or may just now be making more, sorted."""
    made = (
        select(Site.name)
        .distinct()
        .join(Visit, Visit.site_id == Site.id)
        .join(Tombstone, Tombstone.visit_id == Visit.id)
        .where(Tombstone.erasure_id == erasure.id)
    )
    with database.reading() as connection:
        sites = set(connection.scalars(made))
        for site in connection.scalars(select(Site.name)):
            if Scope(kind=ScopeKind.SITE, value=site).overlaps(erasure.scope):
                sites.add(site)
    return sorted(sites)


def held_segments(database: Database, erasure_id: int) -> list[HeldSegment]:
    """Return the segments whose current object still holds exchanges of an erasure."""
    hidden = exists().where(Tombstone.segment_id == Segment.id, Tombstone.erasure_id == erasure_id)
    replaced = exists().where(
        ReplacedObject.segment_id == Segment.id, ReplacedObject.erasure_id == erasure_id
    )
    with database.reading() as connection:
        return [_segment(row) for row in connection.execute(_segments().where(hidden, ~replaced))]


def segments(database: Database, ids: set[int]) -> list[HeldSegment]:
    """Return segments by their keys, in their order."""
    with database.reading() as connection:
        return [
            _segment(row)
            for some in chunks(sorted(ids))
            for row in connection.execute(_segments().where(Segment.id.in_(some)))
        ]


def hidden_spans(database: Database, erasure_id: int, segment_id: int) -> list[Span]:
    """Return where the exchanges of an erasure lie in a segment, in order."""
    query = _spans_of_tombstones().where(
        Tombstone.segment_id == segment_id, Tombstone.erasure_id == erasure_id
    )
    with database.reading() as connection:
        return _in_order(connection, query)


def remaining_spans(database: Database, erasure_id: int, segment_id: int) -> list[Span]:
    """Return where everything else lies in it, in order: captures, and what other erasures have not taken out yet."""
    others = (
        _spans_of_tombstones()
        .outerjoin(ReplacedObject, _REPLACED)
        .where(
            Tombstone.segment_id == segment_id,
            Tombstone.erasure_id != erasure_id,
            ReplacedObject.key.is_(None),
        )
    )
    captures = select(Capture.id, *(getattr(Capture, name) for name in _SPAN)).where(
        Capture.segment_id == segment_id
    )
    with database.reading() as connection:
        return sorted(
            [*_in_order(connection, captures), *_in_order(connection, others)], key=lambda span: span.offset
        )


def hidden_in_segment(database: Database, segment_id: int) -> list[int]:
    """Return where in a segment's current object a hidden response or revisit begins, bytes."""
    query = (
        select(Tombstone.warc_offset)
        .outerjoin(ReplacedObject, _REPLACED)
        .where(Tombstone.segment_id == segment_id, ReplacedObject.key.is_(None))
    )
    with database.reading() as connection:
        return [offset for offset in connection.scalars(query) if offset is not None]


def families(database: Database, erasure_id: int) -> list[Family]:
    """Return, a site and a payload, the revisits that stay and the originals that go.

    What another erasure has only hidden stays as far as this one is concerned: a hold may keep it for years.
    """
    with database.reading() as connection:
        rows: dict[tuple[str, bytes], list[Any]] = {}
        for query in (_pointers(erasure_id), _hidden_pointers(erasure_id)):
            for row in connection.execute(query):
                rows.setdefault((row.site, row.payload_digest), []).append(row)
        return [
            _family(connection, erasure_id, site, digest, pointers)
            for (site, digest), pointers in rows.items()
        ]


def identities(database: Database, erasure_id: int) -> Iterator[Identity]:
    """Yield what tells each exchange of an erasure; nothing once it is finished."""
    query = select(Tombstone.url_hash, Tombstone.fetched_at, Tombstone.payload_digest).where(
        Tombstone.erasure_id == erasure_id, Tombstone.erased_at.is_(None)
    )
    with database.reading() as connection:
        for url_hash, fetched_at, digest in connection.execute(query):
            if digest is not None:
                yield Identity(url_hash=url_hash, fetched_at=fetched_at, payload_digest=digest)


def payloads_elsewhere(database: Database, erasure_id: int, digests: set[bytes]) -> set[bytes]:
    """Return those payloads that exchanges hold which nobody asked to erase, or that other erasures still have to."""
    found: set[bytes] = set()
    with database.reading() as connection:
        for some in chunks(sorted(digests)):
            visible = select(Capture.payload_digest).where(
                DigestPrefix(Capture.payload_digest).in_([digest[:8] for digest in some]),
                Capture.payload_digest.in_(some),
            )
            found.update(connection.scalars(visible))
        others = select(Tombstone.payload_digest).where(
            Tombstone.erased_at.is_(None), Tombstone.erasure_id != erasure_id
        )
        found.update(digest for digest in connection.scalars(others) if digest in digests)
    return found


def objects_to_delete(database: Database, erasure_id: int | None = None) -> list[str]:
    """Return the keys of the segments' objects that an erasure, or (None) any, replaced and has to delete, sorted."""
    query = select(ReplacedObject.key)
    if erasure_id is not None:
        query = query.where(ReplacedObject.erasure_id == erasure_id)
    with database.reading() as connection:
        return list(connection.scalars(query.order_by(ReplacedObject.key)))


def _segments() -> Select[Any]:
    columns: list[Any] = [Segment.id, Segment.key, Segment.state, Segment.length, Segment.digest]
    return (
        select(*columns, Segment.records, Site.name.label("site"))
        .join(Visit, Visit.id == Segment.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .order_by(Segment.id)
    )


def _segment(row: Any) -> HeldSegment:
    return HeldSegment(
        id=row.id,
        site=row.site,
        key=row.key,
        stored=row.state == SegmentState.STORED.value,
        length=row.length,
        digest=row.digest,
        records=row.records,
    )


def _spans_of_tombstones() -> Select[Any]:
    return select(Tombstone.capture_id.label("id"), *(getattr(Tombstone, name) for name in _SPAN))


def _in_order(connection: Connection, query: Select[Any]) -> list[Span]:
    return sorted((_span(row) for row in connection.execute(query)), key=lambda span: span.offset)


def _span(row: Any) -> Span:
    return Span(
        capture_id=row.id,
        offset=row.warc_offset,
        length=row.warc_length,
        request_length=row.request_length,
        metadata_length=row.metadata_length,
    )


def _pointers(erasure_id: int) -> Select[Any]:
    """Select the visible revisits of a site that share their payload with an original of it that goes."""
    columns: list[Any] = [Capture.id, Capture.segment_id, Capture.fetched_at, Capture.payload_digest]
    columns += [getattr(Capture, name) for name in _SPAN]
    return (
        joined(*columns, URL.label("url"), Site.name.label("site"))
        .where(Capture.revisit.is_(True), _goes(erasure_id, Capture.payload_digest))
        .order_by(Capture.fetched_at, Capture.id)
    )


def _hidden_pointers(erasure_id: int) -> Select[Any]:
    """Select the same of other erasures' exchanges that are still there; their URLs stand in their records only."""
    of_it = aliased(Tombstone)
    columns: list[Any] = [of_it.capture_id.label("id"), of_it.segment_id, of_it.fetched_at]
    columns += [of_it.payload_digest, *(getattr(of_it, name) for name in _SPAN)]
    replaced = exists().where(
        ReplacedObject.segment_id == of_it.segment_id, ReplacedObject.erasure_id == of_it.erasure_id
    )
    return (
        select(*columns, null().label("url"), Site.name.label("site"))
        .join(Visit, Visit.id == of_it.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .where(of_it.revisit.is_(True), of_it.erasure_id != erasure_id, ~replaced)
        .where(_goes(erasure_id, of_it.payload_digest))
        .order_by(of_it.fetched_at, of_it.capture_id)
    )


def _goes(erasure_id: int, digest: Any) -> Exists:
    """Return the condition «an erasure takes an original of this payload from this visit's site»."""
    original, its_visit = aliased(Tombstone), aliased(Visit)
    return exists().where(
        original.erasure_id == erasure_id,
        original.revisit.is_(False),
        original.payload_digest == digest,
        its_visit.id == original.visit_id,
        its_visit.site_id == Visit.site_id,
    )


def _family(connection: Connection, erasure_id: int, site: str, digest: bytes, rows: list[Any]) -> Family:
    original = (
        joined(URL.label("url"), Capture.fetched_at)
        .where(
            digest_is(Capture.payload_digest, digest),
            Capture.revisit.is_(False),
            Capture.kept.is_(None),
            Capture.truncated.is_(None),
            Site.name == site,
        )
        .order_by(Capture.fetched_at, Capture.id)
        .limit(1)
    )
    staying = connection.execute(original).first()
    return Family(
        site=site,
        payload_digest=digest,
        bodies=tuple(_bodies(connection, erasure_id, site, digest)),
        pointers=tuple(
            Pointer(span=_span(row), segment_id=row.segment_id, url=row.url, fetched_at=row.fetched_at)
            for row in rows
        ),
        survivor=None if staying is None else Original(url=staying.url, fetched_at=staying.fetched_at),
    )


def _bodies(connection: Connection, erasure_id: int, site: str, digest: bytes) -> Iterator[HiddenBody]:
    key = func.coalesce(ReplacedObject.key, Segment.key).label("key")
    query = (
        _spans_of_tombstones()
        .add_columns(key, Tombstone.url_hash, Tombstone.fetched_at)
        .join(Visit, Visit.id == Tombstone.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .outerjoin(ReplacedObject, _REPLACED)
        .outerjoin(Segment, Segment.id == Tombstone.segment_id)
        .where(
            Tombstone.erasure_id == erasure_id,
            Tombstone.payload_digest == digest,
            Tombstone.revisit.is_(False),
            Site.name == site,
        )
        .order_by(Tombstone.capture_id)
    )
    for row in connection.execute(query):
        yield HiddenBody(key=row.key, span=_span(row), url_hash=row.url_hash, fetched_at=row.fetched_at)
