"""What recording costs: captures per CPU second of ours, and bytes a capture, on SQLite and on PostgreSQL.

    python tests/benchmarks/bench_record.py [--captures 200000] [--engine sqlite|postgresql|both]

Shaped as crawled: 2,000 sites with zipf sizes, one visit each, 5,000 rights sets, the archive writer's own batches.
Counted is every row of a visit from its beginning to its tallies: segment, captures, origins, permissions, rights sets
with decisions, refusals, robots.txt, host states and loads.  PostgreSQL is a server of the bench's own; its CPU is the
server's, ours is ours.  Prints, asserts nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from own_postgresql import own_postgresql, sqlalchemy_url
from sqlalchemy import text

from crawler.recording import BATCH
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
    SiteDocumentRecord,
    capture_id,
)

BEGIN = datetime(2026, 11, 20, 3, tzinfo=UTC)
POLICY = hashlib.sha256(b"policy").digest()
SITES, RIGHTS_SETS = 2_000, 5_000
A_RIGHTS_SET = 40  # captures in a row that state the same
# Every table and index of ours; PostgreSQL's partitions are tables of their own.
SIZE = """SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r'"""
CAPTURES_SIZE = f"{SIZE} AND c.relname LIKE 'capture%'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one engine took."""

    captures: int
    batches: int
    cpu: float  # seconds of ours
    wall: float  # seconds
    bytes: float  # a capture, everything
    bytes_capture: float | None  # a capture, its own table and indexes; None: not told apart


def main() -> None:
    """Record into each engine, and print what it cost."""
    arguments = _arguments()
    costs: dict[str, Cost] = {}
    if arguments.engine != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "provenance.db"
            costs["SQLite"] = _recorded(f"sqlite:///{file}", arguments.captures, file)
    if arguments.engine != "sqlite":
        with own_postgresql() as uri:
            costs["PostgreSQL"] = _recorded(sqlalchemy_url(uri), arguments.captures, None)
    for engine, cost in costs.items():
        print(f"{engine}: {cost.captures:,} captures in {cost.batches:,} batches of at most {BATCH}")
        print(
            f"  {cost.captures / cost.cpu:,.0f} captures per CPU second (asked: 15,000), "
            f"{cost.captures / cost.wall:,.0f} a second by the clock"
        )
        own = (
            ""
            if cost.bytes_capture is None
            else f", {cost.bytes_capture:.0f} of them its own row and indexes"
        )
        print(f"  {cost.bytes:.0f} bytes a capture with all tables and indexes{own} (asked: under 450)")
    print(f"peak memory {_peak_memory():.0f} MiB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=200_000)
    parser.add_argument("--engine", choices=("sqlite", "postgresql", "both"), default="both")
    return parser.parse_args()


def _recorded(url: str, captures: int, file: Path | None) -> Cost:
    harmonic = sum(1 / rank for rank in range(1, SITES + 1))
    rights = [_rights(number) for number in range(RIGHTS_SETS)]
    total = batches = 0
    cpu = wall = 0.0
    with Database.open(url) as database:
        recorder, leases = Recorder(database), Leases(database)
        run = begin_run(recorder)
        for rank in range(1, SITES + 1):
            lease = leases.acquire(f"site{rank}.example", "bench", 3600)
            assert isinstance(lease, Lease)
            wall_before, cpu_before = time.perf_counter(), time.process_time()
            visit = recorder.begin_visit(run, lease.site, lease.epoch, BEGIN)
            wall, cpu = wall + time.perf_counter() - wall_before, cpu + time.process_time() - cpu_before
            made = list(_batches(visit, rank, lease.epoch, max(1, round(captures / rank / harmonic)), rights))
            wall_before, cpu_before = time.perf_counter(), time.process_time()
            for batch in made:
                recorder.record(batch)
            recorder.end_visit(visit, "every page was visited", BEGIN + timedelta(hours=1))
            wall, cpu = wall + time.perf_counter() - wall_before, cpu + time.process_time() - cpu_before
            batches += len(made)
            total += sum(len(batch.captures) for batch in made)
        own = None
        if file is None:
            with database.reading() as connection:
                size = float(connection.execute(text(SIZE)).scalar_one())
                own = float(connection.execute(text(CAPTURES_SIZE)).scalar_one()) / total
    if file is not None:
        size = float(file.stat().st_size)
    return Cost(captures=total, batches=batches, cpu=cpu, wall=wall, bytes=size / total, bytes_capture=own)


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


def _batches(
    visit: int, site: int, epoch: int, captures: int, rights: list[RightsSetRecord]
) -> Iterator[Batch]:
    """As `crawler.recording` cuts them: at most `BATCH` exchanges, what hosts taught us with the last."""
    origin = f"https://docs.site{site}.example"
    permissions = [
        PermissionRecord(
            origin=origin,
            granted=True,
            rule="robots.allow",
            line_number=line,
            line_text="Allow: /",
            robots_state="available",
            robots_capture_id=capture_id(visit, 0),
        )
        for line in range(1, 4)
    ]
    segment = SegmentRecord(
        id=capture_id(visit, 0),
        visit_id=visit,
        key=f"warc/site{site}.example/1/{visit}-0.warc.gz",
        opened_at=BEGIN,
    )
    borders = [*range(0, captures, BATCH), captures]
    for start, end in pairwise(borders):
        made = [
            _capture(
                visit, site, number, permission=permissions[number % 3], stated=rights[_stated(site, number)]
            )
            for number in range(start, end)
        ]
        first, last = start == 0, end == captures
        yield Batch(
            visit_id=visit,
            epoch=epoch,
            segments=[segment] if first else (),
            captures=made,
            refusals=[_refusal(visit, f"{origin}/private/{number}") for number in range(start, end, 100)],
            site_documents=[_robots(origin, visit)] if first else (),
            host_states=[_state(f"docs.site{site}.example")] if last else (),
            host_loads=[_load(visit, f"docs.site{site}.example", captures)] if last else (),
        )


def _stated(site: int, number: int) -> int:
    return (site * 31 + number // A_RIGHTS_SET) % RIGHTS_SETS


def _capture(
    visit: int, site: int, number: int, *, permission: PermissionRecord, stated: RightsSetRecord
) -> CaptureRecord:
    payload = hashlib.sha256(f"{visit}/{number}".encode()).digest()
    return CaptureRecord(
        id=capture_id(visit, number),
        visit_id=visit,
        kind=CaptureKind.DOCUMENT,
        origin=permission.origin,
        path=f"/3/library/chapter-{number // 100}/a-page-with-a-longish-name-{number}.html",
        fetched_at=BEGIN + timedelta(milliseconds=137 * number),
        status=200,
        media_type="text/html",
        payload_digest=payload,
        length=40_000 + number,
        segment_id=capture_id(visit, 0),
        warc_offset=700 + 11_000 * number,
        warc_length=9_500,
        request_length=400,
        metadata_length=1_100,
        permission=permission,
        rights=stated,
        language="en",
        simhash=int.from_bytes(payload[:8], "big", signed=True),
    )


def _rights(number: int) -> RightsSetRecord:
    decision = DecisionRecord(
        policy_digest=POLICY,
        usage="ai-train-gen",
        outcome="needs_review",
        rule="silence",
        reasons=[{"text": "nothing was stated", "protocol": "robots.txt", "n": number}],
        conditions=[],
        conflicts=[],
        enforces=["CM-A1-06"],
    )
    canonical = f'[{{"kind":"rights","n":{number},"protocol":"tdmrep","statement":"{"-" * 400}"}}]'
    digest = hashlib.sha256(canonical.encode()).digest()
    return RightsSetRecord(digest=digest, canonical=canonical, licences=[], decisions=[decision])


def _refusal(visit: int, url: str) -> RefusalRecord:
    return RefusalRecord(
        visit_id=visit,
        url=url,
        at=BEGIN,
        rule="robots.disallow",
        reason="robots.txt forbids it",
        evidence="line 2: Disallow: /private/",
    )


def _robots(origin: str, visit: int) -> SiteDocumentRecord:
    body = f"User-agent: *\nDisallow: /private/\n# {origin}\n".encode()
    return SiteDocumentRecord(
        origin=origin,
        name="robots.txt",
        url=f"{origin}/robots.txt",
        retrieval="ok",
        body=body,
        digest=hashlib.sha256(body).digest(),
        capture_id=capture_id(visit, 0),
        seen_at=BEGIN,
    )


def _state(host: str) -> HostStateRecord:
    return HostStateRecord(host=host, last_end=BEGIN, gap=1.5, response_time=0.2, not_before=None, failures=0)


def _load(visit: int, host: str, requests: int) -> HostLoadRecord:
    return HostLoadRecord(
        visit_id=visit,
        host=host,
        hour=BEGIN,
        requests=requests,
        received=requests * 40_000,
        max_in_flight=1,
        min_gap=1.0,
        median_gap=1.5,
        too_many=0,
        server_errors=0,
    )


def _peak_memory() -> float:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
