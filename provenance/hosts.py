"""A host's next free moment, agreed between processes: for errands to hosts that no visit owns."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update

from provenance.database import Database
from provenance.models import HostState
from provenance.upsert import insert_new


def reserve(database: Database, host: str, *, now: datetime, until: datetime) -> datetime | None:
    """Take a host's lane for one request, if it is free now; compare and set in one statement.

    Args:
        database: shared by every process that crawls.
        host: as in `HostStateRecord`.
        now: UTC.
        until: UTC; when the next request may leave, whoever sends it.

    Returns:
        None: the request may leave.  Otherwise the instant to ask again.
    """
    with database.writing() as connection:
        unknown = {
            "host": host,
            "last_end": None,
            "gap": 0.0,
            "response_time": 0.0,
            "not_before": None,
            "failures": 0,
        }
        connection.execute(insert_new(connection, HostState), [unknown])
        free = or_(HostState.not_before.is_(None), HostState.not_before <= now)
        taken = update(HostState).where(HostState.host == host, free).values(not_before=until)
        if connection.execute(taken).rowcount == 1:
            return None
        return connection.scalar(select(HostState.not_before).where(HostState.host == host))
