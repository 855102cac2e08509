"""What erasing a scope would touch, asked before anything is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from provenance.database import Database
from provenance.erasures.conditions import covered, joined
from provenance.erasures.holds import standing_against
from provenance.erasures.records import Plan
from provenance.erasures.scope import Scope
from provenance.models import Capture, DigestPrefix, Segment, Site
from provenance.records import CaptureKind, SegmentState
from provenance.upsert import chunks


def plan(database: Database, scope: Scope, captures: Sequence[int] = ()) -> Plan:
    """Say what erasing a scope would touch; nothing is changed.

    Args:
        database: where to look.
        scope: what would be erased.
        captures: for a scope of retention the keys of the captures whose time is over.
    """
    with database.reading() as connection:
        tally = _Tally()
        for page in covered(connection, scope, captures):
            tally.add(page)
        whole, spooled = _segments(connection, tally.by_segment)
        return Plan(
            scope=scope,
            captures=len(tally.captures),
            documents=tally.documents,
            segments=len(tally.by_segment),
            whole_segments=whole,
            spooled=tuple(spooled),
            bytes=tally.bytes,
            pointing_in=sum(1 for _ in _pointing_in(connection, tally)),
            sites=tuple(sorted(tally.sites)),
            holds=standing_against(connection, scope, captures),
        )


class _Tally:
    """What the covered exchanges add up to."""

    def __init__(self) -> None:
        self.captures: set[int] = set()
        self.by_segment: dict[int, int] = {}  # exchanges
        self.payloads: set[tuple[str, bytes]] = set()  # site and digest of bodies that lie in the scope
        self.sites: set[str] = set()
        self.documents = self.bytes = 0

    def add(self, page: Sequence[Any]) -> None:
        for row in page:
            self.captures.add(row.id)
            self.by_segment[row.segment_id] = self.by_segment.get(row.segment_id, 0) + 1
            self.bytes += row.request_length + row.warc_length + row.metadata_length
            self.documents += row.kind == CaptureKind.DOCUMENT.value
            self.sites.add(row.site)
            if not row.revisit:
                self.payloads.add((row.site, row.payload_digest))


def _segments(connection: Connection, by_segment: Mapping[int, int]) -> tuple[int, list[str]]:
    """Return how many of the segments hold nothing else, and the keys of those still in a spool."""
    whole, spooled = 0, []
    for some in chunks(sorted(by_segment)):
        held = (
            select(Segment.id, Segment.key, Segment.state, func.count(Capture.id))
            .join(Capture, Capture.segment_id == Segment.id)
            .where(Segment.id.in_(some))
            .group_by(Segment.id, Segment.key, Segment.state)
        )
        for segment, key, state, number in connection.execute(held):
            whole += number == by_segment[segment]
            if state == SegmentState.SPOOLED.value:
                spooled.append(key)
    return whole, sorted(spooled)


def _pointing_in(connection: Connection, tally: _Tally) -> Iterator[int]:
    """Yield the revisits outside the scope that share site and payload with a body inside."""
    for some in chunks(sorted({digest for _, digest in tally.payloads})):
        query = joined(Capture.id, Capture.payload_digest, Site.name).where(
            DigestPrefix(Capture.payload_digest).in_([digest[:8] for digest in some]),
            Capture.payload_digest.in_(some),
            Capture.revisit.is_(True),
        )
        for capture, digest, site in connection.execute(query):
            if capture not in tally.captures and (site, digest) in tally.payloads:
                yield capture
