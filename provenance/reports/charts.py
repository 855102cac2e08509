"""The geometry of the dossier's charts: numbers in, shares and heights out; the template draws them.

All figures are percent of the drawing, so that one drawing fits a phone, a screen and a sheet of paper.
Text is never part of a drawing: it would shrink with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provenance.reports.dossier import HourLoad

FULL = 100.0
VISIBLE = 0.6  # percent: what is there can be seen, however small its share
SHORTEST_SPAN = 2.0  # percent
SHORTEST_HISTORY = timedelta(days=1)
COLUMN_SHARE = 0.8  # of an hour's room; the rest is the space between
WIDEST_COLUMN = 12.0  # percent: three hours are three columns, not three walls


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One part of a stacked bar."""

    key: str
    value: int
    start: float
    width: float
    share: float  # percent of the whole, unrounded: what the legend states


def stacked(parts: Sequence[tuple[str, int]]) -> tuple[Slice, ...]:
    """Lay the parts of a whole end to end; parts of nothing are left out.

    >>> [(s.key, s.start, s.width) for s in stacked([("a", 3), ("b", 0), ("c", 1)])]
    [('a', 0.0, 75.0), ('c', 75.0, 25.0)]
    """
    whole = sum(value for _, value in parts)
    drawn = [(key, value, max(FULL * value / whole, VISIBLE)) for key, value in parts if value]
    stretch = FULL / sum(width for *_, width in drawn) if drawn else 1.0
    slices, start = [], 0.0
    for key, value, width in drawn:
        wide = width * stretch
        slices.append(Slice(key=key, value=value, start=start, width=wide, share=FULL * value / whole))
        start += wide
    return tuple(slices)


def bar(value: float, largest: float) -> float:
    """Return the length of a bar against the largest one.

    >>> bar(1, 4), bar(0, 4), bar(1, 1_000_000)
    (25.0, 0.0, 0.6)
    """
    return max(FULL * value / largest, VISIBLE) if value and largest else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time on an axis."""

    start: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The time that several spans are drawn against."""

    begin: datetime
    end: datetime

    @property
    def is_worth_drawing(self) -> bool:
        """Whether there is anything to compare: within one visit, everything was seen at once."""
        return self.end - self.begin >= SHORTEST_HISTORY

    def span(self, first: datetime, last: datetime) -> Span:
        """Return where a stretch of time lies; what was seen once can be seen, and stays inside.

        >>> day = datetime(2026, 11, 20)
        >>> Axis(begin=day, end=day.replace(day=24)).span(day.replace(day=21), day.replace(day=22))
        Span(start=25.0, width=25.0)
        """
        whole = (self.end - self.begin).total_seconds()
        if whole <= 0:
            return Span(start=0.0, width=FULL)
        width = max(FULL * (last - first).total_seconds() / whole, SHORTEST_SPAN)
        start = FULL * (first - self.begin).total_seconds() / whole
        return Span(start=min(max(start, 0.0), FULL - width), width=width)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourColumn:
    """What one hour looks like; heights from the ground up."""

    load: HourLoad
    left: float
    width: float
    requests: float
    troubled: float  # the part of ``requests`` answered 429 or 5xx
    min_gap: float | None
    median_gap: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HourChart:
    """Requests an hour above, the gaps between them below, on one axis of hours."""

    columns: tuple[HourColumn, ...]
    most_requests: int
    longest_gap: float  # seconds at the top of the lower drawing
    floor: float | None  # seconds
    floor_height: float | None
    first: datetime
    last: datetime


def hour_chart(hours: Sequence[HourLoad], *, floor: float | None) -> HourChart | None:
    """Return the chart of these hours, in their order; None when there are none.

    Hours in which nothing was asked are absent, so columns stand side by side: each names its hour.
    """
    if not hours:
        return None
    most = max(hour.requests for hour in hours)
    gaps = [gap for hour in hours for gap in (hour.min_gap, hour.median_gap) if gap is not None]
    longest = max([*gaps, floor or 0.0])
    room = FULL / len(hours)
    width = min(room * COLUMN_SHARE, WIDEST_COLUMN)
    columns = tuple(
        HourColumn(
            load=hour,
            left=room * (index + 0.5) - width / 2,
            width=width,
            requests=bar(hour.requests, most),
            troubled=bar(min(hour.too_many + hour.server_errors, hour.requests), most),
            min_gap=_height(hour.min_gap, longest),
            median_gap=_height(hour.median_gap, longest),
        )
        for index, hour in enumerate(hours)
    )
    return HourChart(
        columns=columns,
        most_requests=most,
        longest_gap=longest,
        floor=floor,
        floor_height=_height(floor, longest),
        first=hours[0].hour,
        last=hours[-1].hour,
    )


def _height(seconds: float | None, top: float) -> float | None:
    return None if seconds is None else bar(seconds, top)
