"""Who answers for an erasure: the operators of the runs that had fetched what is gone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from provenance.database import Database
from provenance.models import Run, Tombstone, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who ran a crawl, as every request said."""

    name: str
    contact: str


def operators_of(database: Database, erasure_id: int) -> tuple[Operator, ...]:
    """Return the operators whose runs had fetched what an erasure covers; where it covers nothing, of the latest run."""
    fetched = (
        select(Run.operator, Run.contact)
        .join(Visit, Visit.run_id == Run.id)
        .where(Visit.id.in_(select(Tombstone.visit_id).where(Tombstone.erasure_id == erasure_id)))
        .distinct()
        .order_by(Run.operator, Run.contact)
    )
    latest = select(Run.operator, Run.contact).order_by(Run.id.desc()).limit(1)
    with database.reading() as connection:
        found = connection.execute(fetched).all() or connection.execute(latest).all()
    return tuple(Operator(name=name, contact=contact) for name, contact in found)
