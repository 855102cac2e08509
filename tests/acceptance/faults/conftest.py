"""A stage for each cell of the fault matrix, and the matrix as a table when all of them are through.

A run of all tests plays one cell of most faults, another kind of store and database each time; the others are marked
``faults`` and wait to be asked for: ``python tests/benchmarks/fault_matrix.py``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from faulty_s3 import S3Proxy
from matrix import CELLS, Matrix
from services.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from stage import Stage
from warmth import Warmth

from provenance.database import Database


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the matrix."""
    if lines := CELLS.lines():
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def matrix() -> Matrix:
    """Where every cell writes down its figures."""
    return CELLS


@pytest.fixture(scope="session")
def warmth() -> Iterator[Warmth]:
    """A process that forks crawls."""
    with Warmth() as warm:
        yield warm


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema, to be copied."""
    file = tmp_path_factory.mktemp("migrated-once") / "provenance.db"
    Database.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def make_stage(
    warmth: Warmth, migrated: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[str, str], Stage]]:
    """Make a stage with a kind of store and a kind of database."""
    with ExitStack() as stack:

        def make(store: str, database: str) -> Stage:
            (tmp_path / "data").mkdir()
            proxy, environ, postgresql = None, {}, None
            store_url = (tmp_path / "data" / "store").as_uri()
            if store == "s3":
                server: S3Server = request.getfixturevalue("s3_server")
                proxy = stack.enter_context(S3Proxy(server.endpoint))
                store_url = server.store_url(uuid4().hex).replace(server.endpoint, proxy.endpoint)
                request.getfixturevalue("s3_credentials")
                environ = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
            if database == "sqlite":
                database_url = f"sqlite:///{shutil.copy(migrated, tmp_path / 'data' / 'provenance.db')}"
            else:
                database_url = request.getfixturevalue("migrated_postgresql_url")
                postgresql = request.getfixturevalue("postgresql_folder")
            stage = Stage(warmth, tmp_path, database_url, store_url, environ, postgresql, proxy)
            stack.callback(stage.close)
            return stage

        yield make


@pytest.fixture(scope="session")
def postgresql_folder(postgresql_server: str) -> Path:
    """The data directory of the PostgreSQL server."""
    return Path(postgresql_server.partition("host=")[2])
