"""Where exchanges lie in their segments, hidden ones as well."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, select

from provenance.erasures.records import Span
from provenance.models import ReplacedObject, Tombstone

SPAN = ("warc_offset", "warc_length", "request_length", "metadata_length")
IS_REPLACED = and_(
    ReplacedObject.segment_id == Tombstone.segment_id, ReplacedObject.erasure_id == Tombstone.erasure_id
)


def spans_of_tombstones() -> Select[Any]:
    """Select hidden exchanges with their places."""
    return select(Tombstone.capture_id.label("id"), *(getattr(Tombstone, name) for name in SPAN))


def in_order(connection: Connection, query: Select[Any]) -> list[Span]:
    """Return what a query of places finds, in the order of the segment."""
    return sorted((span_of(row) for row in connection.execute(query)), key=lambda span: span.offset)


def span_of(row: Any) -> Span:
    """Return a row's place."""
    return Span(
        capture_id=row.id,
        offset=row.warc_offset,
        length=row.warc_length,
        request_length=row.request_length,
        metadata_length=row.metadata_length,
    )
