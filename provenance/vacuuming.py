"""The database's upkeep: tallies sealed, space given back, statistics renewed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text

from provenance import tallies
from provenance.database import Database
from provenance.errors import DatabaseUnreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacuumed:
    """What an upkeep did."""

    sealed: int  # visits whose documents were tallied
    before: int  # bytes
    after: int  # bytes


def vacuum(database: Database, progress: Callable[[str], None]) -> Vacuumed:
    """Seal what is pending, give space back, and renew what the engine knows about its tables.

    PostgreSQL is read and written meanwhile; a SQLite file must be nobody else's for the time.

    Args:
        database: what to tend.
        progress: hears in words what is done next.

    Raises:
        DatabaseUnreachable: a SQLite file is in use, or the disk has no room for its copy.
    """
    before = size(database)
    sealed = tallies.seal_pending(
        database, lambda done, of: progress(f"tallied {done} of {of} visits") if done in {of, 1} else None
    )
    driver = database.engine.raw_connection()
    with closing(driver):
        connection: Any = driver.driver_connection
        try:
            if database.is_sqlite:
                _vacuum_file(connection, progress)
            else:
                _vacuum_server(connection, progress)
        except (sqlite3.OperationalError, psycopg.OperationalError) as error:
            raise DatabaseUnreachable(
                f"{database.url_for_display}: {error}; let crawls end first, and see that the disk has room for a copy"
            ) from error
    return Vacuumed(sealed=sealed, before=before, after=size(database))


def size(database: Database) -> int:
    """Return how many bytes the database takes, with its indexes and, on SQLite, its write-ahead log."""
    if database.is_sqlite:
        file = Path(str(database.engine.url.database))
        return sum(part.stat().st_size for part in (file, Path(f"{file}-wal")) if part.exists())
    with database.reading() as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def _vacuum_file(connection: Any, progress: Callable[[str], None]) -> None:
    progress("copying the file without what is free in it")
    connection.execute("VACUUM")
    progress("renewing statistics")
    connection.execute("PRAGMA analysis_limit = 10000")  # rows an index: enough to choose between plans
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _vacuum_server(connection: Any, progress: Callable[[str], None]) -> None:
    progress("vacuuming and analysing every table")
    connection.autocommit = True
    try:
        connection.execute("VACUUM (ANALYZE)")
    finally:
        connection.autocommit = False
