"""Lanes: one key's worth of politeness (a host, a registrable domain, an address), shared by all visits of a process.

A request needs every lane it travels on to be free at once, and holds them from its start to the end of its answer.
Times are seconds on the services' clock.  Who waits for a full lane is told when it frees up; nobody polls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from crawler.politeness import FOREVER, Limits, jittered


@dataclass(slots=True, eq=False)
class Lane:
    """The state of one key."""

    key: str
    in_flight: int = 0
    last_end: float = -FOREVER
    last_start: float = -FOREVER
    stretch: float = 1.0  # this gap's jitter, >= 1
    not_before: float = -FOREVER  # back-off: nothing leaves before
    waiting: set[Callable[[], None]] = field(default_factory=set)

    def ready_at(self, limits: Limits) -> float:
        """Return when a request under these limits may leave: FOREVER while the lane is full."""
        if self.in_flight >= limits.max_in_flight:
            return FOREVER
        latest = max(
            self.last_end, self.last_start
        )  # where several may be in flight, they do not start at once
        return max(self.not_before, latest + limits.gap * self.stretch)


@dataclass(frozen=True, slots=True)
class Passage:
    """One lane, and the limits under which one claimant may use it."""

    lane: Lane
    limits: Limits


class Claim:
    """Holds the lanes of one request, from its start to the end of its answer.

    It is also the request's ticket: the download handler starts it, once, and nothing without one leaves.
    """

    __slots__ = ("_ended", "_lanes", "_on_end", "_started", "started_at", "url")

    def __init__(self, url: str, lanes: tuple[Lane, ...], on_end: Callable[[Claim, float], None]) -> None:
        self.url = url
        self.started_at = 0.0
        self._lanes = lanes
        self._on_end = on_end
        self._started = False
        self._ended = False

    def start(self, now: float) -> bool:
        """Use the ticket; False when it was used before."""
        if self._started or self._ended:
            return False
        self._started = True
        self.started_at = now
        return True

    def end(self, now: float) -> None:
        """Free the lanes: the gap counts from here.  A second call does nothing."""
        if self._ended:
            return
        self._ended = True
        for lane in self._lanes:
            lane.in_flight -= 1
            if self._started:
                lane.last_end = now
                lane.stretch = jittered(1.0)
        self._on_end(self, now)
        for lane in self._lanes:
            for tell in tuple(lane.waiting):
                tell()


class Lanes:
    """All lanes of a process."""

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}

    def lane(self, key: str) -> Lane:
        """Return the lane of a key such as ``host:example.org``."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key)
        return lane

    @staticmethod
    def ready_at(passages: Iterable[Passage]) -> float:
        """Return when all lanes are free: FOREVER while one is full."""
        return max(passage.lane.ready_at(passage.limits) for passage in passages)

    @staticmethod
    def claim(
        url: str,
        passages: Iterable[Passage],
        on_end: Callable[[Claim, float], None],
        now: float = -FOREVER,
    ) -> Claim:
        """Take a place on every lane at a moment; the caller saw that `ready_at` has come."""
        lanes = tuple(passage.lane for passage in passages)
        for lane in lanes:
            lane.in_flight += 1
            lane.last_start = max(lane.last_start, now)
        return Claim(url, lanes, on_end)


class Turnstile:
    """Where one visit waits for lanes that are full: it is told when one frees up."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._waiting_on: set[Lane] = set()

    def ready_at(self, passages: tuple[Passage, ...]) -> float:
        """Return when all lanes are free: FOREVER while one is full, and then we shall be told."""
        ready = Lanes.ready_at(passages)
        for passage in passages:
            if ready == FOREVER and passage.lane.in_flight >= passage.limits.max_in_flight:
                passage.lane.waiting.add(self._tell)
                self._waiting_on.add(passage.lane)
            elif passage.lane in self._waiting_on:
                passage.lane.waiting.discard(self._tell)
                self._waiting_on.discard(passage.lane)
        return ready

    def leave(self) -> None:
        """Wait for nothing any more."""
        for lane in self._waiting_on:
            lane.waiting.discard(self._tell)
        self._waiting_on.clear()
