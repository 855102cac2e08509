"""What a host saw of us, request by request and hour by hour: what its own access log should say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from provenance.models import Capture, HostLoad, Origin, Site, Visit
from provenance.queries.expressions import capture_is_of_visit
from provenance.queries.holdings import Holding
from provenance.queries.rows import RowOf


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitHour:
    """One host in one hour of one visit."""

    host: str
    hour: datetime
    requests: int
    received: int
    max_in_flight: int
    min_gap: float | None
    median_gap: float | None
    too_many: int
    server_errors: int
    pauses: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request whose answer is archived."""

    at: datetime  # when it left
    origin: str
    path: str  # with query, as it was asked for
    status: int


_HOUR = RowOf(
    VisitHour,
    host=HostLoad.host,
    hour=HostLoad.hour,
    requests=HostLoad.requests,
    received=HostLoad.received,
    max_in_flight=HostLoad.max_in_flight,
    min_gap=HostLoad.min_gap,
    median_gap=HostLoad.median_gap,
    too_many=HostLoad.too_many,
    server_errors=HostLoad.server_errors,
    pauses=HostLoad.pauses,
)
_REQUEST = RowOf(
    LoggedRequest, at=Capture.fetched_at, origin=Origin.url, path=Capture.path, status=Capture.status
)


def visit_hours(holding: Holding) -> Select[VisitHour]:
    """Select the hours of a site's hosts, by host and hour; several visits in one hour are several rows."""
    chosen: Select[Any] = select(_HOUR).select_from(Site).join(Visit, Visit.site_id == Site.id)
    chosen = chosen.join(HostLoad, HostLoad.visit_id == Visit.id).where(holding.condition)
    return chosen.order_by(HostLoad.host, HostLoad.hour, HostLoad.visit_id)


def logged_requests(holding: Holding) -> Select[LoggedRequest]:
    """Select the archived requests of a site, in the order in which they left."""
    chosen: Select[Any] = select(_REQUEST).select_from(Site).join(Visit, Visit.site_id == Site.id)
    chosen = chosen.join(Capture, capture_is_of_visit).join(Origin, Origin.id == Capture.origin_id)
    return chosen.where(holding.condition).order_by(Capture.fetched_at, Capture.id)
