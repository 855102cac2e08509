"""Which bodies that are being erased other exchanges stand for, by their payload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Exists, Select, exists, func, null, select
from sqlalchemy.orm import aliased

from provenance.database import Database
from provenance.erasures.conditions import URL, joined
from provenance.erasures.records import Family, HiddenBody, Original, Pointer
from provenance.erasures.spans import IS_REPLACED, SPAN, span_of, spans_of_tombstones
from provenance.models import Capture, ReplacedObject, Segment, Site, Tombstone, Visit, digest_is


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


def _pointers(erasure_id: int) -> Select[Any]:
    """Select the visible revisits of a site that share their payload with an original of it that goes."""
    columns: list[Any] = [Capture.id, Capture.segment_id, Capture.fetched_at, Capture.payload_digest]
    columns += [getattr(Capture, name) for name in SPAN]
    return (
        joined(*columns, URL.label("url"), Site.name.label("site"))
        .where(Capture.revisit.is_(True), _goes(erasure_id, Capture.payload_digest))
        .order_by(Capture.fetched_at, Capture.id)
    )


def _hidden_pointers(erasure_id: int) -> Select[Any]:
    """Select the same of other erasures' exchanges that are still there; their URLs stand in their records only."""
    of_it = aliased(Tombstone)
    columns: list[Any] = [of_it.capture_id.label("id"), of_it.segment_id, of_it.fetched_at]
    columns += [of_it.payload_digest, *(getattr(of_it, name) for name in SPAN)]
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
            Pointer(span=span_of(row), segment_id=row.segment_id, url=row.url, fetched_at=row.fetched_at)
            for row in rows
        ),
        survivor=None if staying is None else Original(url=staying.url, fetched_at=staying.fetched_at),
    )


def _bodies(connection: Connection, erasure_id: int, site: str, digest: bytes) -> Iterator[HiddenBody]:
    key = func.coalesce(ReplacedObject.key, Segment.key).label("key")
    query = (
        spans_of_tombstones()
        .add_columns(key, Tombstone.url_hash, Tombstone.fetched_at)
        .join(Visit, Visit.id == Tombstone.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .outerjoin(ReplacedObject, IS_REPLACED)
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
        yield HiddenBody(key=row.key, span=span_of(row), url_hash=row.url_hash, fetched_at=row.fetched_at)
