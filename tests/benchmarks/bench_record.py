"""What recording costs: captures per CPU second, and bytes a capture, on SQLite or PostgreSQL.

    python tests/benchmarks/bench_record.py [--captures 400000] [--database URL]

The captures look like a documentation site's: 1,500 pages a visit, paths of about 60 characters,
every payload different, a handful of permissions and rights sets.  Prints, asserts nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from provenance.database import Database
from provenance.leases import Lease, Leases
from provenance.recorder import Recorder
from provenance.records import (
    Batch,
    CaptureKind,
    CaptureRecord,
    DecisionRecord,
    PermissionRecord,
    PolicyRecord,
    RightsSetRecord,
    RunRecord,
    SegmentRecord,
    capture_id,
)

BEGIN = datetime(2026, 11, 20, 3, tzinfo=UTC)
POLICY = hashlib.sha256(b"policy").digest()
A_VISIT, A_BATCH = 1500, 500


def main() -> None:
    """Record, and print what it cost."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "provenance.db"
        with Database.open(arguments.database or f"sqlite:///{file}") as database:
            recorder, leases = Recorder(database), Leases(database)
            run = begin_run(recorder)
            visits = []
            for number in range(-(-arguments.captures // A_VISIT)):
                lease = leases.acquire(f"site{number}.example", "bench", 3600)
                assert isinstance(lease, Lease)
                visit = recorder.begin_visit(run, lease.site, lease.epoch, BEGIN)
                visits.append(list(_batches(visit, number, lease.epoch)))
            captures = sum(len(batch.captures) for batches in visits for batch in batches)
            wall, cpu = time.perf_counter(), time.process_time()
            for batches in visits:
                for batch in batches:
                    recorder.record(batch)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{database.url_for_display.partition(':')[0]}: {captures:,} captures in batches of {A_BATCH}")
        print(
            f"  {captures / cpu:,.0f} captures per CPU second, {captures / wall:,.0f} a second by the clock"
        )
        print(f"  {1e6 * cpu / captures:.1f} us of CPU a capture; peak memory {_peak_memory():.0f} MiB")
        if file.exists():
            print(f"  {file.stat().st_size / captures:.0f} bytes a capture in the file")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=100_000)
    parser.add_argument("--database", help="an empty database; default: a temporary SQLite file")
    return parser.parse_args()


def begin_run(recorder: Recorder) -> int:
    """Open a run under an empty policy; return its key."""
    recorder.policy(PolicyRecord(digest=POLICY, name="strict-optin", text=""))
    return recorder.begin_run(
        RunRecord(
            job_name="bench",
            job_digest=POLICY,
            job_text="",
            purpose="ai-train-gen",
            policy_digest=POLICY,
            operator="bench",
            contact="bench@example.org",
            info_url=None,
            product_token="Aboveboard",
            user_agent="Aboveboard/0",
            software="aboveboard/0",
            settings_digest=POLICY,
            started_at=BEGIN,
        )
    )


def _batches(visit: int, site: int, epoch: int) -> Iterator[Batch]:
    origin = f"https://docs.site{site}.example"
    permissions = [
        PermissionRecord(
            origin=origin, granted=True, rule="robots.allow", line_number=line, line_text="Allow: /"
        )
        for line in range(1, 4)
    ]
    rights = [_rights(number) for number in range(5)]
    segment = capture_id(visit, 0)
    opened = SegmentRecord(
        id=segment, visit_id=visit, key=f"warc/site{site}.example/1/{visit}-0.warc.gz", opened_at=BEGIN
    )
    for start in range(0, A_VISIT, A_BATCH):
        captures = [
            CaptureRecord(
                id=capture_id(visit, number),
                visit_id=visit,
                kind=CaptureKind.DOCUMENT,
                origin=origin,
                path=f"/3/library/chapter-{number // 100}/a-page-with-a-longish-name-{number}.html",
                fetched_at=BEGIN + timedelta(milliseconds=137 * number),
                status=200,
                media_type="text/html",
                payload_digest=hashlib.sha256(f"{visit}/{number}".encode()).digest(),
                length=40_000 + number,
                segment_id=segment,
                warc_offset=700 + 11_000 * number,
                warc_length=9_500,
                request_length=400,
                metadata_length=1_100,
                permission=permissions[number % 3],
                rights=rights[number % 5],
            )
            for number in range(start, start + A_BATCH)
        ]
        yield Batch(visit_id=visit, epoch=epoch, segments=[opened] if start == 0 else [], captures=captures)


def _rights(number: int) -> RightsSetRecord:
    decision = DecisionRecord(
        policy_digest=POLICY,
        usage="ai-train-gen",
        outcome="needs_review",
        rule="silence",
        reasons=[],
        conditions=[],
        conflicts=[],
        enforces=[],
    )
    canonical = f'[{{"n":{number}}}]'
    digest = hashlib.sha256(canonical.encode()).digest()
    return RightsSetRecord(digest=digest, canonical=canonical, licences=[], decisions=[decision])


def _peak_memory() -> float:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
