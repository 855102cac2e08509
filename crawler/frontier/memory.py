"""What hosts taught us, on its way into the database and back; and what other processes and people say of them.

A process may die at any moment, so what changed is handed to the archive's writer every few seconds, and a host whose
last exchange may have been later than its row says gets its whole gap again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from crawler import politeness
from crawler.frontier.breaker import WINDOW, Breaker
from crawler.frontier.host import Day, Hold, HostState
from crawler.frontier.learned import Learned
from provenance import hosts as rows
from provenance.database import Database
from provenance.queries import crawling
from provenance.records import HoldRecord, HostStateRecord

if TYPE_CHECKING:
    from crawler.frontier.services import Services

FIRST_DAY = date(1970, 1, 1).toordinal()
ANSWERED, FAILED = ".", "x"
ERRAND_LEASE = 90.0  # seconds: an exchange's longest time, and half of that again


class HostMemory:
    """The hosts of a process, as the database knows them."""

    def __init__(self, database: Database, services: Services) -> None:
        self._database = database
        self._services = services
        self._reserved: dict[
            str, datetime
        ] = {}  # our own errands: what their rows say until somebody else speaks

    def recall(self, hosts: Iterable[str]) -> None:
        """Take over what is known of hosts.  Reads the database."""
        names = set(hosts)
        known = crawling.host_states(self._database, names)
        holds = self.holds()
        for name in names:
            record = known.get(name)
            state = self._state(record) if record is not None else HostState(name)
            state.hold = holds.get(name)
            self._services.hosts.load(state, self._services.clock())

    def holds(self) -> dict[str, Hold]:
        """Return every hold that stands.  Reads the database."""
        return {host: self._hold(record) for host, record in crawling.holds(self._database).items()}

    def hear_of_erasures(self) -> bool:
        """Take over what is never fetched again; return whether that grew.  Reads the database."""
        return self._services.suppressed.refresh(self._database)

    def hear_of_sources(self) -> bool:
        """Take over how sources stand; return whether anything was said since.  Reads the database."""
        return self._services.sources.refresh(self._database)

    def changed(self) -> tuple[list[HostStateRecord], list[HoldRecord]]:
        """Return what changed since the last call, as it is to be kept."""
        learned, held = [], []
        for state in list(self._services.hosts.all()):
            if state.changed:
                state.changed = False
                learned.append(self._record(state))
            hold = state.hold
            if hold is not None and not hold.is_kept and hold is not state.hold_handed_over:
                state.hold_handed_over = hold
                held.append(self._hold_record(state.host, hold))
        return learned, held

    # ------------------------------------------------------------------ errands to hosts of nobody's visit

    async def reserve(self, host: str) -> float | datetime:
        """Take a foreign host's lane for one request; return until when it is ours, or when it is free (our clock)."""
        services = self._services
        now = services.clock()
        until = services.at(now + ERRAND_LEASE)
        free_at = await asyncio.to_thread(
            rows.reserve, self._database, host, now=services.at(now), until=until
        )
        if free_at is not None:
            return services.moment(free_at)
        self._reserved[host] = until
        return until

    async def give_back(self, host: str, reserved: datetime, gap: float) -> None:
        """End an errand: the next one, whoever runs it, may leave after the gap."""
        services = self._services
        self._reserved[host] = until = services.at(services.clock() + gap)
        await asyncio.to_thread(rows.give_back, self._database, host, reserved=reserved, until=until)

    # ------------------------------------------------------------------ rows and states

    def _state(self, record: HostStateRecord) -> HostState:
        moment = self._moment
        outcomes = (sign == FAILED for sign in record.outcomes or "")
        return HostState(
            host=record.host,
            last_end=moment(record.last_end),
            gap=record.gap,
            not_before=None
            if record.not_before == self._reserved.get(record.host)  # our own lane knows better
            else moment(record.not_before),
            why=record.why,
            incidents=record.incidents,
            incident_at=moment(record.last_end) if record.incidents else None,
            quiet_from=moment(record.quiet_from),
            refusals=record.refusals,
            missing_since=moment(record.missing_since),
            last_answer=record.last_answer,
            learned=Learned(
                response_time=record.response_time or None,
                baseline=record.baseline,
                excess=record.excess,
                streak=record.streak,
            ),
            breaker=Breaker(
                failures=record.failures,
                outcomes=deque(outcomes, maxlen=WINDOW),
                open_until=moment(record.open_until),
                openings=[self._services.moment(at) for at in record.openings],
            ),
            day=Day(
                number=date.fromisoformat(record.day).toordinal() - FIRST_DAY if record.day else 0,
                requests=record.day_requests,
                received=record.day_received,
            ),
        )

    def _record(self, state: HostState) -> HostStateRecord:
        at, breaker, learned = self._at, state.breaker, state.learned
        signs = "".join(FAILED if failed else ANSWERED for failed in breaker.outcomes)
        return HostStateRecord(
            host=state.host,
            last_end=at(state.last_end),
            gap=state.gap,
            response_time=learned.response_time or 0.0,
            not_before=at(state.not_before),
            failures=breaker.failures,
            baseline=learned.baseline,
            excess=learned.excess,
            streak=learned.streak,
            incidents=state.incidents,
            quiet_from=at(state.quiet_from),
            outcomes=signs or None,
            open_until=at(breaker.open_until),
            openings=tuple(self._services.at(moment) for moment in breaker.openings),
            refusals=state.refusals,
            missing_since=at(state.missing_since),
            day=date.fromordinal(FIRST_DAY + state.day.number).isoformat() if state.day.number else None,
            day_requests=state.day.requests,
            day_received=state.day.received,
            last_answer=state.last_answer,
            why=state.why,
        )

    def _hold(self, record: HoldRecord) -> Hold:
        return Hold(
            holding=record.holding,
            since=self._services.moment(record.since),
            by=record.by,
            reason=record.reason,
            until=politeness.NEVER if record.until is None else self._services.moment(record.until),
            is_kept=True,
        )

    def _hold_record(self, host: str, hold: Hold) -> HoldRecord:
        return HoldRecord(
            host=host,
            holding=hold.holding,
            since=self._services.at(hold.since),
            by=hold.by,
            reason=hold.reason,
            until=None if hold.until >= politeness.NEVER else self._services.at(hold.until),
        )

    def _at(self, moment: float | None) -> datetime | None:
        return None if moment is None else self._services.at(moment)

    def _moment(self, at: datetime | None) -> float | None:
        return None if at is None else self._services.moment(at)
