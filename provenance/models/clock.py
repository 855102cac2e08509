"""Recorded time on SQLite: one row, which never goes back."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from provenance.models.base import Base, Instant, SmallKey


class Clock(Base):
    """The latest recorded time given out; unused on PostgreSQL, whose server has a clock of its own."""

    __tablename__ = "clock"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        {"comment": "the latest recorded time given out, on SQLite"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, autoincrement=False, comment="always 1")
    latest: Mapped[Instant] = mapped_column(comment="UTC")
