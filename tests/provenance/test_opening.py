"""Opening a database: what is made, what is refused, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

import provenance
from provenance import schema
from provenance.database import Database, parse
from provenance.errors import (
    DatabaseMissing,
    DatabaseUnreachable,
    DatabaseUrlError,
    ProvenanceError,
    SchemaOutdated,
    SchemaTooNew,
)
from provenance.locations import database_url as choose_database
from provenance.locations import refuse_password
from provenance.locations import store_url as choose_store
from provenance.models.base import InstantType
from provenance.urls import LONGEST_ORIGIN, split


def test_a_crawl_makes_the_database_and_its_folder(tmp_path: Path) -> None:
    """The default place needs no preparation."""
    file = tmp_path / "not" / "yet" / "there.db"
    Database.open(f"sqlite:///{file}").close()
    assert file.is_file()
    with provenance.open(f"sqlite:///{file}") as database, database.reading() as connection:
        assert schema.revision_of(connection) == schema.wanted_revision()


def test_a_question_makes_nothing(tmp_path: Path) -> None:
    """Asking a database that is not there must not leave an empty one behind."""
    file = tmp_path / "absent.db"
    with pytest.raises(DatabaseMissing, match=f"no database at {file}: run a crawl first"):
        Database.open(f"sqlite:///{file}", upgrade=False)
    assert not file.exists()


def test_a_question_to_an_empty_database(database_url: str, tmp_path: Path) -> None:
    """A PostgreSQL database that exists, but holds nothing of ours."""
    (tmp_path / "provenance.db").touch()
    with pytest.raises(DatabaseMissing, match="holds no provenance yet"):
        provenance.open(database_url)


def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    """A release must not touch what it does not know, nor answer from it."""
    with Database.open(database_url) as database, database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for upgrade in (True, False):
        with pytest.raises(SchemaTooNew, match="install the newer aboveboard"):
            Database.open(database_url, upgrade=upgrade)


def test_an_older_schema_is_not_read(database_url: str) -> None:
    """An answer from half the columns would be a wrong one."""
    with Database.open(database_url) as database, database.writing() as connection:
        schema.downgrade(connection, "0001")
    with pytest.raises(SchemaOutdated, match="run `aboveboard db upgrade`"):
        provenance.open(database_url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("provenance.db", "no database URL", id="a bare path"),
        pytest.param("mysql://root:secret@localhost/x", "write sqlite", id="another engine"),
        pytest.param("postgresql+psycopg2://localhost/x", "postgresql\\+psycopg", id="another driver"),
        pytest.param("sqlite://", "name a file", id="in memory"),
        pytest.param("sqlite:///:memory:", "name a file", id="in memory, spelt out"),
    ],
)
def test_a_wrong_url_is_told_with_a_right_one(url: str, words: str) -> None:
    """And no password is repeated."""
    with pytest.raises(DatabaseUrlError, match=words) as error:
        Database.open(url)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["postgresql://localhost/x", "postgres://localhost/x"])
def test_the_usual_postgresql_url_is_understood(url: str) -> None:
    """The driver's name may be left out."""
    assert parse(url).drivername == "postgresql+psycopg"


def test_a_dead_server_is_told_without_its_password() -> None:
    """Nothing listens on port 1."""
    with pytest.raises(DatabaseUnreachable, match=r"postgresql\+psycopg://me:\*\*\*@127.0.0.1:1/x") as error:
        Database.open("postgresql+psycopg://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(error.value)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnreachable, match="name another place"):
        Database.open(f"sqlite:///{tmp_path}/file/provenance.db")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """Somebody's text file is not overwritten."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear reader, " * 100, encoding="utf-8")
    with pytest.raises(DatabaseUnreachable, match="not a database"):
        Database.open(f"sqlite:///{file}")
    assert file.read_text(encoding="utf-8").startswith("Dear reader")


def test_an_installation_without_migrations_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They lie inside the package or beside it."""
    monkeypatch.setattr(schema, "__file__", str(tmp_path / "provenance" / "schema.py"))
    with pytest.raises(ProvenanceError, match="installation is incomplete"):
        schema.migrations_folder()
    inside = tmp_path / "provenance" / "migrations"
    inside.mkdir(parents=True)
    (inside / "env.py").touch()
    assert schema.migrations_folder() == inside


@pytest.mark.parametrize(
    ("option", "environment", "job", "expected"),
    [
        pytest.param("sqlite:///o", "sqlite:///e", "sqlite:///j", "sqlite:///o", id="the command line first"),
        pytest.param(None, "sqlite:///e", "sqlite:///j", "sqlite:///e", id="then the environment"),
        pytest.param(None, None, "sqlite:///j", "sqlite:///j", id="then the job file"),
        pytest.param(None, "", None, "sqlite:///aboveboard-data/provenance.db", id="empty is not given"),
    ],
)
def test_who_chooses_the_database(
    option: str | None, environment: str | None, job: str | None, expected: str
) -> None:
    """Command line, environment, file, default; the store is chosen alike."""
    environ = {} if environment is None else {"ABOVEBOARD_DATABASE": environment}
    assert choose_database(option, job, environ) == expected


def test_the_store_lies_beside_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert choose_store(None) == f"file://{tmp_path}/aboveboard-data/store"
    assert choose_store(None, "s3://job", {"ABOVEBOARD_STORE": "s3://environment"}) == "s3://environment"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql+psycopg://me:secret@db/x", id="before the host"),
        pytest.param("postgresql+psycopg://db/x?user=me&password=secret", id="as a parameter"),
    ],
)
def test_a_job_file_carries_no_password(url: str) -> None:
    """It is evidence, and shown to people."""
    with pytest.raises(DatabaseUrlError, match="PGPASSWORD") as error:
        refuse_password(url)
    assert "secret" not in str(error.value)
    assert refuse_password("postgresql+psycopg://me@db/x") == "postgresql+psycopg://me@db/x"


MICROSECONDS = st.integers(
    0, 253_402_300_799_999_999 - 86_400_000_000
)  # 1970 to the last day but one of 9999


@given(microseconds=MICROSECONDS, hours=st.integers(0, 14))
def test_an_instant_is_the_same_instant_after_the_database(microseconds: int, hours: int) -> None:
    """To the microsecond, whatever zone it was told in."""
    kind, dialect = InstantType(), sqlite.dialect()
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    told = instant.astimezone(timezone(timedelta(hours=hours)))
    assert kind.process_result_value(kind.process_bind_param(told, dialect), dialect) == instant


NAIVE = datetime(2026, 11, 20)  # noqa: DTZ001  # that is the point


def test_a_naive_datetime_is_no_instant() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        InstantType().process_bind_param(NAIVE, sqlite.dialect())


@given(url=st.text() | st.from_regex(r"[a-z]{1,9}://[^/?#]{0,400}([/?#].*)?", fullmatch=True))
def test_origin_and_path_joined_are_the_url(url: str) -> None:
    """Whatever somebody calls a URL comes back as it was, and no origin is too long for an index."""
    origin, path = split(url)
    assert origin + path == url
    assert len(origin) <= LONGEST_ORIGIN
