"""The gap that a host taught us: longer as soon as it answers more slowly, shorter again only bit by bit."""

from __future__ import annotations

from dataclasses import dataclass

from crawler import politeness


@dataclass(slots=True)
class Learned:
    """How fast a host answers, and what that adds to its gap."""

    response_time: float | None = None  # seconds, smoothed
    baseline: float | None = None  # seconds; what is usual for it
    excess: float = 0.0  # seconds on top of the floor
    streak: int = 0  # good answers in a row since the excess last changed
    latest: float = 0.0  # seconds
    since_doubled: int = politeness.STEP_AFTER  # answers

    @property
    def slowness(self) -> float | None:
        """The response time that the gap is measured by: the latest where it is worse than the smoothed one."""
        return None if self.response_time is None else max(self.response_time, self.latest)

    def answered(self, seconds: float, *, good: bool, gap: float, floor: float) -> None:
        """Learn from one answer.

        Args:
            seconds: what it took.
            good: it was no refusal to serve (429, 5xx) and no timeout.
            gap: seconds, as the host has it now.
            floor: the least it ever gets, seconds.
        """
        self.latest = seconds
        self.response_time = politeness.smooth(self.response_time, seconds)
        baseline = seconds if self.baseline is None else self.baseline
        slow = politeness.is_slow(self.response_time, baseline)
        self.baseline = baseline + politeness.BASELINE_WEIGHT * (seconds - baseline)
        self.streak = self.streak + 1 if good and not slow else 0
        self.since_doubled += 1
        if slow and floor > 0 and self.since_doubled >= politeness.STEP_AFTER:
            self.excess = max(min(2.0 * gap, politeness.ADAPTIVE_CAP) - floor, self.excess)
            self.since_doubled = 0
        elif self.streak >= politeness.STEP_AFTER:
            halved = self.excess / 2.0
            self.excess, self.streak = (halved if halved >= politeness.NEGLIGIBLE else 0.0), 0
