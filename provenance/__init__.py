"""The provenance database: who asked, who permitted, what was stated, what we decided, and where the bytes are."""

from __future__ import annotations

from provenance.database import Database


def open(url: str) -> Database:  # noqa: A001  # provenance.open(url) is how a notebook begins
    """Open a provenance database for questions; nothing is created or changed.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql+psycopg://USER@HOST/NAME``.
    """
    return Database.open(url, upgrade=False)


__all__ = ["Database", "open"]
