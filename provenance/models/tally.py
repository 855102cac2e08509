"""How many documents each rights set holds for, visit by visit: what makes counting ten million rows instant."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from provenance.models.base import Base, Bytes, SmallKey, WideKey


class VisitTally(Base):
    """The documents of one visit under one rights set; true while ``visit.tallied_at`` is not null.

    A cache of the captures, never a fact of its own: whatever adds or hides captures of a visit drops its rows.
    """

    __tablename__ = "visit_tally"
    __table_args__ = (
        CheckConstraint("documents > 0 AND bytes >= 0 AND least <= latest", name="counts_make_sense"),
        {"comment": "documents of a tallied visit by rights set"},
    )
    visit_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("visit.id"), primary_key=True, autoincrement=False, comment="the visit"
    )
    rights_set_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("rights_set.id"), primary_key=True, autoincrement=False, comment="what was stated for them"
    )
    documents: Mapped[SmallKey] = mapped_column(comment="captures of kind document")
    bytes: Mapped[Bytes] = mapped_column(comment="of their payloads")
    least: Mapped[WideKey] = mapped_column(comment="capture.id of the first of them")
    latest: Mapped[WideKey] = mapped_column(comment="capture.id of the last of them")
