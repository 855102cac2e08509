"""The engines, each set up for what we ask of it: many readers, one careful writer, instants in UTC."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

BUSY_SECONDS = 30.0  # how long a SQLite writer waits for another's transaction
WRITE = "aboveboard_write"  # execution option of a connection that will write


def create(url: URL) -> Engine:
    """Return an engine for a URL that `provenance.database.parse` let through; connects to nothing yet."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
        return engine
    return create_engine(
        url,
        pool_pre_ping=True,  # a crawl outlives a server's restart
        # Our questions are short; what they might read, where nothing is tallied, makes PostgreSQL compile them first.
        connect_args={"application_name": "aboveboard", "options": "-c timezone=UTC -c jit=off"},
    )


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _on_sqlite_begin
    _use_write_ahead_log(connection)
    for pragma in (
        "synchronous = FULL",  # a commit survives a power cut: the store must never know more than the database
        "foreign_keys = ON",
        "secure_delete = ON",  # what an erasure removes is overwritten, not only marked as free
        "cache_size = -65536",  # KiB: the indexes' hot pages
        "wal_autocheckpoint = 16384",  # pages, 64 MiB: a hot page is copied into the file once, not at every commit
    ):
        connection.execute(f"PRAGMA {pragma}")


def _use_write_ahead_log(connection: Any) -> None:
    """Let readers not wait for the writer.  The mode stays in the file, so that only the first one sets it.

    SQLite answers «locked» at once, without its busy timeout, when two processes change the mode together.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except connection.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
