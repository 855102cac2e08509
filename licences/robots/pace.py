"""The pace a robots.txt asks for: Crawl-delay, Request-rate, Visit-time; and its sitemaps.  Protego reads them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from urllib.parse import urlsplit

from protego import Protego

from licences.robots.text import Line, printable

PARK_ABOVE = 3600.0  # seconds: a host that wants more between two requests is not crawled at all
_FIELDS = frozenset({"crawl-delay", "request-rate", "visit-time"})
_LINES = 64  # different lines read; the rest of a hostile file is not
_SITEMAPS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time of day in UTC; it wraps midnight when it ends before it begins."""

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Tell whether a moment (UTC) lies inside.

        >>> night = Window(start=time(23), end=time(4))
        >>> night.holds(time(1)), night.holds(time(12))
        (True, False)
        """
        if self.start <= self.end:
            return self.start <= moment <= self.end
        return moment >= self.start or moment <= self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsPace:
    """What the selected groups ask for; None where they do not, or not in a way that can be read."""

    crawl_delay: float | None = None  # seconds, as written
    request_rate_gap: float | None = None  # seconds between requests
    request_rate_window: Window | None = None  # when that rate holds; None: always
    visit_time: tuple[Window, ...] = ()  # crawl only inside one of these; empty: any time
    ignored: tuple[str, ...] = ()  # lines that could not be read: for the log

    @property
    def gap(self) -> float:
        """The longest gap asked for at any time, seconds; 0 when none."""
        return max(self.crawl_delay or 0.0, self.request_rate_gap or 0.0)

    @property
    def parked(self) -> bool:
        """Whether the gap is so long that the host is not to be crawled."""
        return self.gap > PARK_ABOVE

    def is_open(self, moment: time) -> bool:
        """Tell whether the host wants visits at a time of day (UTC)."""
        return not self.visit_time or any(window.holds(moment) for window in self.visit_time)


def read_pace(lines: Iterable[Line]) -> RobotsPace:
    """Read the pace lines of the groups that bind us; where several speak, the slowest counts."""
    asked = {line.text: line for line in lines if line.field in _FIELDS}
    delays: list[float] = []
    rates: list[tuple[float, Window | None]] = []
    visits: list[Window] = []
    ignored: list[str] = []
    for line in list(asked.values())[:_LINES]:
        one = Protego.parse(f"User-agent: *\n{line.field}: {line.value}")
        delay, rate, visit = one.crawl_delay("*"), one.request_rate("*"), one.visit_time("*")
        if delay is not None and math.isfinite(delay) and delay >= 0:
            delays.append(float(delay))
        elif rate is not None and rate.requests > 0 and rate.seconds > 0:
            window = (
                Window(start=rate.start_time, end=rate.end_time)
                if rate.start_time and rate.end_time
                else None
            )
            rates.append((rate.seconds / rate.requests, window))
        elif visit is not None:
            visits.append(Window(start=visit.start_time, end=visit.end_time))
        else:
            ignored.append(printable(line.text))
    slowest = max(rates, key=lambda rate: rate[0], default=(None, None))
    return RobotsPace(
        crawl_delay=max(delays, default=None),
        request_rate_gap=slowest[0],
        request_rate_window=slowest[1],
        visit_time=tuple(visits),
        ignored=tuple(ignored),
    )


def read_sitemaps(lines: Iterable[Line]) -> tuple[str, ...]:
    """Return the Sitemap URLs that can be fetched at all."""
    named = dict.fromkeys(line.value for line in lines if line.field == "sitemap")
    listed = Protego.parse("\n".join(f"Sitemap: {url}" for url in list(named)[:_SITEMAPS])).sitemaps
    return tuple(url for url in listed if _fetchable(url))


def _fetchable(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and url.isprintable()
