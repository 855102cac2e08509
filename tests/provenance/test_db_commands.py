"""``aboveboard db``: what it says, what it finds, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sample_records import NOON, Visiting, capture, segment
from sqlalchemy import text

from provenance import schema
from provenance.database import Database
from provenance.records import CaptureKind
from provenance.soundness import findings, schema_findings
from provenance.vacuuming import vacuum


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crawler", "db", *arguments], capture_output=True, text=True, check=False
    )


def test_upgrade_says_from_where_to_where_and_what_each_step_does(tmp_path: Path) -> None:
    """A new database, one of this release, one of an older."""
    url = f"sqlite:///{tmp_path}/provenance.db"
    first = command("upgrade", "--database", url)
    assert (first.returncode, first.stdout) == (0, "")
    assert "0001: The first schema" in first.stderr
    assert "already" in command("upgrade", "--database", url).stderr
    with Database.open(url) as database, database.writing() as connection:
        schema.downgrade(connection, "0004")
    assert "run `aboveboard db upgrade`" in command("check", "--database", url).stderr
    again = command("upgrade", "--database", url)
    assert "0005: " in again.stderr
    assert "0004: " not in again.stderr
    assert f"0004 became {schema.wanted_revision()}" in again.stderr


def test_check_of_a_sound_and_of_an_unsound_database(tmp_path: Path) -> None:
    """Exit code 0 and nothing on standard output, or 1 and each finding as a row."""
    url = f"sqlite:///{tmp_path}/provenance.db"
    Database.open(url).close()
    sound = command("check", "--format", "jsonl", "--database", url)
    assert (sound.returncode, sound.stdout) == (0, "")
    with Database.open(url) as database, database.writing() as connection:
        connection.execute(text("DROP INDEX ix_capture_url_hash"))
    unsound = command("check", "--format", "jsonl", "--database", url)
    assert unsound.returncode == 1
    assert [json.loads(line)["words"] for line in unsound.stdout.splitlines()] == [
        "lacks the index ix_capture_url_hash"
    ]


def test_vacuum_says_what_it_gave_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/provenance.db"
    Database.open(url).close()
    done = command("vacuum", "--database", url)
    assert done.returncode == 0
    assert "0 visits tallied" in done.stderr
    assert "after" in done.stderr


def test_the_migrated_schema_is_the_models(database: Database) -> None:
    """On both engines: tables, columns, constraints, indexes, and on PostgreSQL every comment."""
    with database.reading() as connection:
        assert list(schema_findings(connection)) == []


@pytest.mark.parametrize(
    ("statement", "kind", "words"),
    [
        pytest.param(
            "CREATE TABLE stray (id int)", "schema", "no table of ours", id="a table of somebody else"
        ),
        pytest.param("ALTER TABLE visit ADD COLUMN extra int", "schema", "has a column extra", id="a column"),
        pytest.param("DROP INDEX ix_capture_segment_id", "schema", "lacks the index", id="an index is gone"),
        pytest.param(
            "CREATE INDEX mine ON capture (status)", "schema", "has a index mine", id="an index too many"
        ),
        pytest.param(
            "UPDATE visit_tally SET documents = documents + 1",
            "tally",
            "is tallied of visit",
            id="a wrong tally",
        ),
        pytest.param("DELETE FROM visit_tally", "tally", "is tallied of visit", id="a lost tally"),
        pytest.param(
            "UPDATE visit SET tallied_at = NULL, recorded_until = NULL",
            "tally",
            "not sealed",
            id="a tally of nothing",
        ),
        pytest.param("DELETE FROM capture", "segment", "holds no exchange", id="a segment without captures"),
    ],
)
def test_what_is_found(database: Database, visit: Visiting, statement: str, kind: str, words: str) -> None:
    """Each is told with what to do, where there is something."""
    visit.recorder.record(visit.full_batch())
    visit.recorder.end_visit(visit.id, "every page was visited", NOON)
    with (
        database.engine.connect() as connection
    ):  # one transaction, taken back: the next test finds all in order
        assert list(findings(connection)) == []
        connection.execute(text(statement))
        found = list(findings(connection))
        connection.rollback()
    assert [one.words for one in found if one.kind == kind and words in one.words] != []


def test_vacuum_seals_what_nobody_works_on_and_mends_a_wrong_tally(
    database: Database, visit: Visiting
) -> None:
    """A visit whose worker died never ends; a tally that somebody changed by hand is made anew."""
    robots = capture(visit.id, 1, kind=CaptureKind.SITE_DOCUMENT, rights=None)
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=[capture(visit.id, 0), robots]))
    said: list[str] = []
    assert vacuum(database, said.append).sealed == 0, "somebody holds its lease"
    with database.writing() as connection:
        connection.execute(text("UPDATE lease SET owner = NULL, acquired_at = NULL, expires_at = NULL"))
    assert vacuum(database, said.append).sealed == 1
    with database.writing() as connection:
        connection.execute(text("UPDATE visit_tally SET documents = 7"))
    assert vacuum(database, said.append).sealed == 1
    with database.reading() as connection:
        assert connection.execute(text("SELECT documents FROM visit_tally")).scalars().all() == [1]
        assert list(findings(connection)) == []
    assert "tallied 1 of 1 visits" in said
