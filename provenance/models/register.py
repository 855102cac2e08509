"""The register of sources: where data comes from, who admitted it, on what basis, until when (C-SRC, C-ASSESS)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from provenance.models.base import Base, Instant, Json, SmallKey, WireText, Words


class SourceEntry(Base):
    """One entry of the register.  Nothing is overwritten: the newest entry of a name says how its source stands.

    Valid time is ``valid_from`` and ``valid_until``; recorded time is ``recorded_at``.
    """

    __tablename__ = "source_entry"
    __table_args__ = (
        Index(None, "name"),
        CheckConstraint("name <> ''", name="name_not_empty"),
        CheckConstraint("mode IN ('crawled', 'own', 'licensed', 'shared', 'imported')", name="mode_known"),
        CheckConstraint("(mode = 'crawled') = (site_id IS NOT NULL)", name="crawled_from_a_site"),
        CheckConstraint("action IN ('admitted', 'revoked')", name="action_known"),
        CheckConstraint(
            "(action = 'admitted' AND basis IS NOT NULL) OR (action = 'revoked' AND reason IS NOT NULL)",
            name="says_why",
        ),
        CheckConstraint("valid_until > valid_from", name="valid_for_a_while"),
        CheckConstraint("assessor <> approver", name="four_eyes"),
        {"comment": "the register of sources, entry by entry"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key, in the order of recording")
    name: Mapped[WireText] = mapped_column(comment="the site, or what else the source is called")
    site_id: Mapped[SmallKey | None] = mapped_column(
        ForeignKey("site.id"), comment="the site it is crawled from; null: it is not crawled"
    )
    mode: Mapped[Words] = mapped_column(
        comment="how it comes to us: crawled, own, licensed, shared, imported"
    )
    action: Mapped[Words] = mapped_column(comment="admitted, revoked")
    by: Mapped[WireText] = mapped_column(comment="who admitted or revoked it")
    basis: Mapped[WireText | None] = mapped_column(comment="on what basis; null: revoked")
    reason: Mapped[WireText | None] = mapped_column(
        comment="why, in words; null: admitted without more words"
    )
    categories: Mapped[Json] = mapped_column(comment="JSON list of data categories that were assessed")
    conditions: Mapped[Json] = mapped_column(comment="JSON list of conditions to keep, in words")
    assessment: Mapped[Json | None] = mapped_column(
        comment="JSON object: duties by requirement id and what was said of each; null: none was made"
    )
    assessor: Mapped[WireText | None] = mapped_column(comment="who assessed it; null: nobody is named")
    approver: Mapped[WireText | None] = mapped_column(comment="who approved it; null: nobody is named")
    valid_from: Mapped[Instant] = mapped_column(comment="UTC; in force from then on")
    valid_until: Mapped[Instant | None] = mapped_column(
        comment="UTC; no longer in force then; null: no end is set"
    )
    run_id: Mapped[SmallKey | None] = mapped_column(
        ForeignKey("run.id"), comment="the run whose job file admitted it; null: the register's own command"
    )
    recorded_at: Mapped[Instant] = mapped_column(comment="UTC; when we knew it")
