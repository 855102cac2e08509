"""What the site saw of us, as a file that its webmaster can hold against the access log (R-HOSTLOAD, DA-5.3.1-4).

First a line for each host and hour, then a line for each request whose answer is archived.  A request without one
(no answer, a 429 that was asked for again later, a form that nobody wanted) counts in its hour, and has no line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TextIO
from urllib.parse import urlsplit

from provenance.database import Database
from provenance.queries.access_log import LoggedRequest, VisitHour, logged_requests, visit_hours
from provenance.queries.holdings import Holding
from provenance.queries.rows import all_rows, stream
from provenance.rendering import write_csv
from provenance.reports.compiling import require_visited


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLine:
    """A line of the file; what does not apply to its kind is empty."""

    line: str  # "hour" or "request"
    host: str
    at: datetime  # UTC: the beginning of the hour, or when the request left
    requests: int | None = None
    listed: int | None = None  # of these requests, those that have a line of their own
    received_bytes: int | None = None  # bodies as received, and heads
    max_in_flight: int | None = None
    min_gap_seconds: float | None = None  # end of an answer to the next request; 0: one was still arriving
    median_gap_seconds: float | None = None  # the smallest of the visits' medians
    answers_429: int | None = None
    answers_5xx: int | None = None
    pauses: tuple[str, ...] = ()
    url: str | None = None
    path: str | None = None
    status: int | None = None


def write_host_load(database: Database, site: str, out: TextIO, *, run: int | None = None) -> int:
    """Write a site's host load as CSV; return the number of lines below the heading.

    Raises:
        UnknownSiteError: the site was never visited (in this run).
    """
    holding = Holding(site=site, run=run)
    require_visited(database, holding)
    listed = Counter(
        (host_of(request), _hour(request.at)) for request in stream(database, logged_requests(holding))
    )
    return write_csv(_lines(database, holding, listed), LoadLine, out)


def _lines(database: Database, holding: Holding, listed: Counter[tuple[str, datetime]]) -> Iterator[LoadLine]:
    hours = all_rows(database, visit_hours(holding))
    for (host, hour), visits in groupby(hours, key=lambda row: (row.host, row.hour)):
        yield _hour_line(host, hour, list(visits), listed[host, hour])
    for request in stream(database, logged_requests(holding)):
        yield LoadLine(
            line="request",
            host=host_of(request),
            at=request.at,
            url=request.origin + request.path,
            path=request.path,
            status=request.status,
        )


def _hour_line(host: str, hour: datetime, visits: list[VisitHour], listed: int) -> LoadLine:
    return LoadLine(
        line="hour",
        host=host,
        at=hour,
        requests=sum(visit.requests for visit in visits),
        listed=listed,
        received_bytes=sum(visit.received for visit in visits),
        max_in_flight=max(visit.max_in_flight for visit in visits),
        min_gap_seconds=_least(visit.min_gap for visit in visits),
        median_gap_seconds=_least(visit.median_gap for visit in visits),
        answers_429=sum(visit.too_many for visit in visits),
        answers_5xx=sum(visit.server_errors for visit in visits),
        pauses=tuple(dict.fromkeys(why for visit in visits for why in visit.pauses)),
    )


def _least(gaps: Iterable[float | None]) -> float | None:
    return min((round(gap, 3) for gap in gaps if gap is not None), default=None)


def host_of(request: LoggedRequest) -> str:
    """Return the host that a request went to, as host loads name it: without port or brackets."""
    return urlsplit(request.origin).hostname or ""


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
