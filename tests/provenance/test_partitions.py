"""Captures in partitions: made ahead of need, and made out of one table while somebody records into it."""

from __future__ import annotations

import time
from itertools import count
from threading import Event, Thread

import pytest
from sample_records import begin, capture, segment
from sqlalchemy import text

from provenance import schema
from provenance.database import Database
from provenance.errors import DatabaseUnreachable
from provenance.partitions import FEWEST_VISITS, Partition, Partitions, partitions, visits_for


@pytest.fixture
def server(postgresql_url: str) -> Database:
    """A PostgreSQL database with our schema, whose partitions are this test's own."""
    return Database.open(postgresql_url)


def known(database: Database) -> list[Partition]:
    with database.reading() as connection:
        return partitions(connection)


def test_on_sqlite_there_are_none(migrated_file: object) -> None:
    """A file is one table; nothing is asked and nothing is made."""
    with Database.open(f"sqlite:///{migrated_file}") as database:
        Partitions(database).reach(1 << 30)
        assert known(database) == []


def test_the_first_visit_finds_room_and_a_late_one_makes_it(server: Database) -> None:
    """No visit ever begins without a partition, however many visits it is ahead; the parts leave no gap."""
    [oldest] = known(server)
    assert (oldest.name, oldest.first) == ("capture_0", None)
    Partitions(server).reach(1)
    assert known(server) == [oldest]
    Partitions(server).reach(oldest.end - 1)
    assert [part.first for part in known(server)] == [None, oldest.end], "ahead of need"
    Partitions(server).reach(3 * oldest.end)
    parts = known(server)
    assert parts[-1].end > 3 * oldest.end
    assert [part.first for part in parts[1:]] == [part.end for part in parts[:-1]]
    server.close()


def test_a_new_partition_has_what_the_table_has(server: Database) -> None:
    """Constraints, foreign keys, indexes and comments alike."""
    Partitions(server).reach(known(server)[0].end)
    name = known(server)[-1].name
    of = """SELECT regexp_replace(pg_get_constraintdef(oid), ' NOT VALID', '') FROM pg_constraint
        WHERE conrelid = '{0}'::regclass UNION ALL
        SELECT regexp_replace(indexdef, '.* USING', '') FROM pg_indexes WHERE tablename = '{0}' UNION ALL
        SELECT col_description('{0}'::regclass, attnum) FROM pg_attribute
        WHERE attrelid = '{0}'::regclass AND attnum > 0"""
    with server.reading() as connection:
        theirs, ours = (sorted(connection.scalars(text(of.format(table)))) for table in (name, "capture"))
    assert theirs == ours
    server.close()


def test_a_visit_beyond_the_first_partition_is_recorded(server: Database) -> None:
    """And found, whatever partition it lies in."""
    with server.writing() as connection:
        connection.execute(text("SELECT setval('visit_id_seq', 30000)"))
    visit = begin(server)
    assert visit.id > known(server)[0].end
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=[capture(visit.id, 0)]))
    with server.reading() as connection:
        places = connection.scalars(text("SELECT tableoid::regclass::text FROM capture")).all()
    assert places == [part.name for part in known(server) if (part.first or 0) <= visit.id < part.end]
    server.close()


def test_who_cannot_get_the_locks_goes_on_while_there_is_room(
    server: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long transaction of somebody else stops no visit; only without any room it is an error, with a reason."""
    monkeypatch.setattr("provenance.partitions.TRIES", 2)
    end = known(server)[0].end
    with server.engine.connect() as somebody:
        somebody.execute(text("LOCK TABLE origin IN ROW EXCLUSIVE MODE"))
        Partitions(server).reach(end - 1)
        with pytest.raises(DatabaseUnreachable, match="see who locks the tables"):
            Partitions(server).reach(end)
    assert len(known(server)) == 1
    Partitions(server).reach(end)
    assert len(known(server)) == 2
    server.close()


@pytest.mark.parametrize(
    ("captures", "visit", "expected"),
    [
        pytest.param(0, 5, 10_000, id="nothing is known: a thousand captures a visit"),
        pytest.param(10_000_000, 2_000, 2_000, id="five thousand a visit"),
        pytest.param(100, 1_000_000, 1_000_000, id="tiny visits: not without end"),
        pytest.param(10_000_000, 1, FEWEST_VISITS, id="huge visits: not one by one"),
    ],
)
def test_a_partition_is_made_for_about_ten_million_captures(captures: int, visit: int, expected: int) -> None:
    part = Partition(name="capture_0", first=None, end=visit, captures=captures)
    assert visits_for([part], visit) == expected


def test_somebody_records_while_the_table_becomes_a_partition(postgresql_url: str) -> None:
    """Every batch arrives; how long the longest one took is printed, not asserted."""
    with Database.open(postgresql_url) as writer, Database.open(postgresql_url) as migrator:
        with migrator.writing() as connection:
            schema.downgrade(connection, "0005")
        visit = begin(writer)
        ended, waits = Event(), []

        def record() -> None:
            for number in count():
                began = time.perf_counter()
                content = {"segments": [segment(visit.id)], "captures": [capture(visit.id, number)]}
                visit.recorder.record(visit.batch(**content))
                waits.append(time.perf_counter() - began)
                if ended.is_set():
                    return

        thread = Thread(target=record)
        thread.start()
        try:
            while len(waits) < 20 and thread.is_alive():
                time.sleep(0.01)
            migrator.upgrade()
        finally:
            ended.set()
            thread.join()
        with migrator.reading() as connection:
            recorded = connection.execute(text("SELECT count(*) FROM capture")).scalar_one()
            assert connection.execute(text("SELECT count(*) FROM capture_0")).scalar_one() == recorded
        print(f"{len(waits)} batches, the longest took {max(waits):.3f} s")
        assert recorded == len(waits)


def test_a_killed_upgrade_is_repeated(postgresql_url: str) -> None:
    """What it left, a constraint that nobody checked, is in nobody's way."""
    with Database.open(postgresql_url) as database:
        with database.writing() as connection:
            schema.downgrade(connection, "0005")
            left = "ALTER TABLE capture ADD CONSTRAINT ck_capture_first_partition CHECK (id < 5) NOT VALID"
            connection.execute(text(left))
        database.upgrade()
        assert [part.name for part in known(database)] == ["capture_0"]
        visit = begin(database)
        visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=[capture(visit.id, 0)]))
