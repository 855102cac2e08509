"""Records as a crawl would hand them over; a test names only what it is about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provenance.database import Database
from provenance.leases import Lease, Leases
from provenance.recorder import Recorder
from provenance.records import (
    Batch,
    CaptureKind,
    CaptureRecord,
    DecisionRecord,
    HostLoadRecord,
    HostStateRecord,
    PermissionRecord,
    PolicyRecord,
    RefusalRecord,
    RightsSetRecord,
    RunRecord,
    SegmentRecord,
    SegmentStored,
    SiteDocumentRecord,
    SourceRecord,
    capture_id,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORIGIN = "https://example.org"


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


POLICY = PolicyRecord(digest=sha256("strict-optin"), name="strict-optin", text="[policy]\n")
ALLOWED = PermissionRecord(
    origin=ORIGIN,
    granted=True,
    rule="robots.allow",
    line_number=3,
    line_text="Allow: /",
    robots_state="available",
)


def run(**changes: Any) -> RunRecord:
    values: dict[str, Any] = {
        "job_name": "docs",
        "job_digest": sha256("docs"),
        "job_text": "[job]\n",
        "purpose": "ai-train-gen",
        "policy_digest": POLICY.digest,
        "operator": "Example Research",
        "contact": "crawler@example.org",
        "info_url": None,
        "product_token": "Aboveboard",
        "user_agent": "Aboveboard/0.1 (+mailto:crawler@example.org)",
        "software": "aboveboard/0.1.0",
        "settings_digest": sha256("settings"),
        "started_at": NOON,
    }
    return RunRecord(**values | changes)


def source(run_id: int, **changes: Any) -> SourceRecord:
    values: dict[str, Any] = {
        "run_id": run_id,
        "site": "example.org",
        "start": [f"{ORIGIN}/"],
        "include": [f"{ORIGIN}/"],
        "admitted_by": "J. Doe",
        "basis": "published documentation",
    }
    return SourceRecord(**values | changes)


def rights(
    text: str = "nothing stated", outcome: str = "needs_review", usage: str = "ai-train-gen"
) -> RightsSetRecord:
    decision = DecisionRecord(
        policy_digest=POLICY.digest,
        usage=usage,
        outcome=outcome,
        rule="silence",
        reasons=[{"text": "nothing was stated"}],
        conditions=[],
        conflicts=[],
        enforces=["CM-A1-06"],
    )
    return RightsSetRecord(
        digest=sha256(ascii(text)), canonical=f'["{text}"]', licences=[], decisions=[decision]
    )


def capture(visit_id: int, number: int, **changes: Any) -> CaptureRecord:
    values: dict[str, Any] = {
        "id": capture_id(visit_id, number),
        "visit_id": visit_id,
        "kind": CaptureKind.DOCUMENT,
        "origin": ORIGIN,
        "path": f"/page/{number}",
        "fetched_at": NOON + timedelta(seconds=number),
        "status": 200,
        "media_type": "text/html",
        "payload_digest": sha256(f"payload {number}"),
        "length": 1000,
        "segment_id": capture_id(visit_id, 0),
        "warc_offset": 700 + 1000 * number,
        "warc_length": 500,
        "request_length": 300,
        "metadata_length": 200,
        "permission": ALLOWED,
        "rights": rights(),
    }
    return CaptureRecord(**values | changes)


def segment(visit_id: int, number: int = 0) -> SegmentRecord:
    key = f"warc/example.org/1/{visit_id}-{number}.warc.gz"
    return SegmentRecord(id=capture_id(visit_id, number), visit_id=visit_id, key=key, opened_at=NOON)


def stored(visit_id: int, number: int = 0, **changes: Any) -> SegmentStored:
    values: dict[str, Any] = {
        "id": capture_id(visit_id, number),
        "uri": f"file:///store/{visit_id}-{number}",
        "length": 5000,
        "digest": sha256("segment"),
        "records": 7,
        "stored_at": NOON,
    }
    return SegmentStored(**values | changes)


def refusal(visit_id: int, **changes: Any) -> RefusalRecord:
    values: dict[str, Any] = {
        "visit_id": visit_id,
        "url": f"{ORIGIN}/private/",
        "at": NOON,
        "rule": "robots.disallow",
        "reason": "robots.txt forbids it",
        "evidence": "line 2: Disallow: /private/",
    }
    return RefusalRecord(**values | changes)


def host_state(**changes: Any) -> HostStateRecord:
    values: dict[str, Any] = {
        "host": "example.org",
        "last_end": NOON,
        "gap": 1.5,
        "response_time": 0.2,
        "not_before": None,
        "failures": 0,
    }
    return HostStateRecord(**values | changes)


def host_load(visit_id: int, **changes: Any) -> HostLoadRecord:
    values: dict[str, Any] = {
        "visit_id": visit_id,
        "host": "example.org",
        "hour": NOON,
        "requests": 12,
        "received": 48_000,
        "max_in_flight": 1,
        "min_gap": 1.0,
        "median_gap": 1.5,
        "too_many": 0,
        "server_errors": 0,
        "pauses": ["Retry-After: 30"],
    }
    return HostLoadRecord(**values | changes)


def site_document(text: str | None = "User-agent: *\n", **changes: Any) -> SiteDocumentRecord:
    body = None if text is None else text.encode()
    values: dict[str, Any] = {
        "origin": ORIGIN,
        "name": "robots.txt",
        "url": f"{ORIGIN}/robots.txt",
        "retrieval": "ok" if body is not None else "absent",
        "body": body,
        "digest": None if text is None else sha256(text),
        "capture_id": 7,
        "seen_at": NOON,
    }
    return SiteDocumentRecord(**values | changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visiting:
    """A visit under way: its run, its lease, its recorder."""

    recorder: Recorder
    lease: Lease
    run_id: int
    id: int

    def batch(self, **content: Any) -> Batch:
        """A batch of this visit under its lease."""
        return Batch(visit_id=self.id, epoch=self.lease.epoch, **content)

    def full_batch(self, captures: int = 3) -> Batch:
        """A batch with something of everything."""
        return self.batch(
            segments=[segment(self.id)],
            captures=[capture(self.id, number) for number in range(captures)],
            refusals=[refusal(self.id)],
            host_states=[host_state()],
            host_loads=[host_load(self.id)],
            site_documents=[site_document()],
        )


def begin(database: Database, site: str = "example.org", **changes: Any) -> Visiting:
    """Begin a run and a visit of a site whose lease nobody holds."""
    recorder = Recorder(database)
    recorder.policy(POLICY)
    run_id = recorder.begin_run(run(**changes))
    lease = Leases(database).acquire(site, "worker 1", 600)
    assert isinstance(lease, Lease)
    visit_id = recorder.begin_visit(run_id, site, lease.epoch, NOON)
    return Visiting(recorder=recorder, lease=lease, run_id=run_id, id=visit_id)


def dump(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the clock's: two databases with one dump hold the same."""
    from provenance.models import Base  # noqa: PLC0415  # only this question looks below the records

    with database.reading() as connection:
        return {
            table.name: sorted(tuple(map(str, row)) for row in connection.execute(table.select()))
            for table in Base.metadata.sorted_tables
            if table.name != "clock"  # on SQLite it goes on with every transaction
        }
