"""How fast we may ask: pure arithmetic over seconds, no clock of its own.

The limits are those of a named policy, stricter than any crawl framework's defaults: a gap counts from the *end* of
the previous answer, jitter only ever lengthens it, and what the host itself asks for is a floor
(DA-5.3.1-4, C-RATE).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

JITTER = 0.25  # one-sided: gap x (1 + U(0, 0.25))
SMOOTHING = 0.3  # weight of the newest response time
FOREVER = float("inf")  # until something happens that we are told of
NEVER = 1e300  # until a person says so; a crawl does not wait for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many requests may be in flight to one key, and the gap after each, in seconds."""

    max_in_flight: int
    gap: float


HOST = Limits(max_in_flight=1, gap=5.0)
DOMAIN = Limits(max_in_flight=2, gap=1.0)
ADDRESS = Limits(max_in_flight=4, gap=0.5)

RESPONSE_TIME_FACTOR = 5.0  # gap >= factor x smoothed response time …
ADAPTIVE_CAP = 60.0  # … as far as this many seconds
SLOW_FACTOR = 3.0  # a response time above this many times its baseline …
SLOW = 5.0  # … or above this many seconds doubles the gap …
NOTICEABLE = 0.2  # … but a change below this many seconds says more of the network than of the host
BASELINE_WEIGHT = 0.02  # of the newest response time in what is usual for a host
STEP_AFTER = 10  # answers between two changes of a learned gap, up or down
NEGLIGIBLE = 0.05  # seconds of excess that are dropped
OUTSIDE_VISIT_TIME = 300.0  # a host outside its Visit-time window is looked at again this often
BACK_OFF_START = 60.0  # seconds without Retry-After, doubled per incident …
BACK_OFF_CAP = 86_400.0  # … to a day
NO_ROUTE_START = 3_600.0  # the first back-off where nobody listens, or no way leads there
QUIET = 1_800.0  # seconds without an incident, after which the earlier ones are forgotten
BREAKER_START = 900.0
BREAKER_CAP = 86_400.0
ROBOTS_RETRY_START = 300.0  # an unreachable robots.txt is asked for again after 5 minutes …
ROBOTS_RETRY_CAP = 21_600.0  # … doubled to 6 hours


def smooth(previous: float | None, seconds: float) -> float:
    """Return the smoothed response time after one more answer."""
    return seconds if previous is None else previous + SMOOTHING * (seconds - previous)


def host_gap(floor: float, response_time: float | None, asked: float, excess: float = 0.0) -> float:
    """Return the gap a host gets, before jitter.

    Args:
        floor: our own, or what its owner granted.
        response_time: the longer of smoothed and latest, seconds; a slow host gets a longer gap.
        asked: Crawl-delay or Request-rate, seconds: a floor, never a ceiling.
        excess: seconds that the host taught us to add to the floor.

    >>> host_gap(5.0, 0.1, 0.0), host_gap(5.0, 2.0, 0.0), host_gap(5.0, 0.1, 120.0), host_gap(0.0, 2.0, 0.0)
    (5.0, 10.0, 120.0, 0.0)
    >>> host_gap(5.0, 0.1, 0.0, 7.5), host_gap(5.0, 0.1, 0.0, 600.0)
    (12.5, 60.0)
    """
    if floor <= 0:
        return max(floor, asked)
    adaptive = max(RESPONSE_TIME_FACTOR * (response_time or 0.0), floor + excess)
    return max(floor, min(adaptive, ADAPTIVE_CAP), asked)


def is_slow(response_time: float, baseline: float) -> bool:
    """Return whether a smoothed response time says that a host has more to do than it likes.

    >>> is_slow(0.4, 0.1), is_slow(0.03, 0.001), is_slow(6.0, 5.9), is_slow(0.2, 0.1)
    (True, False, True, False)
    """
    return response_time > SLOW or response_time > max(SLOW_FACTOR * baseline, NOTICEABLE)


def jittered(gap: float, draw: Callable[[], float] = random.random) -> float:
    """Return the gap with one-sided jitter: never shorter than asked."""
    return gap * (1 + JITTER * draw())


def back_off(
    incidents: int,
    retry_after: float | None,
    draw: Callable[[], float] = random.random,
    *,
    start: float = BACK_OFF_START,
) -> float:
    """Return how long a host is left alone after its ``incidents``-th (from 1) 429, 503 or failure in a row.

    ``Retry-After`` is a floor, plus up to a tenth; without it ``start`` seconds, doubled per incident, a day at most.
    """
    if retry_after is not None and retry_after > 0:
        return retry_after * (1 + 0.1 * draw())
    return _doubled(start, incidents, BACK_OFF_CAP)


def robots_retry(attempts: int, retry_after: float | None) -> float:
    """Return the seconds until an unreachable robots.txt is asked for again, after ``attempts`` (from 1) tries."""
    if retry_after is not None and retry_after > 0:
        return retry_after
    return _doubled(ROBOTS_RETRY_START, attempts, ROBOTS_RETRY_CAP)


def breaker_open(openings: int) -> float:
    """Return how long a breaker stays open at its ``openings``-th (from 1) opening in seven days: 15 min, doubled."""
    return _doubled(BREAKER_START, openings, BREAKER_CAP)


def _doubled(start: float, times: int, cap: float) -> float:
    """Return ``start`` the first time, doubled each further time, ``cap`` at most; a host may be down for years."""
    return min(start * 2.0 ** min(times - 1, 64), cap)
