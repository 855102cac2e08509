"""What erasures took out of the answers: who answers for one, and how many exchanges an as-of answer misses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from provenance import recorded
from provenance.database import Database
from provenance.models import Run, Site, Tombstone, Visit


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


def erased_since(
    as_of: datetime, *, url: str | None = None, site: str | None = None, run: int | None = None
) -> Select[int]:
    """Select how many exchanges were on record by a moment and were erased after it: no answer holds them.

    Args:
        as_of: the moment, UTC.
        url: only this one's; None: any.
        site: only this one's; None: any.
        run: only this one's; None: any.
    """
    known = recorded.known_at(Tombstone.recorded_at, Tombstone.fetched_at, as_of)
    counted: Select[int] = (
        select(func.count())
        .select_from(Tombstone)
        .join(Visit, Visit.id == Tombstone.visit_id)
        .where(known, Tombstone.hidden_at > as_of)
    )
    if url is not None:
        digest = hashlib.sha256(url.encode("utf-8", "replace")).digest()
        counted = counted.where(Tombstone.url_hash == digest)
    if site is not None:
        counted = counted.join(Site, Site.id == Visit.site_id).where(Site.name == site)
    return counted if run is None else counted.where(Visit.run_id == run)
