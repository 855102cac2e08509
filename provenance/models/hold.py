"""What must not be erased for now: legal holds."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from provenance.models.base import Base, Instant, SmallKey, WireText, Words


class LegalHold(Base):
    """A duty to preserve; while it stands, nothing that it covers is erased."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint("scope_kind IN ('url', 'prefix', 'site', 'digest')", name="scope_kind_known"),
        CheckConstraint("reason <> '' AND placed_by <> ''", name="says_who_and_why"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
        {"comment": "what must not be erased, since when and why"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    scope_kind: Mapped[Words] = mapped_column(comment="url, prefix, site, digest")
    scope_value: Mapped[WireText] = mapped_column(comment="the URL, prefix, site, sha256:hex")
    reason: Mapped[WireText] = mapped_column(comment="why, in words")
    placed_by: Mapped[WireText] = mapped_column(comment="who placed it")
    placed_at: Mapped[Instant] = mapped_column(comment="UTC")
    lifted_at: Mapped[Instant | None] = mapped_column(comment="UTC; null: it stands")
    lifted_by: Mapped[WireText | None] = mapped_column(comment="who lifted it; null: it stands")
