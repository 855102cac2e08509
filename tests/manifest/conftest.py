"""A library on each engine in turn; its segments lie in a directory."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "standings"))

from library import Library  # its world lies in the folder above
from standing_world import World  # likewise

from crawler.archive import open_store  # after them
from provenance.database import Database


@pytest.fixture(scope="session")
def empty_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema, to be copied."""
    file = tmp_path_factory.mktemp("library") / "provenance.db"
    Database.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def sqlite_library(empty_library: Path, tmp_path: Path) -> Iterator[Library]:
    """An empty library in a SQLite file, for what does not depend on the engine."""
    with Database.open(f"sqlite:///{shutil.copy(empty_library, tmp_path / 'provenance.db')}") as opened:
        yield Library(World(opened), open_store(str(tmp_path / "store")), tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """An empty library, on each engine in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_library")
        return
    with Database.open(request.getfixturevalue("migrated_postgresql_url")) as opened:
        yield Library(World(opened), open_store(str(tmp_path / "store")), tmp_path)
