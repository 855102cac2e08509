"""The breaker of one host: after too many failures nothing is asked of it, then one robots.txt, then the rest."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from crawler import politeness

FAILURES_IN_A_ROW = 5
WINDOW = 20  # outcomes looked at …
FAILED_OF_WINDOW = 10  # … and how many of them may not fail
OPENINGS_KEPT = 7 * 86_400.0  # seconds
OPENINGS_TO_PARK = 5


class BreakerState(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"  # nothing leaves
    HALF_OPEN = "half-open"  # one robots.txt may leave; its answer closes or reopens


@dataclass(slots=True)
class Breaker:
    """Times are seconds on the services' clock."""

    failures: int = 0  # in a row
    outcomes: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))  # True: failed
    open_until: float | None = None
    openings: list[float] = field(default_factory=list)

    def state(self, now: float) -> BreakerState:
        """Return where the breaker stands."""
        if self.open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.open_until else BreakerState.HALF_OPEN

    def took(self, now: float, *, failed: bool, probe: bool) -> bool:
        """Take an outcome; return whether it opened the breaker.

        While it is not closed only a robots.txt counts: what was still on its way then says nothing new.
        """
        state = self.state(now)
        if state is BreakerState.OPEN or (state is BreakerState.HALF_OPEN and not probe):
            return False
        self.failures = self.failures + 1 if failed else 0
        if state is BreakerState.HALF_OPEN and not failed:
            self.open_until = None
            self.outcomes.clear()
        self.outcomes.append(failed)
        too_many = len(self.outcomes) == WINDOW and sum(self.outcomes) >= FAILED_OF_WINDOW
        if not failed or not (
            state is BreakerState.HALF_OPEN or self.failures >= FAILURES_IN_A_ROW or too_many
        ):
            return False
        self.openings = [at for at in self.openings if now - at < OPENINGS_KEPT] + [now]
        self.open_until = now + politeness.breaker_open(len(self.openings))
        return True

    @property
    def opened_too_often(self) -> bool:
        """Whether a person has to decide."""
        return len(self.openings) >= OPENINGS_TO_PARK

    def reset(self) -> None:
        """Begin afresh: a person said so."""
        self.failures, self.open_until, self.openings = 0, None, []
        self.outcomes.clear()
