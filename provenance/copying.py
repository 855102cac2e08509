"""Captures by the thousand: the one table whose rows pass SQLAlchemy by, which would cost more than the engine does.

A row is a tuple in the order of `COLUMNS`, its instants as the engine stores them (`instants_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from provenance.models.base import EPOCH, MICROSECOND

CaptureRow = tuple[Any, ...]

# With the types that PostgreSQL reads from a binary COPY: a wrong one is refused, not misread.
_TYPES = {
    "id": "int8",
    "visit_id": "int4",
    "origin_id": "int4",
    "permission_id": "int4",
    "rights_set_id": "int4",
    "segment_id": "int8",
    "status": "int2",
    "kind": "text",
    "revisit": "bool",
    "fetched_at": "timestamptz",
    "length": "int8",
    "warc_offset": "int8",
    "warc_length": "int8",
    "request_length": "int4",
    "metadata_length": "int4",
    "payload_digest": "bytea",
    "url_hash": "int8",
    "media_type": "text",
    "truncated": "text",
    "path": "text",
    "kept": "text",
    "recorded_at": "timestamptz",
    "language": "text",
    "simhash": "int8",
}
COLUMNS = tuple(_TYPES)
_INTO = f"capture ({', '.join(COLUMNS)})"
_COPY = f"COPY {_INTO} FROM STDIN (FORMAT BINARY)"


def add_new(connection: Connection, rows: Sequence[CaptureRow]) -> None:
    """Add captures none of which is recorded yet: the fast way.

    Raises:
        sqlalchemy.exc.IntegrityError: a key is there already, or a constraint refuses a row.  On PostgreSQL the
            transaction is lost then: begin it again with `add_missing`.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_insert("?"), list(rows))
        return
    driver: Any = connection.connection  # psycopg's connection, which SQLAlchemy knows as any driver's
    try:
        with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.set_types(tuple(_TYPES.values()))
            for row in rows:
                copy.write_row(row)
    except psycopg.IntegrityError as error:
        raise IntegrityError(_COPY, None, error) from error
    except psycopg.Error as error:
        raise DBAPIError(_COPY, None, error) from error


def add_missing(connection: Connection, rows: Sequence[CaptureRow]) -> int:
    """Add those captures whose keys are not there yet, and return how many that were: for a batch that is repeated."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    return connection.exec_driver_sql(f"{_insert(mark)} ON CONFLICT DO NOTHING", list(rows)).rowcount


def instants_of(connection: Connection) -> Callable[[datetime], Any]:
    """Return what turns an aware datetime into what the engine stores, as `InstantType` does."""
    return _microseconds if connection.dialect.name == "sqlite" else _aware


def _insert(mark: str) -> str:
    return f"INSERT INTO {_INTO} VALUES ({', '.join([mark] * len(COLUMNS))})"  # noqa: S608  # our own names


def _microseconds(instant: datetime) -> int:
    return (_aware(instant) - EPOCH) // MICROSECOND


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone: an instant is an aware datetime in UTC")
    return instant
