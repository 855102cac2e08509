"""The provenance database: who asked, who permitted, what was stated, what we decided, and where the bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.database import Database

if TYPE_CHECKING:
    from provenance.notebook import Notebook


def open(url: str) -> Notebook:  # noqa: A001  # provenance.open(url) is how a notebook begins
    """Open a provenance database for questions; nothing is created or changed.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql+psycopg://USER@HOST/NAME``.

    Returns:
        The database, with `captures` and `refusals` to ask it (see `provenance.notebook`).
    """
    from provenance.notebook import Notebook  # noqa: PLC0415  # every question there is: a crawl asks none of them

    return Notebook.open(url, upgrade=False)


__all__ = ["Database", "open"]
