"""What was stated about rights, once for all captures it holds for, and what policies made of it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from provenance.models.base import Base, Digest, Instant, Json, SmallKey, Words
from provenance.models.run import Policy


class RightsSet(Base):
    """Everything stated for a capture, without the places it was stated in; interned by digest."""

    __tablename__ = "rights_set"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("length(digest) = 32", name="digest_is_sha256"),
        {"comment": "statements about rights, kept once"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    digest: Mapped[Digest] = mapped_column(comment="SHA-256 of the canonical JSON")
    canonical: Mapped[Words] = mapped_column(comment="the statements as canonical JSON")
    licences: Mapped[Json] = mapped_column(
        comment="JSON list: SPDX expressions, or licence URLs without one, sorted"
    )


class Decision(Base):
    """What a policy made of a rights set for one usage."""

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('permitted', 'permitted_with_conditions', 'not_permitted', 'needs_review', 'no_signal')",
            name="outcome_known",
        ),
        {"comment": "what a policy made of a rights set for a usage"},
    )
    rights_set_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("rights_set.id"), primary_key=True, autoincrement=False, comment="what was stated"
    )
    policy_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("policy.id"), primary_key=True, autoincrement=False, comment="the policy that decided"
    )
    usage: Mapped[Words] = mapped_column(primary_key=True, comment="what the document would be used for")
    outcome: Mapped[Words] = mapped_column(
        comment="permitted, permitted_with_conditions, not_permitted, needs_review, no_signal"
    )
    rule: Mapped[Words] = mapped_column(comment="the policy's rule that decided")
    reasons: Mapped[Json] = mapped_column(comment="JSON list of reasons")
    conditions: Mapped[Json] = mapped_column(comment="JSON list of conditions to keep")
    conflicts: Mapped[Json] = mapped_column(comment="JSON list of statements that contradict each other")
    enforces: Mapped[Json] = mapped_column(comment="JSON list of requirement ids")
    recorded_at: Mapped[Instant | None] = mapped_column(
        comment="UTC; when it was made; null: by an earlier release, with the first run under its policy"
    )
    rights_set: Mapped[RightsSet] = relationship()
    policy: Mapped[Policy] = relationship()
