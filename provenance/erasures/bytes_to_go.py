"""The second phase's questions: which segments hold hidden exchanges, and what else depends on their bodies.

A tombstone's place is that in its segment's object before this erasure rewrote it: `ReplacedObject` names that object
once it is replaced, the segment's row until then.  So everything here can be asked again after a crash at any point.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, exists, select

from provenance.database import Database
from provenance.erasures.records import (
    ErasureRecord,
    HeldSegment,
    Identity,
    Span,
)
from provenance.erasures.scope import Scope, ScopeKind
from provenance.erasures.spans import IS_REPLACED, SPAN, in_order, spans_of_tombstones
from provenance.models import (
    Capture,
    DigestPrefix,
    ReplacedObject,
    Segment,
    Site,
    Tombstone,
    Visit,
)
from provenance.records import SegmentState
from provenance.upsert import chunks


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
    query = spans_of_tombstones().where(
        Tombstone.segment_id == segment_id, Tombstone.erasure_id == erasure_id
    )
    with database.reading() as connection:
        return in_order(connection, query)


def remaining_spans(database: Database, erasure_id: int, segment_id: int) -> list[Span]:
    """Return where everything else lies in it, in order: captures, and what other erasures have not taken out yet."""
    others = (
        spans_of_tombstones()
        .outerjoin(ReplacedObject, IS_REPLACED)
        .where(
            Tombstone.segment_id == segment_id,
            Tombstone.erasure_id != erasure_id,
            ReplacedObject.key.is_(None),
        )
    )
    captures = select(Capture.id, *(getattr(Capture, name) for name in SPAN)).where(
        Capture.segment_id == segment_id
    )
    with database.reading() as connection:
        return sorted(
            [*in_order(connection, captures), *in_order(connection, others)], key=lambda span: span.offset
        )


def hidden_in_segment(database: Database, segment_id: int) -> list[int]:
    """Return where in a segment's current object a hidden response or revisit begins, bytes."""
    query = (
        select(Tombstone.warc_offset)
        .outerjoin(ReplacedObject, IS_REPLACED)
        .where(Tombstone.segment_id == segment_id, ReplacedObject.key.is_(None))
    )
    with database.reading() as connection:
        return [offset for offset in connection.scalars(query) if offset is not None]


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
