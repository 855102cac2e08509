"""The gate's world: the one that standing is tried in, and manifests made from it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "standings"))

from gate_team import Team  # its world lies in the folder above
from standing_world import World  # likewise

from provenance.database import Database  # after them


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema, to be copied."""
    file = tmp_path_factory.mktemp("gate") / "provenance.db"
    Database.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def team(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Team]:
    """A data team, and a database with our schema and nothing in it, on each engine in turn."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("migrated_postgresql_url")
    else:
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('empty_file'), tmp_path / 'provenance.db')}"
    with Database.open(url) as opened:
        yield Team(World(opened), tmp_path, url)


@pytest.fixture
def alone(tmp_path: Path, empty_file: Path) -> Iterator[Team]:
    """The same on SQLite, for what does not depend on the engine."""
    url = f"sqlite:///{shutil.copy(empty_file, tmp_path / 'provenance.db')}"
    with Database.open(url) as opened:
        yield Team(World(opened), tmp_path, url)
