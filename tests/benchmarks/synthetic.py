"""Fill a database with captures shaped as crawled: 2,000 sites of zipf sizes, 5,000 rights sets, four runs.

    python tests/benchmarks/synthetic.py --captures 10000000 --database URL

The rows are those that the recorder would have written, put in by the fastest way each engine has.  The database must
be empty; on PostgreSQL we must be a superuser, for foreign keys are not checked row by row.  The same numbers give the
same rows: four runs, each half a year's quarter after the other, that meet pages again, changed or not, and new ones.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from synthetic_bulk import Bulk, bulk
from synthetic_captures import COLUMNS, SECOND, SEGMENT_COLUMNS, Keys, Row, VisitPlan, segments_of
from synthetic_hosts import REFUSED, TOKEN, Host, hosts, stated_by
from synthetic_shared import DAY, REFUSAL_COLUMNS, refusals, shared_rows

from licences.policy import Policy, decide, load
from licences.vocabulary import Usage
from provenance import tallies
from provenance.database import Database
from provenance.models.base import EPOCH, MICROSECOND
from provenance.recorder import Recorder
from provenance.records import Kept, PolicyRecord, RunRecord, RunState

BEGIN = datetime(2025, 1, 13, 3, tzinfo=UTC)
A_QUARTER = timedelta(weeks=13)
SHARES = (0.5, 0.2, 0.2, 0.1)  # of a site's captures, by run
LONGEST_VISIT = 75 * DAY
POLICY, USAGE = "eu-tdm", Usage.AI_TRAIN_GEN  # what the runs asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that is filled in, before it is."""

    sites: list[Host]
    visits: list[VisitPlan]
    keys: Keys
    policy: Policy

    @property
    def captures(self) -> int:
        """How many there will be."""
        return sum(plan.captures for plan in self.visits)


def world(captures: int, sites: int = 2_000, rights_sets: int = 5_000) -> World:
    """Plan about as many captures as wanted."""
    of = hosts(sites, captures, rights_sets)
    policy = load(POLICY)
    rights = {stated: number for number, stated in enumerate(stated_by(of), 1)}
    kept = {key: decide(stated, USAGE, policy).keep.value for stated, key in rights.items()}
    keys = Keys(
        rights=rights,
        kept={key: None if keep == Kept.BODY.value else keep for key, keep in kept.items()},
        refused=rights[REFUSED],
    )
    return World(sites=of, visits=list(_visits(of)), keys=keys, policy=policy)


def fill(database: Database, planned: World) -> None:
    """Write it all: policy and runs through the recorder, the rest in bulk, tallies last."""
    recorder, policy = Recorder(database), planned.policy
    recorder.policy(PolicyRecord(digest=policy.digest, name=policy.name, text=policy.text))
    for run in range(len(SHARES)):
        started = BEGIN + run * A_QUARTER
        key = recorder.begin_run(_run(policy, run, started))
        recorder.end_run(key, RunState.FINISHED, 0, started + A_QUARTER, {})
    with bulk(database) as rows:
        for table, columns, values in shared_rows(planned.sites, planned.visits, planned.keys, policy, USAGE):
            rows.write(table, columns, values)
        _exchanges(rows, planned)
    tallies.seal_pending(database)


def _visits(of: list[Host]) -> Iterator[VisitPlan]:
    met = [0] * len(of)  # pages of each site, so far
    for run, share in enumerate(SHARES):
        opened = (BEGIN + run * A_QUARTER - EPOCH) // MICROSECOND
        for host in of:
            captures = max(5, round(host.captures * share))
            plan = VisitPlan(
                id=run * len(of) + host.number,
                run=run,
                host=host,
                opened=opened + host.number * 3 * SECOND,
                captures=captures,
                first_new=met[host.number - 1],
                gap=min(SECOND, LONGEST_VISIT // captures),
            )
            met[host.number - 1] += plan.captures - plan.again
            yield plan


def _run(policy: Policy, number: int, started: datetime) -> RunRecord:
    digest = hashlib.sha256(b"synthetic job").digest()
    return RunRecord(
        job_name="synthetic",
        job_digest=digest,
        job_text=f"# run {number + 1}",
        purpose=USAGE.value,
        policy_digest=policy.digest,
        operator="Example Research",
        contact="crawler@example.org",
        info_url=None,
        product_token=TOKEN,
        user_agent=f"{TOKEN}/0",
        software="aboveboard/0",
        settings_digest=digest,
        started_at=started,
    )


def _exchanges(rows: Bulk, planned: World) -> None:
    """Captures and refusals, a few segments at a time."""
    segments: list[Row] = []
    captures: list[Row] = []
    for plan in planned.visits:
        for segment, of_segment in segments_of(plan, planned.keys):
            segments.append(segment)
            captures += of_segment
        if len(captures) > 50_000 or plan is planned.visits[-1]:
            rows.write("segment", SEGMENT_COLUMNS, segments)
            rows.write("capture", COLUMNS, captures)
            segments, captures = [], []
    rows.write("refusal", REFUSAL_COLUMNS, (row for plan in planned.visits for row in refusals(plan)))


def main() -> None:
    """Plan, fill, say what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=1_000_000)
    parser.add_argument("--sites", type=int, default=2_000)
    parser.add_argument("--rights-sets", type=int, default=5_000)
    parser.add_argument("--database", required=True, help="URL of an empty database")
    arguments = parser.parse_args()
    clock, cpu = time.perf_counter(), time.process_time()
    planned = world(arguments.captures, arguments.sites, arguments.rights_sets)
    with Database.open(arguments.database) as database:
        fill(database, planned)
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
        print(
            f"{database.url_for_display}: {planned.captures:,} captures of {len(planned.visits):,} visits,"
            f" {len(planned.keys.rights):,} rights sets, in {clock:.0f} s by the clock, {cpu:.0f} s of CPU"
        )


if __name__ == "__main__":
    main()
