"""What a database keeps of deleted rows until it needs the room: overwritten as far as the engine lets us.

SQLite zeroes what it deletes and empties its write-ahead log; PostgreSQL marks the room of dead rows free.  Its own
write-ahead log and backups are the operator's, as everywhere.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from provenance.database import Database

_TABLES = (
    "capture",
    "tombstone",
    "site_document",
    "site_document_body",
    "rights_set",
    "permission",
    "decision",
)


def scrub(database: Database) -> None:
    """Make the engine forget what was deleted, as far as it can be asked to while others use it.

    Where it cannot just now, the rows are gone all the same, and their room is used again later.
    """
    with (
        suppress(DBAPIError),
        database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        if database.is_sqlite:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            return
        for table in _TABLES:
            connection.execute(text(f"VACUUM {table}"))
