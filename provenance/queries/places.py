"""Where an exchange's records lie, from its own row and its segment's."""

from __future__ import annotations

from typing import Any

from provenance.models import Capture, Segment
from provenance.queries.capture_rows import digest_in_words
from provenance.queries.expressions import SPOOL
from provenance.queries.receipts import Place

PLACE_COLUMNS: tuple[Any, ...] = (  # as `place_of` takes them
    Segment.key.label("segment_key"),
    Segment.uri.label("segment_uri"),
    Segment.digest.label("segment_digest"),
    Capture.warc_offset,
    Capture.warc_length,
    Capture.request_length,
    Capture.metadata_length,
)


def place_of(row: Any) -> Place:
    """Return where an exchange's records lie, from a row that has `PLACE_COLUMNS`."""
    return Place(
        segment_key=row.segment_key,
        segment_uri=row.segment_uri,
        segment_digest=None if row.segment_digest is None else digest_in_words(row.segment_digest),
        warc_uri=row.segment_uri or SPOOL + row.segment_key,
        offset=row.warc_offset,
        length=row.warc_length,
        request_offset=row.warc_offset - row.request_length,
        request_length=row.request_length,
        metadata_offset=row.warc_offset + row.warc_length,
        metadata_length=row.metadata_length,
    )
