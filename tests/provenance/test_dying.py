"""What is left when the process is killed: whole batches, all that was acknowledged, a database that opens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sample_records import sha256
from sqlalchemy import func, select

from provenance.database import Database
from provenance.models import Capture, HostState, Refusal
from provenance.queries import crawling

A_BATCH = 40  # as in the program
PREAMBLE = """
import os, signal, sys
from provenance import batches
from provenance.database import Database
from sample_records import begin, capture, host_state, refusal, segment

A_BATCH = 40
database = Database.open(sys.argv[1])
visit = begin(database)
def record(number):
    first = number * A_BATCH
    visit.recorder.record(visit.batch(
        segments=[segment(visit.id)],
        captures=[capture(visit.id, n) for n in range(first, first + A_BATCH)],
        refusals=[refusal(visit.id, url=f"https://example.org/private/{n}") for n in range(first, first + A_BATCH)],
        host_states=[host_state(host=f"host{number}.example")],
    ))
"""
ENDLESS = f"""{PREAMBLE}
number = 0
while True:
    record(number)
    number += 1
    print(number, flush=True)
"""
DIES_INSIDE = f"""{PREAMBLE}
record(0)
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
batches.STEP = die
record(1)
"""


def start(program: str, url: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    return subprocess.Popen(
        [sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True, env=environment
    )


def recorded(database: Database) -> list[int]:
    with database.reading() as connection:
        return [
            connection.execute(select(func.count()).select_from(model)).scalar_one()
            for model in (Capture, Refusal, HostState)
        ]


@pytest.mark.parametrize("acknowledged", [1, 7])
def test_killed_anywhere_whole_batches_remain(migrated_url: str, acknowledged: int) -> None:
    """SIGKILL while it records: what was acknowledged is there; the batch under way is whole or absent."""
    worker = start(ENDLESS, migrated_url)
    assert worker.stdout is not None
    for _ in range(acknowledged):
        worker.stdout.readline()
    worker.send_signal(signal.SIGKILL)
    said = worker.communicate()[0].split()
    last = int(said[-1]) if said else acknowledged
    with Database.open(migrated_url) as database:
        captures, refusals, hosts = recorded(database)
        assert hosts in {last, last + 1}
        assert (captures, refusals) == (hosts * A_BATCH, hosts * A_BATCH)


@pytest.mark.parametrize("step", ["_write_exchanges", "_write_hosts"])
def test_killed_inside_the_transaction_nothing_of_it_remains(migrated_url: str, step: str) -> None:
    """Killed with half a batch written: the batch is absent, the one before is there, recovery knows how far."""
    worker = start(DIES_INSIDE.replace("STEP", step), migrated_url)
    worker.communicate()
    assert worker.returncode == -signal.SIGKILL
    with Database.open(migrated_url) as database:
        assert recorded(database) == [A_BATCH, A_BATCH, 1]
        [segment] = crawling.spooled_segments(database)
        assert segment.committed_length == 700 + 1000 * (A_BATCH - 1) + 500 + 200
        unfinished = crawling.unfinished_run(database, sha256("docs"))
        assert unfinished is not None


def test_many_processes_open_an_empty_database_at_once(database_url: str) -> None:
    """One of them makes the schema; the others wait and find it."""
    program = "import sys; from provenance.database import Database; Database.open(sys.argv[1]).close()"
    workers: list[Any] = [start(program, database_url) for _ in range(4)]
    for worker in workers:
        worker.communicate()
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]
