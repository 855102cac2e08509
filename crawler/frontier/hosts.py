"""What hosts taught us: learned response time, back-off, last answer; outlives visits and runs, in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler import politeness
from crawler.frontier.lanes import Lanes
from provenance.records import HostStateRecord


@dataclass(slots=True)
class HostState:
    """One host, on the services' clock."""

    host: str
    last_end: float | None = None
    response_time: float | None = None  # seconds, smoothed
    gap: float = 0.0  # seconds, as last used
    failures: int = 0  # incidents in a row


class Hosts:
    """The hosts this process deals with."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._states: dict[str, HostState] = {}

    def state(self, host: str) -> HostState:
        """Return the state of a host, fresh at first."""
        return self._states.setdefault(host, HostState(host))

    def answered(self, host: str, now: float, seconds: float, *, well: bool) -> None:
        """Learn from an answer that took ``seconds``."""
        state = self.state(host)
        state.last_end = now
        state.response_time = politeness.smooth(state.response_time, seconds)
        if well:
            state.failures = 0

    def back_off(self, host: str, now: float, retry_after: float | None) -> float:
        """Leave the whole host alone for a while; return until when."""
        state = self.state(host)
        state.failures += 1
        lane = self._lanes.lane(f"host:{host}")
        lane.not_before = max(lane.not_before, now + politeness.back_off(state.failures, retry_after))
        return lane.not_before

    def load(self, records: Iterable[HostStateRecord], moment: Callable[[datetime], float]) -> None:
        """Take over what earlier runs learned."""
        for record in records:
            state = self.state(record.host)
            lane = self._lanes.lane(f"host:{record.host}")
            state.response_time = record.response_time or None
            state.failures, state.gap = record.failures, record.gap
            if record.last_end is not None:
                state.last_end = moment(record.last_end)
                lane.last_end = max(lane.last_end, state.last_end)
            if record.not_before is not None:
                lane.not_before = max(lane.not_before, moment(record.not_before))

    def records(self, at: Callable[[float], datetime]) -> list[HostStateRecord]:
        """Return what to keep."""
        kept = []
        for state in self._states.values():
            not_before = self._lanes.lane(f"host:{state.host}").not_before
            kept.append(
                HostStateRecord(
                    host=state.host,
                    last_end=at(state.last_end) if state.last_end is not None else None,
                    gap=state.gap,
                    response_time=state.response_time or 0.0,
                    not_before=at(not_before) if not_before > 0 else None,
                    failures=state.failures,
                )
            )
        return kept
