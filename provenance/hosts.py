"""What is written about hosts: what they taught us, who holds them back, and their next free moment.

Three hands write one row: a visit what it learned, a person (or the crawler) a hold, and any process the reservation
for its one errand to a host that no visit owns.  None of them touches the others' columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, case, func, insert, or_, select, update

from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.models import HostChange, HostState
from provenance.records import Holding, HoldRecord, HostStateRecord
from provenance.upsert import insert_new, insert_or_replace

RESUMED = "resumed"
_HOLD = ("held", "held_since", "held_until", "held_by", "held_reason")
_LEARNED = tuple(field.name for field in fields(HostStateRecord))


class NotHeldError(ProvenanceError):
    """A host is to be let go that nobody holds."""


def learn(connection: Connection, records: Sequence[HostStateRecord]) -> None:
    """Write what hosts taught us; it never goes back in time, and no back-off or reservation is shortened by it."""
    if not records:
        return
    learned = insert_or_replace(connection, HostState, _learned, _is_later)
    connection.execute(learned, [_row(record) for record in sorted(records, key=lambda record: record.host)])


def _learned(new: Any, old: FromClause) -> dict[str, Any]:
    not_before = func.coalesce(new.not_before, old.c.not_before)
    return {
        "last_end": func.coalesce(new.last_end, old.c.last_end),
        "not_before": case((old.c.not_before > not_before, old.c.not_before), else_=not_before),
        **{name: old.c[name] for name in _HOLD},
    }


def _is_later(new: Any, old: FromClause) -> Any:
    return new.last_end.is_(None) | old.c.last_end.is_(None) | (new.last_end >= old.c.last_end)


def hold(connection: Connection, record: HoldRecord, *, replace: bool = False) -> bool:
    """Hold a host back and keep who, when and why; False where somebody holds it already and keeps doing so.

    Args:
        connection: of a transaction that writes.
        record: the hold.
        replace: put it in the place of whatever hold there is: a person's word.
    """
    connection.execute(insert_new(connection, HostState), [_unknown(record.host)])
    held = update(HostState).where(HostState.host == record.host)
    if not replace:
        held = held.where(or_(HostState.held.is_(None), HostState.held_until <= record.since))
    held = held.values(
        held=record.holding.value,
        held_since=record.since,
        held_until=record.until,
        held_by=record.by,
        held_reason=record.reason,
    )
    if connection.execute(held).rowcount != 1:
        return False
    _note(connection, record.holding.value, record)
    return True


def pause(database: Database, host: str, *, by: str, reason: str, at: datetime) -> None:
    """Let nothing be sent to a host until a person resumes it."""
    _hold_by_hand(database, Holding.PAUSED, host, by=by, reason=reason, at=at)


def park(database: Database, host: str, *, by: str, reason: str, at: datetime) -> None:
    """Take a host out of every crawl until a person resumes it; unlike a pause, no crawl waits for it."""
    _hold_by_hand(database, Holding.PARKED, host, by=by, reason=reason, at=at)


def _hold_by_hand(
    database: Database, holding: Holding, host: str, *, by: str, reason: str, at: datetime
) -> None:
    with database.writing() as connection:
        record = HoldRecord(host=host, holding=holding, since=at, by=by, reason=reason)
        hold(connection, record, replace=True)


def resume(database: Database, host: str, *, by: str, reason: str, at: datetime) -> None:
    """Let requests to a host leave again: its hold is lifted, its breaker closed, its refusals forgotten.

    What it asked for itself (Retry-After, a back-off) and the pace that it taught us stay.

    Raises:
        NotHeldError: nobody holds it, and its breaker is closed.
    """
    held = or_(HostState.held.is_not(None), HostState.open_until.is_not(None))
    free: dict[str, Any] = dict.fromkeys(_HOLD)
    free |= {"open_until": None, "openings": None, "outcomes": None, "missing_since": None}
    free |= {"failures": 0, "refusals": 0}
    with database.writing() as connection:
        lifted = update(HostState).where(HostState.host == host, held).values(free)
        if connection.execute(lifted).rowcount != 1:
            raise NotHeldError(
                f"{host} is neither paused nor parked, and its breaker is closed: see 'aboveboard hosts'"
            )
        lifting = HoldRecord(host=host, holding=Holding.PAUSED, since=at, by=by, reason=reason)
        _note(connection, RESUMED, lifting)


def _note(connection: Connection, action: str, record: HoldRecord) -> None:
    row = {"host": record.host, "at": record.since, "action": action, "by": record.by}
    row |= {"reason": record.reason, "until": record.until}
    connection.execute(insert(HostChange), [row])


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
        connection.execute(insert_new(connection, HostState), [_unknown(host)])
        free = or_(HostState.not_before.is_(None), HostState.not_before <= now)
        taken = update(HostState).where(HostState.host == host, free).values(not_before=until)
        if connection.execute(taken).rowcount == 1:
            return None
        return connection.scalar(select(HostState.not_before).where(HostState.host == host))


def give_back(database: Database, host: str, *, reserved: datetime, until: datetime) -> None:
    """Shorten our reservation once its request has ended: the next one may leave at ``until``.

    A host that was backed off meanwhile keeps that longer time.
    """
    with database.writing() as connection:
        ours = update(HostState).where(HostState.host == host, HostState.not_before == reserved)
        connection.execute(ours.values(not_before=until))


def _unknown(host: str) -> dict[str, Any]:
    return {
        "host": host,
        "last_end": None,
        "gap": 0.0,
        "response_time": 0.0,
        "not_before": None,
        "failures": 0,
    }


def _row(record: HostStateRecord) -> dict[str, Any]:
    row = {name: getattr(record, name) for name in _LEARNED}
    row["openings"] = [at.isoformat() for at in record.openings] or None
    return row
