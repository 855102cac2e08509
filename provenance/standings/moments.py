"""The moment that an answer about now is for: the last one at which it could have changed.

The same database and the same question give the same answer then, to the byte, whenever they are asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from licences.errors import LicenceError
from licences.rights import RightsSet as Stated
from provenance.database import Database
from provenance.models import Capture, RightsSet, SiteDocument, Tombstone, Visit, captures_of
from provenance.models.base import EPOCH, MICROSECOND
from provenance.queries.known import CAPTURE_RECORDED
from provenance.standings.register import entries_of_sites, turns

_LIMITED = '%"valid_%'  # in the canonical JSON of a rights set: some statement has a beginning or an end


def last_change(database: Database, now: datetime) -> datetime:
    """Return the last moment up to ``now`` at which the standing of a capture could have changed, UTC.

    Something was recorded then, or the validity of a source's admission or of a statement turned.
    """
    register = entries_of_sites(database, now).values()
    moments = [moment for _, known in register for moment in turns(known, now)]
    with database.reading() as connection:
        # What was recorded since ``now`` may stand before something older: then ``now`` is late enough for both.
        moments += [min(moment, now) for moment in _recorded(connection)]
        moments += turns_of_statements(connection)
    return max((moment for moment in moments if moment <= now), default=EPOCH)


def _recorded(connection: Connection) -> Iterator[datetime]:
    """Yield when captures, also forgotten ones, and hosts' files were last recorded."""
    until = func.coalesce(Visit.recorded_until, Visit.ended_at)  # None: of an earlier release, and cut short
    asked = (
        select(func.max(until)).where(Visit.tallied_at.is_not(None)),
        select(func.max(CAPTURE_RECORDED))
        .select_from(Visit)
        .join(Capture, captures_of(Visit.id))  # visits lead: those not tallied, or cut short, are few
        .where(or_(Visit.tallied_at.is_(None), until.is_(None))),
        select(func.max(func.coalesce(SiteDocument.recorded_at, SiteDocument.first_seen))),
        select(func.max(func.coalesce(Tombstone.recorded_at, Tombstone.fetched_at))),  # it never goes back
    )
    for one in asked:
        if (found := connection.execute(one).scalar_one()) is not None:
            yield found


def turns_of_statements(connection: Connection) -> Iterator[datetime]:
    """Yield the moments at which a statement begins or ceases to hold."""
    limited = select(RightsSet.canonical).where(RightsSet.canonical.like(_LIMITED))
    for canonical in connection.scalars(limited):
        try:
            rights = Stated.from_json(canonical)
        except LicenceError:
            continue
        for statement in rights.statements:
            if statement.valid_from is not None:
                yield statement.valid_from
            if statement.valid_until is not None:
                yield statement.valid_until + MICROSECOND  # it holds at that moment still
