"""Recorded time: when we knew a thing, kept apart from when it was so.

Every row of evidence carries the recorded time of the transaction that wrote it.  An as-of question asks for what
was recorded by a moment; that answer is for good, because nothing is recorded with an earlier time later:

- a writer takes its time inside its transaction, after announcing itself (PostgreSQL: a shared advisory lock that
  ends with the transaction; SQLite: the one write lock), and
- a question first waits until every writer that announced itself before has ended (`settle`).

On SQLite the time given out also never goes back when the machine's clock is set back.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, text

from provenance.database import Database
from provenance.errors import AsOfInFuture, DatabaseUnreachable
from provenance.models.base import EPOCH, MICROSECOND
from provenance.models.clock import Clock

WRITERS = 0x41626F7654  # PostgreSQL advisory lock, shared by writers, exclusive for `settle`
# One statement each, as every batch sends it; the time is read from what has announced the writer, so after that.
_ANNOUNCED = f"""WITH announced AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared({WRITERS}))
SELECT clock_timestamp() FROM announced"""  # noqa: S608  # our own number
_TICK = """INSERT INTO clock (id, latest) VALUES (1, ?)
ON CONFLICT (id) DO UPDATE SET latest = max(excluded.latest, clock.latest + 1) RETURNING latest"""


def now(connection: Connection) -> datetime:
    """Return the recorded time of a writing transaction, UTC; later than any that was given out before it began."""
    if connection.dialect.name == "postgresql":
        server: datetime = connection.exec_driver_sql(_ANNOUNCED).scalar_one()
        return server.astimezone(UTC)
    ours = (datetime.now(UTC) - EPOCH) // MICROSECOND
    told: int = connection.exec_driver_sql(_TICK, (ours,)).scalar_one()
    return EPOCH + told * MICROSECOND


def settle(database: Database, moment: datetime) -> None:
    """Wait until everything with a recorded time up to a moment is there, and nothing can be added to it.

    Args:
        database: where the question goes.
        moment: UTC; what `known_at` will ask for.

    Raises:
        AsOfInFuture: nobody knows yet what will be recorded by then.
    """
    if moment > present(database):
        raise AsOfInFuture(
            f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} lies in the future: as-of answers are about what is on record"
        )


def present(database: Database) -> datetime:
    """Return a moment, UTC, that is settled: the latest for which an as-of question can be answered for good.

    A SQLite file that we may not write to is taken as it is.
    """
    try:
        with database.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITERS})
                return _server_time(connection)
            return now(connection)  # the next writer's time is later, since this one is taken
    except DatabaseUnreachable:
        if not database.is_sqlite or os.access(str(database.engine.url.database), os.W_OK):
            raise
        with database.reading() as connection:
            latest = connection.execute(select(Clock.latest)).scalar_one_or_none()
        return max(datetime.now(UTC), latest or EPOCH)


def known_at(recorded_at: Any, stands_in: Any, as_of: datetime) -> ColumnElement[bool]:
    """Return the condition «this was recorded by then».

    Args:
        recorded_at: the row's column.
        stands_in: the column that speaks for rows of earlier releases, which did not say when they were recorded.
        as_of: UTC.
    """
    known: ColumnElement[bool] = func.coalesce(recorded_at, stands_in) <= as_of
    return known


def _server_time(connection: Connection) -> datetime:
    told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return told.astimezone(UTC)
