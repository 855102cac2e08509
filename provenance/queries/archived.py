"""Where the bytes of an exchange lie: by its key, and by the payload that an unchanged answer points to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from provenance.database import Database
from provenance.models import Capture, Origin, Segment, digest_is
from provenance.queries.expressions import url_of_capture
from provenance.queries.payloads import holds_its_body
from provenance.queries.places import PLACE_COLUMNS, place_of
from provenance.queries.receipts import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """One exchange's address and the place of its records."""

    url: str
    status: int
    place: Place


def by_key(database: Database, capture_id: int) -> Archived | None:
    """Return where the exchange with a key lies, None where there is none."""
    return _first(database, Capture.id == capture_id)


def with_payload(database: Database, digest: bytes) -> Archived | None:
    """Return an exchange that holds a payload itself, the earliest of them: what a revisit record stands for.

    Args:
        database: where to look.
        digest: SHA-256 of the payload, 32 bytes.
    """
    return _first(database, digest_is(Capture.payload_digest, digest), holds_its_body(Capture))


def _first(database: Database, *wanted: ColumnElement[bool]) -> Archived | None:
    asked = (
        select(url_of_capture.label("url"), Capture.status, *PLACE_COLUMNS)
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
        .where(*wanted)
        .order_by(Capture.id)
        .limit(1)
    )
    with database.reading() as connection:
        found = connection.execute(asked).first()
    return None if found is None else Archived(url=found.url, status=found.status, place=place_of(found))
