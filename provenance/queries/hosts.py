"""Hosts: what a crawl has to know of them before it asks, and the list that an operator reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select

from provenance.database import Database
from provenance.models import HostChange, HostState
from provenance.queries.rows import RowOf, all_rows
from provenance.records import Holding, HoldRecord, HostStateRecord
from provenance.upsert import chunks


def host_states(database: Database, hosts: Iterable[str]) -> dict[str, HostStateRecord]:
    """Return what is known of hosts; a host that we never asked is not in the answer."""
    found: dict[str, HostStateRecord] = {}
    for some in chunks(list(dict.fromkeys(hosts))):
        rows = all_rows(database, hosts_known().where(HostState.host.in_(some)))
        found |= {known.state.host: known.state for known in rows}
    return found


def holds(database: Database) -> dict[str, HoldRecord]:
    """Return every hold, also one whose time has passed; they are few, and found by an index of their own."""
    rows = all_rows(database, hosts_known(held=True).order_by(None))  # in order SQLite would read every host
    return {known.hold.host: known.hold for known in rows if known.hold is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRow:
    """One host as an operator sees it at one moment: what has passed is not told as if it still held."""

    host: str
    state: str  # "open", "paused", "parked", "breaker open", "breaker half-open", "backing off"
    gap: float  # seconds, as last kept
    last_end: datetime | None
    last_answer: str | None  # "HTTP 200", or why none came
    not_before: datetime | None  # None: now, or when a person says so
    requests_today: int  # of the UTC day's budget
    received_today: int  # bytes
    breaker: str  # "closed", "open", "half-open"
    openings: int  # of the breaker, in seven days
    failures: int  # in a row
    refusals: int  # in a row
    reason: str | None
    by: str | None  # who paused or parked it
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKnown:
    """A host's row as it is stored."""

    state: HostStateRecord
    hold: HoldRecord | None

    def at(self, now: datetime) -> HostRow:
        """Return what an operator sees at an instant."""
        known, hold = self.state, self.hold
        if hold is not None and hold.until is not None and hold.until <= now:
            hold = None
        breaker = "closed" if known.open_until is None else "open" if known.open_until > now else "half-open"
        backs_off = known.not_before is not None and known.not_before > now
        state, until, reason = "open", None, None
        if backs_off:
            state, until, reason = "backing off", known.not_before, known.why
        if breaker != "closed":
            until = max(filter(None, (known.open_until, until)))
            state, reason = f"breaker {breaker}", known.why
        if hold is not None:
            state, until, reason = hold.holding.value, hold.until, hold.reason
        today = known.day == f"{now.astimezone(UTC):%Y-%m-%d}"
        return HostRow(
            host=known.host,
            state=state,
            gap=known.gap,
            last_end=known.last_end,
            last_answer=known.last_answer,
            not_before=until if until is not None and until > now else None,
            requests_today=known.day_requests if today else 0,
            received_today=known.day_received if today else 0,
            breaker=breaker,
            openings=len(known.openings),
            failures=known.failures,
            refusals=known.refusals,
            reason=reason,
            by=hold.by if hold is not None else None,
            since=hold.since if hold is not None else None,
        )


def _known(
    held: str | None,
    held_since: datetime | None,
    held_until: datetime | None,
    held_by: str | None,
    held_reason: str | None,
    **learned: Any,
) -> HostKnown:
    learned["openings"] = tuple(map(datetime.fromisoformat, learned["openings"] or ()))
    state, hold = HostStateRecord(**learned), None
    if held is not None and held_since is not None:
        hold = HoldRecord(
            host=state.host,
            holding=Holding(held),
            since=held_since,
            by=held_by or "",
            reason=held_reason or "",
            until=held_until,
        )
    return HostKnown(state=state, hold=hold)


_HELD = ("held", "held_since", "held_until", "held_by", "held_reason")
HOST_KNOWN = RowOf(
    _known, **{name: getattr(HostState, name) for name in (*_HELD, *HostStateRecord.__dataclass_fields__)}
)


def hosts_known(*, host: str | None = None, held: bool = False) -> Select[HostKnown]:
    """Select hosts by name; ``held``: only those that somebody holds back."""
    chosen = select(HOST_KNOWN).order_by(HostState.host)
    if host is not None:
        chosen = chosen.where(HostState.host == host)
    return chosen.where(HostState.held.is_not(None)) if held else chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class HostChangeRow:
    """One hold put on a host, or lifted."""

    at: datetime
    host: str
    action: str  # "paused", "parked", "resumed"
    by: str
    reason: str
    until: datetime | None


HOST_CHANGE_ROW = RowOf(
    HostChangeRow, **{name: getattr(HostChange, name) for name in HostChangeRow.__dataclass_fields__}
)


def host_changes(host: str | None = None) -> Select[HostChangeRow]:
    """Select who held which host back and let it go, the newest first."""
    chosen = select(HOST_CHANGE_ROW).order_by(HostChange.id.desc())
    return chosen if host is None else chosen.where(HostChange.host == host)
