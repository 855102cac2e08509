"""Both engines, filled through the recorder: what a question answers on one, it answers on the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from changing_site import changing_runs
from recorded_site import first_run, hostile_run, second_run
from sqlalchemy.engine import make_url

from provenance.database import Database

ENGINES = ["sqlite", "postgresql"]


def fill(database: Database) -> None:
    """Run 1 and 2 of example.org, run 3 of hostile.example."""
    first_run(database)
    second_run(database)
    hostile_run(database)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with our schema and nothing in it, on each engine in turn."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
    else:
        url = f"sqlite:///{tmp_path}/provenance.db"
    with Database.open(url) as opened:
        yield opened


@pytest.fixture(scope="session", params=ENGINES)
def world_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a filled database that no test changes, on each engine in turn."""
    location = _new_database(request, tmp_path_factory, "answers")
    with Database.open(location) as opened:
        fill(opened)
    return location


@pytest.fixture(scope="session", params=ENGINES)
def changed_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database that holds the site that changes its mind, on each engine in turn."""
    location = _new_database(request, tmp_path_factory, "changes")
    with Database.open(location) as opened:
        changing_runs(opened)
    return location


def _new_database(request: pytest.FixtureRequest, folders: pytest.TempPathFactory, name: str) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folders.mktemp(name)}/provenance.db"
    server: str = request.getfixturevalue("postgresql_server")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # pytest may ask for it again
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(server).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def world(world_url: str) -> Iterator[Database]:
    """The filled database, open for questions."""
    with Database.open(world_url, upgrade=False) as opened:
        yield opened


@pytest.fixture
def changed(changed_url: str) -> Iterator[Database]:
    """The site that changes its mind, open for questions."""
    with Database.open(changed_url, upgrade=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def sqlite_world(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of the same world in a SQLite file, for what does not depend on the engine."""
    location = f"sqlite:///{tmp_path_factory.mktemp('answers')}/provenance.db"
    with Database.open(location) as opened:
        fill(opened)
    return location
