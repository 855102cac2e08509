"""The register of sources: how each source stood at a moment, as was known at another (C-SRC).

Append-only.  The newest entry of a name says how its source stands: a revocation ends whatever was admitted before,
and only an admission by name lifts it (`provenance.admissions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select

from provenance.database import Database
from provenance.models import SourceEntry as Row

CRAWLED = "crawled"


class Action(StrEnum):
    """What an entry does."""

    ADMITTED = "admitted"
    REVOKED = "revoked"


class SourceState(StrEnum):
    """How a source stands at a moment."""

    IN_FORCE = "in-force"
    NOT_BEGUN = "not-begun"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """One entry.  Instants are UTC."""

    id: int
    name: str  # the site, or what else the source is called
    site_id: int | None  # None: it is not crawled
    mode: str  # crawled, own, licensed, shared, imported
    action: Action
    by: str
    basis: str | None  # None: revoked
    reason: str | None
    categories: Sequence[str]
    conditions: Sequence[str]
    assessment: Mapping[str, Any] | None  # duties by requirement id; None: none was made
    assessor: str | None
    approver: str | None
    valid_from: datetime
    valid_until: datetime | None  # no longer in force then; None: no end is set
    run_id: int | None  # the run whose job file admitted it; None: a person did, by name
    recorded_at: datetime

    def state_at(self, moment: datetime) -> SourceState:
        """Return how the source stands at a moment, if this is its newest entry."""
        if self.action is Action.REVOKED:
            return SourceState.REVOKED
        if moment < self.valid_from:
            return SourceState.NOT_BEGUN
        ended = self.valid_until is not None and moment >= self.valid_until
        return SourceState.EXPIRED if ended else SourceState.IN_FORCE

    @property
    def label(self) -> str:
        """The entry as manifests and reports name it."""
        return f"{self.name}#{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One source as it stands by its newest entry."""

    source: str  # the entry: "example.org#3"
    name: str
    state: SourceState
    mode: str
    by: str
    why: str  # the basis of its admission, or the reason of its revocation
    valid_from: datetime
    valid_until: datetime | None
    categories: Sequence[str]
    conditions: Sequence[str]
    assessor: str | None
    approver: str | None
    recorded_at: datetime


class Mark(NamedTuple):
    """What changes whenever the register does: entries are only added, but not always seen in order of their keys."""

    newest: int
    entries: int


def mark(database: Database) -> Mark:
    """Return the mark of the register as it is now: a small question, asked every few seconds."""
    with database.reading() as connection:
        asked = select(func.coalesce(func.max(Row.id), 0), func.count())
        newest, entries = connection.execute(asked.select_from(Row)).one()
    return Mark(newest=int(newest), entries=int(entries))


def entries(
    database: Database, *, name: str | None = None, as_of: datetime | None = None
) -> list[SourceEntry]:
    """Return entries in the order of recording.

    Args:
        database: where the register is.
        name: only this source's; None: every one's.
        as_of: what was on record then, UTC; None: everything.
    """
    asked = _entries(as_of)
    with database.reading() as connection:
        found = connection.execute(asked if name is None else asked.where(Row.name == name))
        return [_entry(row) for row in found]


def newest(database: Database, *, as_of: datetime | None = None) -> dict[str, SourceEntry]:
    """Return the entry that says how each source stands, by name; ``as_of`` as in `entries`."""
    latest = select(func.max(Row.id)).group_by(Row.name)
    if as_of is not None:
        latest = latest.where(Row.recorded_at <= as_of)
    with database.reading() as connection:
        found = connection.execute(_entries(None).where(Row.id.in_(latest)))
        return {entry.name: entry for entry in map(_entry, found)}


def standing(
    connection: Connection, name: str, *, at: datetime, as_of: datetime | None = None
) -> SourceRow | None:
    """Return how one source stands; None: it has no entry.

    Args:
        connection: to the database where the register is.
        name: of the source.
        at: the moment that validity is judged at, UTC.
        as_of: what was on record then, UTC; None: everything.
    """
    return standings(connection, (name,), at=at, as_of=as_of).get(name)


def standings(
    connection: Connection, names: Iterable[str], *, at: datetime, as_of: datetime | None = None
) -> dict[str, SourceRow]:
    """Return how some sources stand, by name; those without an entry are left out.  The rest as in `standing`."""
    found = connection.execute(_newest_named(as_of), {"names": sorted(names)})
    return {entry.name: row_of(entry, at) for entry in map(_entry, found)}


@lru_cache(8)  # to build it takes longer than to ask it
def _newest_named(as_of: datetime | None) -> Select[Any]:
    latest = select(func.max(Row.id)).where(Row.name.in_(bindparam("names", expanding=True)))
    if as_of is not None:
        latest = latest.where(Row.recorded_at <= as_of)
    return _entries(None).where(Row.id.in_(latest.group_by(Row.name)))


def row_of(entry: SourceEntry, at: datetime) -> SourceRow:
    """Return how a source stands at a moment by an entry, its newest."""
    return SourceRow(
        source=entry.label,
        name=entry.name,
        state=entry.state_at(at),
        mode=entry.mode,
        by=entry.by,
        why=entry.basis if entry.basis is not None else entry.reason or "",
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        categories=entry.categories,
        conditions=entry.conditions,
        assessor=entry.assessor,
        approver=entry.approver,
        recorded_at=entry.recorded_at,
    )


def entry_of(connection: Connection, key: int) -> SourceEntry:
    """Return one entry by its key."""
    return _entry(connection.execute(_entries(None).where(Row.id == key)).one())


def end_of(day: date) -> datetime:
    """Return when an admission ends whose last day this is, UTC; the calendar's last day has no other end.

    >>> end_of(date(2027, 3, 31)), end_of(date.max)
    (datetime.datetime(2027, 4, 1, 0, 0, tzinfo=datetime.timezone.utc),
     datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.timezone.utc))
    """
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=1), time.min, UTC)


def _entries(as_of: datetime | None) -> Select[Any]:
    asked = select(*(getattr(Row, name) for name in SourceEntry.__dataclass_fields__)).order_by(Row.id)
    return asked if as_of is None else asked.where(Row.recorded_at <= as_of)


def _entry(row: Any) -> SourceEntry:
    values = row._mapping  # noqa: SLF001  # SQLAlchemy's public name for a row by column
    return SourceEntry(**{**values, "action": Action(values["action"])})
