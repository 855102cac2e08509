"""Where an exchange went: origins, the permissions that hold for them, what their hosts saw of us."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Float, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from provenance.models.base import Base, Bytes, Digest, Instant, Json, SmallKey, WideKey, WireText, Words
from provenance.models.run import Visit


class Origin(Base):
    """Scheme and authority of URLs, kept once: an URL is its origin and its path, joined as they are."""

    __tablename__ = "origin"
    __table_args__ = (
        UniqueConstraint("url"),
        {"comment": "scheme and authority, kept once"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    url: Mapped[WireText] = mapped_column(
        comment="https://example.org, with the port unless it is the scheme's own"
    )


class Permission(Base):
    """The answer to «may we request this URL»: rule, line and snapshot, shared by many URLs."""

    __tablename__ = "permission"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("length(digest) = 32", name="digest_is_sha256"),
        CheckConstraint("line_number > 0", name="line_number_from_1"),
        CheckConstraint("overridden_line_number > 0", name="overridden_line_number_from_1"),
        {"comment": "answers to: may we request this URL"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    digest: Mapped[Digest] = mapped_column(comment="SHA-256 of the answer: kept once")
    origin_id: Mapped[SmallKey] = mapped_column(ForeignKey("origin.id"), comment="whose rules these are")
    granted: Mapped[bool] = mapped_column(Boolean, comment="whether the request was allowed to leave")
    rule: Mapped[Words] = mapped_column(comment="robots.allow, robots.disallow, robots.absent, owner, ...")
    line_number: Mapped[SmallKey | None] = mapped_column(
        comment="line of robots.txt that decided, from 1; null: none did"
    )
    line_text: Mapped[WireText | None] = mapped_column(comment="that line")
    overridden_line_number: Mapped[SmallKey | None] = mapped_column(
        comment="a Disallow that a longer Allow overrode"
    )
    overridden_line_text: Mapped[WireText | None] = mapped_column(comment="that line")
    robots_state: Mapped[Words | None] = mapped_column(
        comment="available, allow_all, deny_all, unreachable; null: not asked"
    )
    robots_capture_id: Mapped[WideKey | None] = mapped_column(
        comment="capture.id of the robots.txt exchange, which may be recorded after its first answer; null: no answer came"
    )
    origin: Mapped[Origin] = relationship()


class HostLoad(Base):
    """What one host saw of us in one hour of one visit (R-HOSTLOAD)."""

    __tablename__ = "host_load"
    __table_args__ = (
        CheckConstraint("requests >= 0 AND received >= 0 AND max_in_flight >= 0", name="counts_not_negative"),
        CheckConstraint("too_many >= 0 AND server_errors >= 0", name="errors_not_negative"),
        CheckConstraint("min_gap <= median_gap", name="median_gap_not_below_min"),
        {"comment": "what a host saw of us in an hour of a visit"},
    )
    visit_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("visit.id"), primary_key=True, autoincrement=False, comment="the visit"
    )
    host: Mapped[WireText] = mapped_column(primary_key=True, comment="as in host_state")
    hour: Mapped[Instant] = mapped_column(primary_key=True, comment="UTC; its beginning")
    requests: Mapped[SmallKey] = mapped_column(comment="requests that left")
    received: Mapped[Bytes] = mapped_column(comment="bytes, heads and bodies as received")
    max_in_flight: Mapped[SmallKey] = mapped_column(comment="most exchanges at once")
    min_gap: Mapped[float | None] = mapped_column(
        Float, comment="seconds, end of a response to the next start; null: fewer than two"
    )
    median_gap: Mapped[float | None] = mapped_column(Float, comment="seconds; null: fewer than two")
    too_many: Mapped[SmallKey] = mapped_column(comment="answers 429")
    server_errors: Mapped[SmallKey] = mapped_column(comment="answers 5xx")
    pauses: Mapped[Json] = mapped_column(comment="JSON list: why we paused")
    visit: Mapped[Visit] = relationship()
