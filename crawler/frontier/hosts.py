"""The hosts that this process deals with: which of them takes a request now, and why not; who holds them back.

Outlives visits here, and runs in the database (`crawler.frontier.memory`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crawler.frontier.breaker import BreakerState
from crawler.frontier.host import Hold, HostState
from crawler.frontier.lanes import Lanes
from crawler.frontier.outcome import Outcome
from provenance.records import Holding

DAY = 86_400.0  # seconds
UNKEPT = 5.0  # seconds that a dead process may have gone on after what it kept last
ALARM_WINDOW = 600.0  # seconds
ALARM_HOSTS = 5  # with fewer hosts a few failures say nothing about us
ALARM_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one host may see of us in one UTC day."""

    requests: int = 5_000
    received: int = 1 << 30  # bytes


DEFAULT_BUDGET = Budget()


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Why a host takes no request now."""

    until: float  # on the services' clock; politeness.NEVER: until a person says so
    words: str


class Hosts:
    """The hosts of a process.

    Args:
        lanes: where back-off takes effect.
        day: the number of the UTC day (since 1970) of a moment, and the moment at which it ends.
    """

    def __init__(self, lanes: Lanes, day: Callable[[float], tuple[int, float]]) -> None:
        self._lanes = lanes
        self._day = day
        self._states: dict[str, HostState] = {}
        self.alarm: str | None = None  # in words: most likely something is wrong on our side
        self.on_alarm: Callable[[], object] = lambda: None

    def state(self, host: str) -> HostState:
        """Return the state of a host, fresh at first."""
        state = self._states.get(host)
        if state is None:
            state = self._states[host] = HostState(host)
        return state

    def all(self) -> list[HostState]:
        """Return every host that was dealt with."""
        return list(self._states.values())

    def sent(self, host: str, now: float) -> None:
        """Count a request that leaves now."""
        state = self.state(host)
        state.day.of(self._day(now)[0]).requests += 1
        state.changed = True

    def took(self, host: str, now: float, outcome: Outcome) -> str | None:
        """Learn from the end of an exchange; return why the host is left alone for a while, if it now is."""
        state = self.state(host)
        state.day.of(self._day(now)[0]).received += outcome.received
        pause = state.took(now, outcome)
        self._stop_lane(state)
        if outcome.failed:
            self._look_around(now)
        return pause

    def park(self, host: str, now: float, reason: str) -> str:
        """Take a host out of every crawl until a person decides; return the words."""
        return self.state(host).park(now, reason)

    def _stop_lane(self, state: HostState) -> None:
        if state.not_before is not None:
            lane = self._lanes.lane(f"host:{state.host}")
            lane.not_before = max(lane.not_before, state.not_before)

    # ------------------------------------------------------------------ may a request leave

    def closure(self, host: str, now: float, budget: Budget = DEFAULT_BUDGET) -> Closure | None:
        """Return why a host takes no request now, and until when; None: it does, as far as its lane is free.

        A breaker that is half-open closes nothing here: the caller lets one robots.txt leave (`is_half_open`).
        """
        state = self.state(host)
        hold = state.hold
        if hold is not None and now < hold.until:
            return Closure(until=hold.until, words=f"{host} is {hold.holding} by {hold.by}: {hold.reason}")
        open_until = state.breaker.open_until
        if open_until is not None and now < open_until:
            return Closure(until=open_until, words=f"{host} kept failing: {state.why or state.last_answer}")
        day = state.day
        if day.requests >= budget.requests or day.received >= budget.received:
            number, ends = self._day(now)
            if number == day.number:
                used = f"{day.requests} requests, {day.received} bytes"
                return Closure(until=ends, words=f"{host}: today's budget is used up ({used})")
        return None

    def is_half_open(self, host: str, now: float) -> bool:
        """Whether only a robots.txt may leave, to see if the host is well again."""
        breaker = self.state(host).breaker
        return breaker.open_until is not None and breaker.state(now) is BreakerState.HALF_OPEN

    def back_off(self, host: str, now: float) -> Closure | None:
        """Return what a host's back-off is for and until when; None: there is none."""
        state = self.state(host)
        if state.not_before is None or state.not_before <= now:
            return None
        return Closure(until=state.not_before, words=f"{host}: {state.why}")

    def is_held(self, host: str) -> bool:
        """Whether a host is paused or parked."""
        return self.state(host).hold is not None

    def is_paused(self, host: str) -> bool:
        """Whether a person holds a host back for a while: worth waiting for, unlike a parked one."""
        hold = self.state(host).hold
        return hold is not None and hold.holding is Holding.PAUSED

    # ------------------------------------------------------------------ what others say

    def held(self, holds: Mapping[str, Hold]) -> list[str]:
        """Take all holds as the database has them now; return the hosts that are newly held or let go."""
        moved = []
        for host, hold in holds.items():
            state = self.state(host)
            if state.hold is None or state.hold.since != hold.since:
                moved.append(host)
            state.hold = hold
        for state in self.all():
            if state.hold is not None and state.hold.is_kept and state.host not in holds:
                state.resume()
                moved.append(state.host)
        return moved

    def _look_around(self, now: float) -> None:
        """Raise the alarm when so many hosts fail at once that the fault is probably ours (D9)."""
        active = [
            state
            for state in self.all()
            if state.last_seen is not None and now - state.last_seen <= ALARM_WINDOW
        ]
        failing = [state for state in active if state.failing]
        if self.alarm is None and len(active) >= ALARM_HOSTS and len(failing) > ALARM_SHARE * len(active):
            example = failing[-1]
            self.alarm = (
                f"{len(failing)} of {len(active)} hosts failed within {ALARM_WINDOW / 60:.0f} minutes "
                f"({example.host}: {example.last_answer}): the fault is probably on our side, look at the network"
            )
            self.on_alarm()

    def load(self, state: HostState, now: float) -> None:
        """Take over what the database knows of a host, unless we know something newer.

        Its row may be some seconds older than its last exchange: where that could shorten a gap, the gap begins anew.
        """
        known = self._states.get(state.host)
        if known is not None and known.last_end is not None:
            if state.last_end is None or state.last_end <= known.last_end:
                known.recalled = True
                return
            state.last_seen = known.last_seen
        lane = self._lanes.lane(f"host:{state.host}")
        self._states[state.host] = state
        state.recalled = True
        if state.last_end is not None:
            unsure = now - state.last_end < state.gap + UNKEPT
            lane.last_end = max(lane.last_end, now if unsure else state.last_end)
        self._stop_lane(state)


def whole_day(moment: float) -> tuple[int, float]:
    """Return the number of the UTC day of a Unix time, and when it ends.

    >>> whole_day(86_400.0 * 3 + 1)
    (3, 345600.0)
    """
    number = int(moment // DAY)
    return number, (number + 1) * DAY
