"""Recorded time: what is written later has a later one, so that an as-of answer is for good."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import event, update

from provenance import recorded
from provenance.database import Database
from provenance.errors import AsOfInFuture
from provenance.models import Clock

A_MOMENT = 0.3  # seconds: long enough to see that somebody waits


def test_a_later_transaction_has_a_later_time(database: Database) -> None:
    times = []
    for _ in range(50):
        with database.writing() as connection:
            times.append(recorded.now(connection))
    assert times == sorted(set(times))


def test_a_settled_moment_is_earlier_than_whatever_is_written_then(database: Database) -> None:
    for _ in range(20):
        settled = recorded.present(database)
        with database.writing() as connection:
            assert recorded.now(connection) > settled


def test_a_question_waits_for_who_has_its_time_and_has_not_ended(database: Database) -> None:
    """Else a row with an earlier time would turn up in an answer that was given without it."""
    has_its_time, may_end = Event(), Event()

    def write() -> datetime:
        with database.writing() as connection:
            told = recorded.now(connection)
            has_its_time.set()
            may_end.wait(10)
        return told

    with ThreadPoolExecutor() as pool:
        writer = pool.submit(write)
        assert has_its_time.wait(10)
        asked = pool.submit(recorded.present, database)
        with pytest.raises(TimeoutError):
            asked.result(A_MOMENT)
        may_end.set()
        assert writer.result(10) < asked.result(10)


def test_nobody_knows_what_will_be_recorded(database: Database) -> None:
    with pytest.raises(AsOfInFuture, match="lies in the future"):
        recorded.settle(database, datetime.now(UTC) + timedelta(hours=1))


def test_a_clock_that_is_set_back_does_not_set_the_record_back(tmp_path: Path) -> None:
    """Of a file; on PostgreSQL the server's clock counts, which no client can set."""
    ahead = datetime.now(UTC) + timedelta(days=1)
    with Database.open(f"sqlite:///{tmp_path}/provenance.db") as database:
        with database.writing() as connection:
            recorded.now(connection)
            connection.execute(update(Clock).values(latest=ahead))
        with database.writing() as connection:
            assert recorded.now(connection) > ahead


def test_a_file_that_may_only_be_read_answers_with_all_that_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it was recorded by a clock ahead of ours."""
    ahead = datetime.now(UTC) + timedelta(days=3)
    with Database.open(f"sqlite:///{tmp_path / 'provenance.db'}") as opened:
        with opened.writing() as connection:
            recorded.now(connection)
            connection.execute(update(Clock).values(latest=ahead))
        opened.engine.dispose()
        event.listen(opened.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
        monkeypatch.setattr(os, "access", lambda *_: False)  # as for one who is not root
        assert recorded.present(opened) >= ahead
