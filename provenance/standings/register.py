"""What the register of sources says about sites: which are out of force, and which were so for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from licences.vocabulary import Outcome
from provenance.database import Database
from provenance.models import Site
from provenance.sources import SourceEntry, SourceState, entries
from provenance.standings.later import day
from provenance.standings.verdict import Verdict

REVOKED = "source.revoked"
EXPIRED = "source.expired"
NOT_BEGUN = "source.not-begun"
UNREGISTERED = "source.unregistered"


Entries = Sequence[SourceEntry]  # of one site, the oldest first


def entries_of_sites(database: Database, as_of: datetime) -> Mapping[int, tuple[str, Entries]]:
    """Return every site's name and its entries that were recorded by a moment; none is an answer, too."""
    found: dict[int, list[SourceEntry]] = defaultdict(list)
    for entry in entries(database, as_of=as_of):
        if entry.site_id is not None:
            found[entry.site_id].append(entry)
    with database.reading() as connection:
        names = connection.execute(select(Site.id, Site.name)).all()
    return {key: (name, tuple(found[key])) for key, name in names}


def sites_out_of_force(database: Database, at: datetime) -> Mapping[int, Verdict]:
    """Return the sites that were out of force at a moment by what was on record then, by key."""
    every = entries_of_sites(database, at).items()
    found = {key: withdrawal(name, known, at) for key, (name, known) in every}
    return {key: verdict for key, verdict in found.items() if verdict is not None}


def withdrawal(name: str, known: Entries, at: datetime) -> Verdict | None:
    """Return why a site is out of force at a moment; None: it is in force.

    Args:
        name: the site.
        known: what was on record of it.
        at: the moment that validity is judged for, UTC.
    """
    if not known:
        return _withdrawn(UNREGISTERED, f"{name} is not in the register of sources")
    newest = known[-1]
    match newest.state_at(at):
        case SourceState.REVOKED:
            said = f"{name} was revoked as a source by {newest.by} on {day(newest.recorded_at)}"
            return _withdrawn(REVOKED, said, newest.reason)
        case SourceState.NOT_BEGUN:
            said = f"{name} is admitted as a source from {day(newest.valid_from)} on"
            return _withdrawn(NOT_BEGUN, said)
        case SourceState.EXPIRED:
            said = f"{name} was admitted as a source until {day(newest.valid_until or at)}"
            return _withdrawn(EXPIRED, said)
        case SourceState.IN_FORCE:
            return None


def lapse(name: str, known: Entries, after: datetime, until: datetime) -> Verdict | None:
    """Return why a site was out of force at any moment of a span; None: it was in force all along.

    Whoever admits it again speaks for what is selected from then on, not for what was called back before.

    Args:
        name: the site.
        known: its entries recorded by ``until``.
        after: where the span begins, excluded; UTC.
        until: where it ends, included; UTC.
    """
    for at in sorted(moment for moment in turns(known, until) if moment > after):
        then = [entry for entry in known if entry.recorded_at <= at]
        if (found := withdrawal(name, then, at)) is not None:
            return found
    return withdrawal(name, known, until)


def turns(known: Entries, until: datetime) -> Iterator[datetime]:
    """Yield the moments up to ``until`` at which the register's word about a site may have changed."""
    for entry in known:
        for moment in (entry.recorded_at, entry.valid_from, entry.valid_until):
            if moment is not None and moment <= until:
                yield moment


def _withdrawn(rule: str, said: str, why: str | None = None) -> Verdict:
    reason = f"{said}: {why.rstrip('.')}." if why else f"{said}."
    return Verdict(outcome=Outcome.NOT_PERMITTED, rule=rule, reasons=(reason,), since=said, cause=rule)
