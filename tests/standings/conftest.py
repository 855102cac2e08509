"""Both engines, each with a small world that a test adds to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from standing_world import World

from provenance.database import Database


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema, to be copied."""
    file = tmp_path_factory.mktemp("standing") / "provenance.db"
    Database.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A database with our schema and nothing in it, on each engine in turn."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("migrated_postgresql_url")
    else:
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('empty_file'), tmp_path / 'provenance.db')}"
    with Database.open(url) as opened:
        yield World(opened)
