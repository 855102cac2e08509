"""Host load: what each host saw of us, by hour (R-HOSTLOAD, DA-5.3.1-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, cast, func, select

from provenance.models import HostLoad, Site, Visit
from provenance.queries.expressions import total
from provenance.queries.holdings import Holding
from provenance.queries.rows import RowOf


@dataclass(frozen=True, slots=True, kw_only=True)
class HourGroup:
    """All hosts of a site in one hour."""

    hour: datetime
    requests: int
    received: int
    max_in_flight: int
    min_gap: float | None
    median_gap: float | None  # the smallest of the hosts' medians
    too_many: int
    server_errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostGroup:
    """One host in all its hours."""

    host: str
    hours: int
    requests: int
    received: int
    busiest_hour: int
    max_in_flight: int
    min_gap: float | None
    median_gap: float | None  # the smallest of the hours' medians
    too_many: int
    server_errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Why we paused at a host."""

    host: str
    pauses: str  # JSON list, as recorded


def _of(row: RowOf[Any], holding: Holding) -> Select[Any]:
    return (
        select(row)
        .select_from(Site)
        .join(Visit, Visit.site_id == Site.id)
        .join(HostLoad, HostLoad.visit_id == Visit.id)
        .where(holding.condition)
    )


_FIGURES: dict[str, Any] = {
    "requests": total(HostLoad.requests),
    "received": total(HostLoad.received),
    "max_in_flight": func.max(HostLoad.max_in_flight),
    "min_gap": func.min(HostLoad.min_gap),
    "median_gap": func.min(HostLoad.median_gap),
    "too_many": total(HostLoad.too_many),
    "server_errors": total(HostLoad.server_errors),
}
_HOUR = RowOf(HourGroup, hour=HostLoad.hour, **_FIGURES)
_HOST = RowOf(
    HostGroup,
    host=HostLoad.host,
    hours=func.count(),
    busiest_hour=func.max(HostLoad.requests),
    **_FIGURES,
)
_PAUSE = RowOf(Pause, host=HostLoad.host, pauses=cast(HostLoad.pauses, Text))


def load_by_hour(holding: Holding, latest: int) -> Select[HourGroup]:
    """Select the latest hours in which anything was asked of a site, the newest first."""
    return _of(_HOUR, holding).group_by(HostLoad.hour).order_by(HostLoad.hour.desc()).limit(latest)


def load_by_host(holding: Holding) -> Select[HostGroup]:
    """Select the hosts of a site, the busiest first."""
    busiest_first = total(HostLoad.requests).desc()
    return _of(_HOST, holding).group_by(HostLoad.host).order_by(busiest_first, HostLoad.host)


def pauses(holding: Holding, at_most: int) -> Select[Pause]:
    """Select why we paused at the hosts of a site, each different list once."""
    words = cast(HostLoad.pauses, Text)
    return _of(_PAUSE, holding).where(words != "[]").distinct().order_by(HostLoad.host, words).limit(at_most)
