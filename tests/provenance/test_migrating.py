"""A database that an earlier release filled: upgraded, it answers every question, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alembic import command as alembic
from alembic.config import Config
from old_rows import FIRST, NOON, NOTE_PATH, RECORDED, fill
from sample_records import begin
from sqlalchemy import Connection, inspect, text
from typer import Typer
from typer.testing import CliRunner

import provenance
from licences.policy import load
from licences.vocabulary import Usage
from provenance import schema, tallies
from provenance.commands.db import register
from provenance.database import Database, parse
from provenance.engine import WRITE, create
from provenance.errors import SchemaOutdated
from provenance.queries import (
    CaptureFilter,
    CountBy,
    Question,
    RefusalFilter,
    all_rows,
    captures,
    counts,
    decided_captures,
    receipt,
    refusals,
    sites,
    stream,
)
from provenance.reports import compile_dossier
from provenance.soundness import findings

NOTE = f"https://example.org{NOTE_PATH}"
DOCUMENTS = [(NOTE, "permitted_with_conditions"), ("https://other.example/", "not_permitted")]
FIRST_WITH_RECORDED_TIME = "0005"


def rows_of(connection: Connection) -> dict[str, int]:
    tables = [name for name in inspect(connection).get_table_names() if not name.startswith("capture_")]
    count = "SELECT count(*) FROM {}"
    return {table: connection.execute(text(count.format(table))).scalar_one() for table in tables}


@pytest.fixture(params=schema.revisions()[:-1])
def revision(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def filled(database_url: str, revision: str) -> dict[str, int]:
    """How many rows each table of a database has that is at an earlier revision: some in every one."""
    engine = create(parse(database_url))
    config = Config()
    config.set_main_option("script_location", str(schema.migrations_folder()))
    config.set_main_option("path_separator", "os")
    with engine.connect() as connection:
        connection.execution_options(**{WRITE: True})
        config.attributes["connection"] = connection
        with connection.begin():
            alembic.upgrade(config, revision)
            expected = fill(connection, revision)
        with connection.begin():
            assert rows_of(connection) == expected | {"alembic_version": 1}
    engine.dispose()
    return expected


def test_an_upgraded_database_answers_every_question(
    database_url: str, revision: str, filled: dict[str, int]
) -> None:
    """From every revision, on both engines; one test, since a filled database takes a while to make."""
    with pytest.raises(SchemaOutdated, match="run `aboveboard db upgrade`"):
        provenance.open(database_url)
    commands = Typer()
    register(commands)
    done = CliRunner().invoke(commands, ["db", "upgrade", "--database", database_url])
    assert f"{revision} became {schema.wanted_revision()}" in done.stderr
    assert CliRunner().invoke(commands, ["db", "check", "--database", database_url]).exit_code == 0
    with Database.open(database_url, upgrade=False) as database:
        nothing_is_lost(database, filled)
        questions_are_answered(database)
        recorded_time_stands_in(database, revision)
        a_crawl_goes_on(database)


def nothing_is_lost(database: Database, filled: dict[str, int]) -> None:
    """Every table has the rows it had; the register one entry a site, from its oldest admission; `db check` agrees."""
    with database.reading() as connection:
        assert list(findings(connection)) == []
        now = rows_of(connection)
        assert {table: now[table] for table in filled} == filled
        entries = "SELECT name, run_id, action FROM source_entry ORDER BY id"
        assert [tuple(entry) for entry in connection.execute(text(entries))] == [
            ("example.org", 1, "admitted"),
            ("other.example", 2, "admitted"),
        ]


def questions_are_answered(database: Database) -> None:
    found = all_rows(database, captures(CaptureFilter()))
    assert sorted((row.url, row.outcome) for row in found) == DOCUMENTS
    assert [row.url for row in all_rows(database, refusals(RefusalFilter()))] == [
        "https://example.org/private/"
    ]
    assert [(row.site, row.captures) for row in all_rows(database, sites())] == [
        ("example.org", 1),
        ("other.example", 1),
    ]
    asked = Question(usage=Usage.AI_TRAIN_GEN, policy=load("strict-optin"))
    decided = decided_captures(database, CaptureFilter(), asked)
    assert sorted((row.url, row.outcome) for row in decided) == DOCUMENTS, (
        "decided anew, by what stands today"
    )
    explained = receipt(database, NOTE)
    assert [capture.decisions[0].outcome for capture in explained.captures] == ["permitted_with_conditions"]
    assert compile_dossier(database, "example.org").totals.documents == 1


def recorded_time_stands_in(database: Database, revision: str) -> None:
    """Who did not write when a thing was recorded is taken to have known it when it happened."""
    known_by = NOON + timedelta(hours=1)
    early = [row.id for row in stream(database, captures(CaptureFilter(as_of=known_by)))]
    assert early == ([FIRST + 1] if revision < FIRST_WITH_RECORDED_TIME else [])
    late = stream(database, captures(CaptureFilter(as_of=RECORDED)))
    assert sorted(row.url for row in late) == [url for url, _ in DOCUMENTS]


def a_crawl_goes_on(database: Database) -> None:
    """The next visit records as if the database had always been of this release; tending tallies the old ones."""
    visit = begin(database)
    visit.recorder.record(visit.full_batch())
    visit.recorder.end_visit(visit.id, "every page was visited", RECORDED)
    tallies.seal_pending(database)
    by_outcome = list(counts(database, [CountBy.OUTCOME], CaptureFilter()))
    assert sum(row.documents for row in by_outcome) == len(DOCUMENTS) + 3
    with database.reading() as connection:
        assert list(findings(connection)) == []
