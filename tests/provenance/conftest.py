"""Both engines: what holds for a SQLite file holds for PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_records import Visiting, begin

from provenance.database import Database
from provenance.leases import Leases


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on each engine in turn."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    return f"sqlite:///{tmp_path}/provenance.db"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with our schema."""
    with Database.open(database_url) as opened:
        yield opened


@pytest.fixture
def leases(database: Database) -> Leases:
    return Leases(database)


@pytest.fixture
def visit(database: Database) -> Visiting:
    """A visit of example.org under way."""
    return begin(database)
