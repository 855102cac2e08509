"""A server may finish the commit of a client that is dead already; recovery waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import text

from provenance.database import Database
from provenance.fence import check_site, wait_for_writers
from provenance.leases import Lease, Leases


@pytest.fixture
def database(migrated_postgresql_url: str) -> Iterator[Database]:
    """An empty PostgreSQL database."""
    with Database.open(migrated_postgresql_url) as opened:
        yield opened


def test_recovery_waits_for_a_transaction_that_the_fence_let_through(database: Database) -> None:
    """Its rows count; whoever looked before would have called the spool file unneeded."""
    lease = Leases(database).acquire("example.org", "a dead process", 60)
    assert isinstance(lease, Lease)
    done = threading.Event()

    def wait() -> None:
        wait_for_writers(database, ["example.org", "example.com"])
        done.set()

    with ExitStack() as late:
        connection = late.enter_context(database.writing())
        check_site(connection, "example.org", lease.epoch)
        waiting = threading.Thread(target=wait)
        waiting.start()
        blocked = text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        while True:
            with database.reading() as looking:
                if looking.scalar(blocked):
                    break
        assert not done.is_set()
    waiting.join(60)
    assert done.is_set()


def test_nobody_is_waited_for_where_nobody_writes(database: Database) -> None:
    wait_for_writers(database, ["example.org"])
