"""What was forgotten: who asked, why, how far; and the objects that have to go before it is."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from provenance.models.base import Base, Bytes, Instant, Json, SmallKey, WideKey, WireText, Words


class Erasure(Base):
    """One request to forget; stays for good, so that a gap explains itself."""

    __tablename__ = "erasure"
    __table_args__ = (
        CheckConstraint(
            "scope_kind IN ('url', 'prefix', 'site', 'digest', 'retention')", name="scope_kind_known"
        ),
        CheckConstraint("state IN ('hidden', 'rewritten', 'erased')", name="state_known"),
        CheckConstraint("reason <> '' AND requested_by <> ''", name="says_who_and_why"),
        CheckConstraint("captures >= 0 AND segments >= 0 AND bytes >= 0", name="counts_not_negative"),
        CheckConstraint("(state = 'erased') = (finished_at IS NOT NULL)", name="finished_when_erased"),
        {"comment": "requests to forget, and how far each has come"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    scope_kind: Mapped[Words] = mapped_column(comment="url, prefix, site, digest, retention")
    scope_value: Mapped[WireText] = mapped_column(
        comment="the URL, prefix, site, sha256:hex; for retention what it enforced"
    )
    reason: Mapped[WireText] = mapped_column(comment="why, in words")
    requested_by: Mapped[WireText] = mapped_column(comment="who asked for it")
    requested_at: Mapped[Instant] = mapped_column(comment="UTC; hidden from every question since")
    state: Mapped[Words] = mapped_column(
        comment="hidden from questions; rewritten: no current object holds it; erased: nothing of ours does"
    )
    suppresses: Mapped[bool] = mapped_column(Boolean, comment="whether the scope is never fetched again")
    finished_at: Mapped[Instant | None] = mapped_column(comment="UTC; null: bytes are still to go")
    captures: Mapped[SmallKey] = mapped_column(comment="exchanges it covers")
    segments: Mapped[SmallKey] = mapped_column(comment="WARC files that held them")
    bytes: Mapped[Bytes] = mapped_column(comment="of their records, compressed")
    facts: Mapped[Json | None] = mapped_column(
        comment="JSON object: what was deleted, rewritten and looked at; null: not erased yet"
    )
    certificate: Mapped[Words | None] = mapped_column(comment="signed JSON, verbatim; null: none made yet")


class ReplacedObject(Base):
    """An object of the store that no segment's row names any more, and that an erasure still has to delete."""

    __tablename__ = "replaced_object"
    __table_args__ = (
        Index(None, "erasure_id", "segment_id"),
        {"comment": "objects of the store that an erasure has to delete"},
    )
    key: Mapped[Words] = mapped_column(primary_key=True, comment="its place under the store's root")
    erasure_id: Mapped[SmallKey] = mapped_column(ForeignKey("erasure.id"), comment="what replaced it")
    segment_id: Mapped[WideKey] = mapped_column(comment="segment.id it was, whose row may be gone")
