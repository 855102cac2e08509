"""Databases on both engines, for what hosts taught us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on each engine in turn."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        return url
    return f"sqlite:///{tmp_path}/provenance.db"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with our schema, on each engine in turn."""
    with Database.open(database_url) as opened:
        yield opened
