"""What a host saw of us, hour by hour: the record its own webmaster could check (R-HOSTLOAD)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from provenance.records import HostLoadRecord

GAP_SAMPLES = 1_024  # enough for a median; the smallest gap is kept exactly
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500


@dataclass(slots=True)
class _Hour:
    requests: int = 0
    received: int = 0
    max_in_flight: int = 0
    min_gap: float | None = None
    gaps: list[float] = field(default_factory=list)
    too_many: int = 0
    server_errors: int = 0
    pauses: list[str] = field(default_factory=list)
    changed: bool = True


class HostLoads:
    """The hours of one visit."""

    def __init__(self) -> None:
        self._hours: dict[tuple[str, datetime], _Hour] = {}
        self._in_flight: dict[str, int] = {}
        self._last_end: dict[str, float] = {}

    def _hour(self, host: str, at: datetime) -> _Hour:
        key = (host, at.replace(minute=0, second=0, microsecond=0))
        hour = self._hours.setdefault(key, _Hour())
        hour.changed = True
        return hour

    def started(self, host: str, at: datetime, moment: float) -> None:
        """Count a request that leaves; the gap runs from the end of the last answer, 0 where one still arrives."""
        hour = self._hour(host, at)
        hour.requests += 1
        flying = self._in_flight[host] = self._in_flight.get(host, 0) + 1
        hour.max_in_flight = max(hour.max_in_flight, flying)
        last = self._last_end.get(host)
        if last is not None or flying > 1:
            gap = 0.0 if flying > 1 or last is None else moment - last
            hour.min_gap = gap if hour.min_gap is None else min(hour.min_gap, gap)
            if len(hour.gaps) < GAP_SAMPLES:
                hour.gaps.append(gap)

    def ended(self, host: str, at: datetime, moment: float, status: int | None, received: int) -> None:
        """Count the end of an answer."""
        hour = self._hour(host, at)
        self._in_flight[host] -= 1
        self._last_end[host] = moment
        hour.received += received
        if status == TOO_MANY_REQUESTS:
            hour.too_many += 1
        elif status is not None and status >= SERVER_ERROR:
            hour.server_errors += 1

    def paused(self, host: str, at: datetime, why: str) -> None:
        """Note why the host is left alone for a while."""
        pauses = self._hour(host, at).pauses
        if why not in pauses:
            pauses.append(why)

    def records(self, visit_id: int) -> list[HostLoadRecord]:
        """Return the hours that changed since the last call, as totals."""
        changed = [(key, hour) for key, hour in self._hours.items() if hour.changed]
        for _, hour in changed:
            hour.changed = False
        return [
            HostLoadRecord(
                visit_id=visit_id,
                host=host,
                hour=start,
                requests=hour.requests,
                received=hour.received,
                max_in_flight=hour.max_in_flight,
                min_gap=hour.min_gap,
                median_gap=median(hour.gaps) if hour.gaps else None,
                too_many=hour.too_many,
                server_errors=hour.server_errors,
                pauses=tuple(hour.pauses),
            )
            for (host, start), hour in changed
        ]
