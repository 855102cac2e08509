"""Both engines: what holds for a SQLite file holds for PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_records import Visiting, begin

from provenance.database import Database
from provenance.leases import Leases


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on each engine in turn."""
    if engine_name == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    return f"sqlite:///{tmp_path}/provenance.db"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "provenance.db"
    Database.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def migrated_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with our schema and no rows, on each engine in turn."""
    if engine_name == "postgresql":
        url: str = request.getfixturevalue("migrated_postgresql_url")
        return url
    copy = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "provenance.db")
    return f"sqlite:///{copy}"


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A database with our schema."""
    with Database.open(migrated_url) as opened:
        yield opened


@pytest.fixture
def leases(database: Database) -> Leases:
    return Leases(database)


@pytest.fixture
def visit(database: Database) -> Visiting:
    """A visit of example.org under way."""
    return begin(database)
