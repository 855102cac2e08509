"""An archive with something in it: sites, visits, segments, revisits; real but for the fetching.

Run as a program it erases and is killed on the way: ``filled_archive.py DATABASE STORE SPOOL FAILPOINT NUMBER KIND VALUE``.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crawler.archive import Exchange, Revisit, SegmentWriter, Store, failpoints, open_store
from crawler.archive.delivery import deliver
from crawler.archive.erasing import erase
from crawler.archive.keys import segment_key
from provenance.database import Database
from provenance.erasures import Scope, ScopeKind
from provenance.leases import Lease, Leases
from provenance.recorder import Recorder
from provenance.records import (
    Batch,
    CaptureKind,
    CaptureRecord,
    PermissionRecord,
    PolicyRecord,
    RightsSetRecord,
    RunRecord,
    SegmentRecord,
    capture_id,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DIGEST = hashlib.sha256(b"policy").digest()


def rights_of(name: str) -> RightsSetRecord:
    """A rights set of its own for each name."""
    canonical = f'{{"stated":"{name}"}}'
    return RightsSetRecord(
        digest=hashlib.sha256(canonical.encode()).digest(), canonical=canonical, licences=[]
    )


@dataclass
class Visiting:
    """One visit, one segment open at a time; every page is recorded at once."""

    database: Database
    store: Store
    spool_dir: Path
    site: str
    recorder: Recorder
    lease: Lease
    run_id: int
    visit_id: int
    began: datetime
    segments: int = 0
    pages: int = 0
    writer: SegmentWriter | None = None
    payloads: dict[bytes, Revisit] = field(default_factory=dict)

    @property
    def segment_id(self) -> int:
        """The key of the segment that was opened last."""
        return capture_id(self.visit_id, self.segments - 1)

    def open_segment(self) -> SegmentWriter:
        """Open the visit's next segment, and its row with it."""
        key = segment_key(self.site, self.run_id, self.visit_id, self.segments)
        self.writer = SegmentWriter(self.spool_dir, key, {"software": "aboveboard/0.1.0"})
        self.segments += 1
        self.record(
            segments=[SegmentRecord(id=self.segment_id, visit_id=self.visit_id, key=key, opened_at=NOON)]
        )
        return self.writer

    def page(
        self, path: str, body: bytes, *, origin: str | None = None, kind: CaptureKind = CaptureKind.DOCUMENT
    ) -> CaptureRecord:
        """Archive and record a page; a body seen before on this visit's site costs a revisit."""
        record = self.append(path, body, origin=origin, kind=kind)
        self.commit([record])
        return record

    def append(
        self, path: str, body: bytes, *, origin: str | None = None, kind: CaptureKind = CaptureKind.DOCUMENT
    ) -> CaptureRecord:
        """Archive a page that `commit` records."""
        writer = self.writer or self.open_segment()
        origin = origin or f"https://{self.site}"
        at = self.began + timedelta(seconds=self.pages)
        digest = hashlib.sha256(body).digest()
        earlier = self.payloads.get(digest)
        place = writer.append(
            Exchange(
                url=origin + path,
                method="GET",
                request_head=f"GET {path} HTTP/1.1\r\nHost: {self.site}\r\n\r\n".encode(),
                response_head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Odd:  kept \r\n\r\n",
                body=body,
                started_at=at,
                ended_at=at,
            ),
            {"outlinks": [origin], "capture": capture_id(self.visit_id, self.pages)},
            revisit_of=earlier,
        )
        self.payloads.setdefault(digest, Revisit(url=origin + path, fetched_at=at))
        record = CaptureRecord(
            id=capture_id(self.visit_id, self.pages),
            visit_id=self.visit_id,
            kind=kind,
            origin=origin,
            path=path,
            fetched_at=at,
            status=200,
            media_type="text/html",
            payload_digest=place.payload_digest,
            length=place.payload_length,
            segment_id=self.segment_id,
            warc_offset=place.offset,
            warc_length=place.length,
            request_length=place.request_length,
            metadata_length=place.metadata_length,
            permission=PermissionRecord(origin=origin, granted=True, rule="robots.no-rule"),
            rights=rights_of(path) if kind is CaptureKind.DOCUMENT else None,
            revisit=earlier is not None,
        )
        self.pages += 1
        return record

    def commit(self, records: list[CaptureRecord]) -> None:
        """Bring pages to the disk, then record them."""
        assert self.writer is not None
        self.writer.sync()
        self.record(captures=records)

    def store_segment(self) -> None:
        """Bring the open segment to the store and take it out of the spool."""
        assert self.writer is not None
        self.record(stored=[deliver(self.store, self.writer.key, self.segment_id, self.writer.close())])
        self.writer.remove()
        self.writer = None

    def end(self) -> None:
        """Store what is open and give the site back."""
        if self.writer is not None:
            self.store_segment()
        Leases(self.database).release(self.lease)

    def record(self, **what: Any) -> None:
        """Record a batch of the visit."""
        self.recorder.record(Batch(visit_id=self.visit_id, epoch=self.lease.epoch, **what))


def begin(database: Database, store: Store, spool_dir: Path, site: str = "example.org") -> Visiting:
    """Open a visit in a run of its own, an hour after the one before."""
    recorder = Recorder(database)
    lease = Leases(database).acquire(site, "a visit", 600)
    assert isinstance(lease, Lease)
    recorder.policy(PolicyRecord(digest=DIGEST, name="observe", text=""))
    run_id = recorder.begin_run(
        RunRecord(
            job_name="small",
            job_digest=DIGEST,
            job_text="",
            purpose="ai-train-gen",
            policy_digest=DIGEST,
            operator="Example Research",
            contact="crawler@example.org",
            info_url=None,
            product_token="Aboveboard",
            user_agent="Aboveboard/0.1",
            software="aboveboard/0.1.0",
            settings_digest=DIGEST,
            started_at=NOON,
        )
    )
    visit_id = recorder.begin_visit(run_id, site, lease.epoch, NOON)
    began = NOON + timedelta(hours=visit_id)
    return Visiting(database, store, spool_dir, site, recorder, lease, run_id, visit_id, began)


def body_of(name: str, length: int = 3000) -> bytes:
    """A body that nothing else has."""
    return f"<p>{name}</p>".encode() + hashlib.sha256(name.encode()).hexdigest().encode() * (length // 64)


def main(*arguments: str) -> None:
    """Erase, and be killed when a failpoint is reached for the n-th time."""
    database, store, spool, failpoint, number, kind, value = arguments
    left = int(number)

    def maybe_die() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    failpoints.arm(failpoint, maybe_die)
    scope = Scope.parse(ScopeKind(kind), value)
    with Database.open(database) as opened:
        erase(opened, open_store(store), Path(spool), scope, reason="a test", requested_by="the tests")


if __name__ == "__main__":
    main(*sys.argv[1:])
