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
FOREVER = float("inf")


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
OUTSIDE_VISIT_TIME = 300.0  # a host outside its Visit-time window is looked at again this often
BACK_OFF_START = 60.0  # seconds without Retry-After, doubled per incident …
BACK_OFF_CAP = 86_400.0  # … to a day
ROBOTS_RETRY_START = 300.0  # an unreachable robots.txt is asked for again after 5 minutes …
ROBOTS_RETRY_CAP = 21_600.0  # … doubled to 6 hours


def smooth(previous: float | None, seconds: float) -> float:
    """Return the smoothed response time after one more answer."""
    return seconds if previous is None else previous + SMOOTHING * (seconds - previous)


def host_gap(floor: float, response_time: float | None, asked: float) -> float:
    """Return the gap a host gets, before jitter.

    Args:
        floor: our own, or what its owner granted.
        response_time: smoothed, seconds; a slow host gets a longer gap.
        asked: Crawl-delay or Request-rate, seconds: a floor, never a ceiling.

    >>> host_gap(5.0, 0.1, 0.0), host_gap(5.0, 2.0, 0.0), host_gap(5.0, 0.1, 120.0), host_gap(0.0, 2.0, 0.0)
    (5.0, 10.0, 120.0, 0.0)
    """
    adaptive = min(RESPONSE_TIME_FACTOR * (response_time or 0.0), ADAPTIVE_CAP) if floor > 0 else 0.0
    return max(floor, adaptive, asked)


def jittered(gap: float, draw: Callable[[], float] = random.random) -> float:
    """Return the gap with one-sided jitter: never shorter than asked."""
    return gap * (1 + JITTER * draw())


def back_off(incidents: int, retry_after: float | None, draw: Callable[[], float] = random.random) -> float:
    """Return how long a host is left alone after its ``incidents``-th (from 1) 429, 503 or failure in a row.

    ``Retry-After`` is a floor, plus up to a tenth; without it 60 s, doubled per incident, a day at most.
    """
    if retry_after is not None and retry_after > 0:
        return retry_after * (1 + 0.1 * draw())
    return _doubled(BACK_OFF_START, incidents, BACK_OFF_CAP)


def robots_retry(attempts: int, retry_after: float | None) -> float:
    """Return the seconds until an unreachable robots.txt is asked for again, after ``attempts`` (from 1) tries."""
    if retry_after is not None and retry_after > 0:
        return retry_after
    return _doubled(ROBOTS_RETRY_START, attempts, ROBOTS_RETRY_CAP)


def _doubled(start: float, times: int, cap: float) -> float:
    """Return ``start`` the first time, doubled each further time, ``cap`` at most; a host may be down for years."""
    return min(start * 2.0 ** min(times - 1, 64), cap)
