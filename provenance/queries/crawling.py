"""What the crawler asks: unfinished runs, what is archived already, host states, segments.

Iterators read in batches inside one transaction that ends when they are exhausted or closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, ScalarSelect, Select, case, func, select

from provenance.database import Database
from provenance.models import (
    Capture,
    Origin,
    Refusal,
    Run,
    Segment,
    Site,
    Tombstone,
    Visit,
    captures_of,
    hash_of_url,
)
from provenance.models.base import storable
from provenance.queries.hosts import holds, host_states
from provenance.records import CaptureKind, Kept, RunState, SegmentState

__all__ = ["holds", "host_states"]  # asked for by the crawler as well, and spelt with the other hosts

ROWS = 1000  # fetched at once


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run, as far as choosing what to do with it needs."""

    id: int
    job_name: str
    job_digest: bytes
    state: RunState
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None
    resumptions: int
    exit_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """An exchange that a run has in its archive, and where its metadata record with the outlinks lies."""

    url: str
    kind: CaptureKind
    status: int
    length: int  # payload, bytes
    segment_key: str
    segment_uri: str | None  # None: still in the spool
    metadata_offset: int  # bytes
    metadata_length: int  # bytes; 0: there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """A segment that was not uploaded when its worker last wrote."""

    id: int
    visit_id: int
    site: str
    key: str
    committed_length: int  # bytes that rows stand on: where the last recorded exchange ends; 0: none recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSegment:
    """A segment in the store."""

    id: int
    key: str
    uri: str
    length: int  # bytes
    digest: bytes  # SHA-256 of the whole object
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCapture:
    """What verification needs to find a capture's records and compare them."""

    id: int
    url: str
    fetched_at: datetime
    status: int
    warc_offset: int
    warc_length: int
    request_length: int
    metadata_length: int
    payload_digest: bytes
    length: int  # payload, bytes
    revisit: bool
    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDocument:
    """The newest archived answer for a URL, and where it lies."""

    id: int
    url: str
    status: int
    fetched_at: datetime
    payload_digest: bytes
    segment_key: str
    segment_uri: str | None  # None: still in the spool
    warc_offset: int
    warc_length: int


def unfinished_run(database: Database, job_digest: bytes) -> RunSummary | None:
    """Return the newest run of exactly this job, if it did not finish."""
    newest = _runs().where(Run.job_digest == job_digest).order_by(Run.id.desc()).limit(1)
    with database.reading() as connection:
        runs = [_run(row) for row in connection.execute(newest).mappings()]
    return runs[0] if runs and runs[0].state is not RunState.FINISHED else None


def runs_named(database: Database, job_name: str) -> list[RunSummary]:
    """Return the runs of a job's name, whatever its file said then; the newest first."""
    named = _runs().where(Run.job_name == job_name).order_by(Run.id.desc())
    with database.reading() as connection:
        return [_run(row) for row in connection.execute(named).mappings()]


def archived(database: Database, run_id: int, site: str) -> Iterator[Archived]:
    """Yield what a run has archived of a site, in the order of archiving."""
    place = (Segment.key, Segment.uri, Capture.warc_offset + Capture.warc_length, Capture.metadata_length)
    query = (
        select(Origin.url + Capture.path, Capture.kind, Capture.status, Capture.length, *place)
        .select_from(Visit)
        .join(Site, Site.id == Visit.site_id)
        .join(Capture, captures_of(Visit.id))
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
        .where(Visit.run_id == run_id, Site.name == site)
        .order_by(Capture.id)
    )
    for url, kind, status, length, key, uri, offset, metadata_length in _stream(database, query):
        yield Archived(
            url=url,
            kind=CaptureKind(kind),
            status=status,
            length=length,
            segment_key=key,
            segment_uri=uri,
            metadata_offset=offset,
            metadata_length=metadata_length,
        )


def refused(database: Database, run_id: int, site: str) -> Iterator[tuple[str, str]]:
    """Yield URL and rule of what a run refused of a site, in the order of recording."""
    query = (
        select(Origin.url + Refusal.path, Refusal.rule)
        .select_from(Visit)
        .join(Site, Site.id == Visit.site_id)
        .join(Refusal, Refusal.visit_id == Visit.id)
        .join(Origin, Origin.id == Refusal.origin_id)
        .where(Visit.run_id == run_id, Site.name == site)
        .order_by(Refusal.id)
    )
    yield from _stream(database, query)


def spooled_segments(database: Database) -> list[Spooled]:
    """Return the segments that no row calls stored: a live visit's, or what a dead one left."""
    committed = _end_in_segment(Capture)
    hidden = _end_in_segment(Tombstone)  # its bytes go in the erasure's own time, never by being cut off
    query = (
        select(
            Segment.id,
            Segment.visit_id,
            Site.name.label("site"),
            Segment.key,
            case((committed >= hidden, committed), else_=hidden).label("committed_length"),
        )
        .join(Visit, Visit.id == Segment.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .where(Segment.state == SegmentState.SPOOLED.value)
        .order_by(Segment.id)
    )
    with database.reading() as connection:
        return [Spooled(**row) for row in connection.execute(query).mappings()]


def stored_segments(database: Database, site: str | None = None) -> list[StoredSegment]:
    """Return the segments in the store, of one site or (None) of all."""
    columns = (Segment.id, Segment.key, Segment.uri, Segment.length, Segment.digest, Segment.records)
    query = select(*columns).where(Segment.state == SegmentState.STORED.value).order_by(Segment.id)
    if site is not None:
        query = query.join(Visit, Visit.id == Segment.visit_id).join(Site).where(Site.name == site)
    with database.reading() as connection:
        return [StoredSegment(**row) for row in connection.execute(query).mappings()]


def is_stored(database: Database, key: str) -> bool:
    """Whether a row says that the store holds a segment under this key now; no longer once an erasure replaced it."""
    query = select(Segment.id).where(Segment.key == key, Segment.state == SegmentState.STORED.value)
    with database.reading() as connection:
        return connection.execute(query).first() is not None


def captures_of_segment(database: Database, segment_id: int) -> list[SegmentCapture]:
    """Return a segment's captures in the order of their records."""
    names = [each.name for each in fields(SegmentCapture) if each.name not in {"url", "kept"}]
    columns = [getattr(Capture, name) for name in names]
    query = (
        select(*columns, (Origin.url + Capture.path).label("url"), Capture.kept)
        .select_from(Capture)
        .join(Origin, Origin.id == Capture.origin_id)
        .where(Capture.segment_id == segment_id)
        .order_by(Capture.warc_offset)
    )
    with database.reading() as connection:
        return [
            SegmentCapture(**dict(zip(names, rest, strict=True)), url=url, kept=Kept(kept or Kept.BODY))
            for *rest, url, kept in connection.execute(
                query
            )  # plain rows: a mapping of each takes twice as long
        ]


def latest_site_document(database: Database, origin: str, path: str) -> SiteDocument | None:
    """Return the newest archived answer for a site document, for example ``/robots.txt``; None: never archived."""
    names = ("id", "status", "fetched_at", "payload_digest", "warc_offset", "warc_length")
    url = storable(origin + path)
    query = (
        select(
            (Origin.url + Capture.path).label("url"),
            *(getattr(Capture, name) for name in names),
            Segment.key.label("segment_key"),
            Segment.uri.label("segment_uri"),
        )
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
        .where(_is_url(url), Capture.kind == CaptureKind.SITE_DOCUMENT.value)
        .order_by(Capture.fetched_at.desc(), Capture.id.desc())
        .limit(1)
    )
    with database.reading() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else SiteDocument(**row)


def _end_in_segment(model: type[Capture | Tombstone]) -> ScalarSelect[int]:
    """Return where the last exchange of a segment's rows ends, 0 without any."""
    end = model.warc_offset + model.warc_length + model.metadata_length
    return select(func.coalesce(func.max(end), 0)).where(model.segment_id == Segment.id).scalar_subquery()


def _is_url(url: str) -> ColumnElement[bool]:
    return (Capture.url_hash == hash_of_url(url)) & (Origin.url + Capture.path == url)


def _runs() -> Select[*tuple[Any, ...]]:
    times = (Run.started_at, Run.heartbeat_at, Run.ended_at)
    return select(Run.id, Run.job_name, Run.job_digest, Run.state, *times, Run.resumptions, Run.exit_code)


def _run(row: RowMapping) -> RunSummary:
    return RunSummary(**{**row, "state": RunState(row["state"])})


def _stream(database: Database, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    with database.reading() as connection:
        yield from connection.execution_options(yield_per=ROWS).execute(query)
