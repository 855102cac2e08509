"""The archive's side of a crawl, real but for the fetching: a visit that spools, commits and uploads.

Run as a program it crawls until it is killed: ``small_crawl.py DATABASE SPOOL``.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.archive import Exchange, Place, Revisit, SegmentWriter, Store
from crawler.archive.delivery import deliver
from crawler.archive.keys import segment_key
from provenance.database import Database
from provenance.leases import Lease, Leases
from provenance.recorder import Recorder
from provenance.records import (
    Batch,
    CaptureKind,
    CaptureRecord,
    PermissionRecord,
    PolicyRecord,
    RunRecord,
    SegmentRecord,
    SegmentStored,
    capture_id,
)

SITE, ORIGIN = "example.org", "https://example.org"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_ALLOWED = PermissionRecord(origin=ORIGIN, granted=True, rule="robots.no-rule")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


def exchange_of(
    path: str, body: bytes, *, response_head: bytes = HEAD, truncated: str | None = None
) -> Exchange:
    return Exchange(
        url=ORIGIN + path,
        method="GET",
        request_head=b"GET " + path.encode() + b" HTTP/1.1\r\nHost: example.org\r\n\r\n",
        response_head=response_head,
        truncated=truncated,
        body=body,
        started_at=NOON,
        ended_at=NOON,
    )


@dataclass
class SmallCrawl:
    """One visit of example.org with one segment open at a time."""

    database: Database
    spool_dir: Path
    recorder: Recorder
    lease: Lease
    run_id: int
    visit_id: int
    segments: int = 0
    pages: int = 0
    writer: SegmentWriter | None = None
    uncommitted: list[CaptureRecord] = field(default_factory=list)

    @classmethod
    def begin(cls, database: Database, spool_dir: Path) -> SmallCrawl:
        """Lease the site and open a run and a visit."""
        recorder = Recorder(database)
        lease = Leases(database).acquire(SITE, "small crawl", 600)
        assert isinstance(lease, Lease)
        digest = hashlib.sha256(b"policy").digest()
        recorder.policy(PolicyRecord(digest=digest, name="observe", text=""))
        run_id = recorder.begin_run(
            RunRecord(
                job_name="small",
                job_digest=digest,
                job_text="",
                purpose="ai-train-gen",
                policy_digest=digest,
                operator="Example Research",
                contact="crawler@example.org",
                info_url=None,
                product_token="Aboveboard",
                user_agent="Aboveboard/0.1",
                software="aboveboard/0.1.0",
                settings_digest=digest,
                started_at=NOON,
            )
        )
        visit_id = recorder.begin_visit(run_id, SITE, lease.epoch, NOON)
        return cls(database, spool_dir, recorder, lease, run_id, visit_id)

    @property
    def segment_id(self) -> int:
        """The key of the segment that was opened last."""
        return capture_id(self.visit_id, self.segments - 1)

    def open_segment(self, *, record_it: bool = True) -> SegmentWriter:
        """Open the visit's next segment, and its row with it."""
        key = segment_key(SITE, self.run_id, self.visit_id, self.segments)
        self.writer = SegmentWriter(self.spool_dir, key, {"software": "aboveboard/0.1.0"})
        self.segments += 1
        if record_it:
            segment = SegmentRecord(id=self.segment_id, visit_id=self.visit_id, key=key, opened_at=NOON)
            self._record(segments=[segment])
        return self.writer

    def page(
        self,
        body: bytes,
        *,
        revisit_of: Revisit | None = None,
        response_head: bytes = HEAD,
        truncated: str | None = None,
        **noted: Any,
    ) -> Place:
        """Archive one page, with what more was noted about it; `commit` records it."""
        assert self.writer is not None
        path = f"/{self.pages}"
        exchange = exchange_of(path, body, response_head=response_head, truncated=truncated)
        place = self.writer.append(exchange, {"outlinks": [f"{ORIGIN}/next"], **noted}, revisit_of=revisit_of)
        record = CaptureRecord(
            id=capture_id(self.visit_id, self.pages),
            visit_id=self.visit_id,
            kind=CaptureKind.SITE_DOCUMENT,
            origin=ORIGIN,
            path=path,
            fetched_at=NOON,
            status=200,
            media_type="text/html",
            payload_digest=place.payload_digest,
            length=place.payload_length,
            segment_id=self.segment_id,
            warc_offset=place.offset,
            warc_length=place.length,
            request_length=place.request_length,
            metadata_length=place.metadata_length,
            permission=_ALLOWED,
            rights=None,
            truncated=truncated,
            revisit=revisit_of is not None,
        )
        self.uncommitted.append(record)
        self.pages += 1
        return place

    def commit(self) -> None:
        """Bring the pages to the disk, then record them."""
        assert self.writer is not None
        self.writer.sync()
        self._record(captures=self.uncommitted)
        self.uncommitted = []

    def upload(self, store: Store) -> SegmentStored:
        """Close the open segment and bring it to the store."""
        assert self.writer is not None
        return deliver(store, self.writer.key, self.segment_id, self.writer.close())

    def say_where(self, stored: SegmentStored) -> None:
        """Record where the segment lies now."""
        self._record(stored=[stored])

    def finish(self, store: Store) -> None:
        """Go the rest of a committed segment's way."""
        assert self.writer is not None
        self.say_where(self.upload(store))
        self.writer.remove()

    def die(self) -> None:
        """Let go of everything as a killed process does."""
        assert self.writer is not None
        self.writer.release()

    def _record(self, **what: Any) -> None:
        self.recorder.record(Batch(visit_id=self.visit_id, epoch=self.lease.epoch, **what))


def main(database_url: str, spool_dir: str) -> None:
    """Crawl until killed, a line a commit."""
    crawl = SmallCrawl.begin(Database.open(database_url), Path(spool_dir))
    while True:
        crawl.open_segment()
        for _ in range(50):
            crawl.page(hashlib.sha256(b"%d" % crawl.pages).hexdigest().encode() * 40)
            if crawl.pages % 5 == 0:
                crawl.commit()
                sys.stdout.write(f"{crawl.pages}\n")
                sys.stdout.flush()
        crawl.commit()
        crawl.die()


if __name__ == "__main__":
    main(*sys.argv[1:])
