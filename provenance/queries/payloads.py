"""Payloads by their digest: who of a site holds one already, and who points to one that nobody holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from provenance.database import Database
from provenance.models import (
    Capture,
    DigestPrefix,
    Origin,
    Segment,
    Site,
    Tombstone,
    Visit,
    digest_is,
)
from provenance.records import SegmentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The exchange that holds a payload."""

    url: str
    fetched_at: datetime


def holds_its_body(capture: type[Capture]) -> ColumnElement[bool]:
    """Return the condition «this capture's own record holds its payload, as whole as it came»."""
    return capture.revisit.is_(False) & capture.kept.is_(None)


def was_archived(database: Database, site: str, before_visit: int) -> bool:
    """Whether anything of a site is in the store from an earlier visit."""
    earlier = (
        select(Segment.id)
        .join(Visit, Visit.id == Segment.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .where(Site.name == site, Visit.id < before_visit, Segment.state == SegmentState.STORED.value)
        .limit(1)
    )
    with database.reading() as connection:
        return connection.execute(earlier).first() is not None


def held_payload(database: Database, site: str, digest: bytes) -> Held | None:
    """Return the exchange of a site whose record in the store holds a payload, the earliest of them.

    What was cut short, what a policy did not let us keep and what was erased holds none.

    Args:
        database: where to look.
        site: whose; a revisit record never points to another site's segment.
        digest: SHA-256 of the payload, 32 bytes.
    """
    query = (
        select((Origin.url + Capture.path).label("url"), Capture.fetched_at)
        .select_from(Capture)
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
        .join(Visit, Visit.id == Capture.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .where(
            digest_is(Capture.payload_digest, digest),
            holds_its_body(Capture),
            Capture.truncated.is_(None),
            Segment.state == SegmentState.STORED.value,
            Site.name == site,
        )
        .order_by(Capture.id)
        .limit(1)
    )
    with database.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else Held(**row)


def bodiless_revisits(database: Database, segment_id: int) -> list[str]:
    """Return the URLs of a segment's unchanged answers whose body no capture holds, in their order."""
    original = aliased(Capture)
    held = exists().where(
        DigestPrefix(original.payload_digest) == DigestPrefix(Capture.payload_digest),
        original.payload_digest == Capture.payload_digest,
        holds_its_body(original),
    )
    hidden = exists().where(  # an erasure gives its body to another before it goes
        Tombstone.payload_digest == Capture.payload_digest, Tombstone.revisit.is_(False)
    )
    query = (
        select(Origin.url + Capture.path)
        .select_from(Capture)
        .join(Origin, Origin.id == Capture.origin_id)
        .where(Capture.segment_id == segment_id, Capture.revisit.is_(True), ~held, ~hidden)
        .order_by(Capture.warc_offset)
    )
    with database.reading() as connection:
        return list(connection.scalars(query))
