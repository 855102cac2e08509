"""What we know of a host: what it taught us about its pace, and who holds it back, since when and why."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Float, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from provenance.models.base import Base, Bytes, Instant, Json, SmallKey, WireText, Words

_NOTHING = text("0")
_HELD = text("held IS NOT NULL")


class HostState(Base):
    """What a host taught us about its pace, and whether it is held back; outlives the visit.

    A crawl writes the first part, whoever holds a host or lets it go the second: neither touches the other's.
    """

    __tablename__ = "host_state"
    __table_args__ = (
        CheckConstraint("gap >= 0", name="gap_not_negative"),
        CheckConstraint("response_time >= 0", name="response_time_not_negative"),
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint("baseline >= 0 AND excess >= 0", name="learned_not_negative"),
        CheckConstraint("day_requests >= 0 AND day_received >= 0", name="budget_not_negative"),
        CheckConstraint("incidents >= 0 AND refusals >= 0 AND streak >= 0", name="rows_not_negative"),
        CheckConstraint("held IN ('paused', 'parked')", name="held_known"),
        CheckConstraint(
            "held IS NULL OR (held_since IS NOT NULL AND held_by <> '' AND held_reason <> '')",
            name="held_by_somebody",
        ),
        Index(None, "held", sqlite_where=_HELD, postgresql_where=_HELD),
        {"comment": "what a host taught us about its pace, and who holds it back"},
    )
    host: Mapped[WireText] = mapped_column(primary_key=True, comment="host name or address")
    last_end: Mapped[Instant | None] = mapped_column(comment="UTC; end of the last exchange; null: none yet")
    gap: Mapped[float] = mapped_column(Float, comment="seconds between exchanges, as last kept")
    response_time: Mapped[float] = mapped_column(Float, comment="seconds, smoothed")
    not_before: Mapped[Instant | None] = mapped_column(
        comment="UTC; nothing is sent before; null: no back-off"
    )
    failures: Mapped[SmallKey] = mapped_column(comment="failures in a row")
    baseline: Mapped[float | None] = mapped_column(
        Float, comment="seconds; the response time that is usual for it; null: none yet"
    )
    excess: Mapped[float] = mapped_column(
        Float, comment="seconds that it taught us to add to the gap", server_default=_NOTHING
    )
    streak: Mapped[SmallKey] = mapped_column(
        comment="good answers since the gap last changed", server_default=_NOTHING
    )
    incidents: Mapped[SmallKey] = mapped_column(
        comment="back-offs that are not forgotten yet", server_default=_NOTHING
    )
    quiet_from: Mapped[Instant | None] = mapped_column(
        comment="UTC; incidents are forgotten half an hour after; null: none"
    )
    outcomes: Mapped[Words | None] = mapped_column(
        comment="the last 20 exchanges, oldest first: . answered, x failed; null: none yet"
    )
    open_until: Mapped[Instant | None] = mapped_column(
        comment="UTC; the breaker is open until then; null: it is closed"
    )
    openings: Mapped[Json | None] = mapped_column(
        comment="JSON list: UTC instants of the breaker's openings in the last 7 days; null: none"
    )
    refusals: Mapped[SmallKey] = mapped_column(comment="401, 403 and 406 in a row", server_default=_NOTHING)
    missing_since: Mapped[Instant | None] = mapped_column(
        comment="UTC; since when the name does not exist; null: it does"
    )
    day: Mapped[Words | None] = mapped_column(comment="UTC day that the two counts are of; null: none yet")
    day_requests: Mapped[SmallKey] = mapped_column(
        comment="requests that left on that day", server_default=_NOTHING
    )
    day_received: Mapped[Bytes] = mapped_column(comment="bytes received on that day", server_default=_NOTHING)
    last_answer: Mapped[WireText | None] = mapped_column(comment="HTTP status, or why no answer came")
    why: Mapped[WireText | None] = mapped_column(comment="what not_before or open_until is for")
    held: Mapped[Words | None] = mapped_column(
        comment="paused (by a person) or parked (a person decides); null: neither"
    )
    held_since: Mapped[Instant | None] = mapped_column(comment="UTC; null: not held")
    held_until: Mapped[Instant | None] = mapped_column(comment="UTC; null: until a person says so")
    held_by: Mapped[Words | None] = mapped_column(comment="who holds it; null: nobody")
    held_reason: Mapped[WireText | None] = mapped_column(comment="why, in words; null: not held")


class HostChange(Base):
    """One hold put on a host, or lifted: who, when, why.  Nothing here is ever changed."""

    __tablename__ = "host_change"
    __table_args__ = (
        Index(None, "host"),
        CheckConstraint("action IN ('paused', 'parked', 'resumed')", name="action_known"),
        CheckConstraint("by <> '' AND reason <> ''", name="by_somebody"),
        {"comment": "holds put on hosts and lifted"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    host: Mapped[WireText] = mapped_column(comment="as in host_state")
    at: Mapped[Instant] = mapped_column(comment="UTC")
    action: Mapped[Words] = mapped_column(comment="paused, parked, resumed")
    by: Mapped[Words] = mapped_column(comment="who: a person, or the crawler itself")
    reason: Mapped[WireText] = mapped_column(comment="why, in words")
    until: Mapped[Instant | None] = mapped_column(comment="UTC; null: until a person says so")
