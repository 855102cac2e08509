"""What the archive's writer holds of each visit: exchanges on their way into rows, segments on their way to the store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from crawler.archive.exchange import Exchange
from crawler.archive.keys import segment_key
from crawler.archive.segment import Place, SegmentWriter
from crawler.archive.uploading import Upload
from crawler.unchanged import Payloads
from provenance.records import (
    CaptureKind,
    CaptureRecord,
    HoldRecord,
    HostLoadRecord,
    HostStateRecord,
    Kept,
    PermissionRecord,
    RefusalRecord,
    RightsSetRecord,
    SegmentRecord,
    SiteDocumentRecord,
    capture_id,
)


class VisitKey(Protocol):
    """What of a visit its records and its segments are named by."""

    @property
    def id(self) -> int:
        """The visit's key."""

    @property
    def run_id(self) -> int:
        """The key of its run."""

    @property
    def site(self) -> str:
        """The site it is admitted to."""

    @property
    def epoch(self) -> int:
        """The epoch of the site's lease: a stale one writes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archivable:
    """One exchange with everything that is to be kept of it."""

    capture_id: int
    kind: CaptureKind
    origin: str
    path: str
    status: int
    media_type: str
    exchange: Exchange
    held: int  # bytes to give back to the budget once it is written
    permission: PermissionRecord
    rights: RightsSetRecord | None
    metadata: Mapping[str, Any]
    kept: Kept = Kept.BODY
    language: str | None = None
    simhash: int | None = None

    def record(self, visit_id: int, segment_id: int, place: Place, *, revisit: bool) -> CaptureRecord:
        """Return the row that stands for it, now that its records lie at a place."""
        return CaptureRecord(
            id=self.capture_id,
            visit_id=visit_id,
            kind=self.kind,
            origin=self.origin,
            path=self.path,
            fetched_at=self.exchange.started_at,
            status=self.status,
            media_type=self.media_type,
            payload_digest=place.payload_digest,
            length=place.payload_length,
            segment_id=segment_id,
            warc_offset=place.offset,
            warc_length=place.length,
            request_length=place.request_length,
            metadata_length=place.metadata_length,
            permission=self.permission,
            rights=self.rights,
            truncated=self.exchange.truncated,
            revisit=revisit,
            kept=self.kept,
            language=self.language,
            simhash=self.simhash,
        )


@dataclass(slots=True, eq=False)
class Closing:
    """Whom to tell when all that a visit leaves behind is kept."""

    done: Future[None]


@dataclass(slots=True)
class OpenVisit:
    """The writer's side of a visit."""

    visit: VisitKey
    warcinfo: Mapping[str, str]
    payloads: Payloads | None = None  # None: every payload is kept as often as it comes
    segment: SegmentWriter | None = None
    segment_id: int = 0
    segment_since: float = 0.0  # when it was opened, by `time.monotonic`
    segments_opened: int = 0
    new_segments: list[SegmentRecord] = field(default_factory=list)
    captures: list[CaptureRecord] = field(default_factory=list)
    refusals: list[RefusalRecord] = field(default_factory=list)
    hosts: dict[str, HostStateRecord] = field(default_factory=dict)  # by name: the latest counts
    loads: dict[tuple[str, datetime], HostLoadRecord] = field(default_factory=dict)
    holds: list[HoldRecord] = field(default_factory=list)
    site_documents: list[SiteDocumentRecord] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    closing: Closing | None = None
    held: int = 0

    def open_segment(self, spool_dir: Path) -> SegmentWriter:
        """Open the visit's next segment; its row goes with the next batch."""
        visit, number = self.visit, self.segments_opened
        key = segment_key(visit.site, visit.run_id, visit.id, number)
        self.segment = SegmentWriter(spool_dir, key, self.warcinfo)
        self.segment_id, self.segment_since = capture_id(visit.id, number), time.monotonic()
        self.segments_opened += 1
        self.new_segments.append(
            SegmentRecord(id=self.segment_id, visit_id=visit.id, key=key, opened_at=datetime.now(UTC))
        )
        return self.segment

    def is_full(self, size: int, age: float) -> bool:
        """Whether the open segment has these many bytes or is this old, in seconds."""
        if self.segment is None:
            return False
        return self.segment.size >= size or time.monotonic() - self.segment_since >= age

    @property
    def spooled(self) -> int:
        """Bytes in the segment that still grows."""
        return 0 if self.segment is None else self.segment.size

    @property
    def pending(self) -> bool:
        """Whether there is anything to commit."""
        exchanges = self.captures or self.refusals or self.new_segments or self.site_documents
        return bool(exchanges or self.hosts or self.loads or self.holds)

    def of_hosts(
        self, hosts: list[HostStateRecord], holds: list[HoldRecord], loads: list[HostLoadRecord]
    ) -> None:
        """Take what changed about hosts; what it replaces and was not written yet never will be."""
        self.hosts.update((record.host, record) for record in hosts)
        self.loads.update(((record.host, record.hour), record) for record in loads)
        self.holds.extend(holds)
