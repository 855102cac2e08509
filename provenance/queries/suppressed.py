"""Whether the list of what is never fetched again has grown: a small question, asked every few seconds."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from provenance.database import Database
from provenance.models import Erasure


class Mark(NamedTuple):
    """What changes whenever the list does: erasures are never taken back, and grow by what a crawl still recorded."""

    newest: int  # the latest erasure that forbids fetching; 0: there is none
    captures: int  # exchanges of all of them: an erased payload forbids every URL that it was found at


def suppression_mark(database: Database) -> Mark:
    """Return the mark of the list as it is now."""
    columns = (func.coalesce(func.max(Erasure.id), 0), func.coalesce(func.sum(Erasure.captures), 0))
    with database.reading() as connection:
        newest, captures = connection.execute(select(*columns).where(Erasure.suppresses.is_(True))).one()
    return Mark(newest=int(newest), captures=int(captures))
