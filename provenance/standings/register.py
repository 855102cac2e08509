"""What the register of sources says about sites: which are out of force, and which were so for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from licences.vocabulary import Outcome
from provenance.models import Site, SourceEntry
from provenance.standings.later import day
from provenance.standings.verdict import Verdict

REVOKED = "source.revoked"
EXPIRED = "source.expired"
NOT_BEGUN = "source.not-begun"
UNREGISTERED = "source.unregistered"


class Entry(NamedTuple):
    """One entry about a site, as far as it says whether the site is in force."""

    action: str  # "admitted", "revoked"
    by: str
    reason: str | None
    valid_from: datetime
    valid_until: datetime | None
    recorded_at: datetime


Entries = Sequence[Entry]  # of one site, the oldest first


def entries_of_sites(
    connection: Connection, as_of: datetime, site: int | None = None
) -> Mapping[int, tuple[str, Entries]]:
    """Return every site's name and its entries that were recorded by a moment; none is an answer, too."""
    asked = select(Site.id, Site.name)
    told = (
        select(
            SourceEntry.site_id,
            SourceEntry.action,
            SourceEntry.by,
            SourceEntry.reason,
            SourceEntry.valid_from,
            SourceEntry.valid_until,
            SourceEntry.recorded_at,
        )
        .where(SourceEntry.site_id.is_not(None), SourceEntry.recorded_at <= as_of)
        .order_by(SourceEntry.id)
    )
    if site is not None:
        asked, told = asked.where(Site.id == site), told.where(SourceEntry.site_id == site)
    found: dict[int, list[Entry]] = defaultdict(list)
    rows: Iterable[Any] = connection.execute(told)
    for key, *entry in rows:
        found[key].append(Entry(*entry))
    return {key: (name, tuple(found[key])) for key, name in connection.execute(asked)}


def withdrawal(name: str, entries: Entries, at: datetime) -> Verdict | None:
    """Return why a site is out of force at a moment; None: it is in force.

    Args:
        name: the site.
        entries: what was on record of it.
        at: the moment that validity is judged for, UTC.
    """
    if not entries:
        return _withdrawn(UNREGISTERED, f"{name} is not in the register of sources.", name)
    newest = entries[-1]
    if newest.action == "revoked":
        why = f": {newest.reason}" if newest.reason else ""
        said = f"{name} was revoked as a source by {newest.by} on {day(newest.recorded_at)}{why}"
        return _withdrawn(REVOKED, said if said.endswith(".") else f"{said}.", said.partition(":")[0])
    if at < newest.valid_from:
        said = f"the admission of {name} as a source begins on {day(newest.valid_from)}"
        return _withdrawn(NOT_BEGUN, f"{said[0].upper()}{said[1:]}.", said)
    if newest.valid_until is not None and at >= newest.valid_until:
        said = f"the admission of {name} as a source ended on {day(newest.valid_until)}"
        return _withdrawn(EXPIRED, f"{said[0].upper()}{said[1:]}.", said)
    return None


def lapse(name: str, entries: Entries, after: datetime, until: datetime) -> Verdict | None:
    """Return why a site was out of force at any moment of a span; None: it was in force all along.

    Whoever admits it again speaks for what is selected from then on, not for what was called back before.

    Args:
        name: the site.
        entries: recorded by ``until``.
        after: where the span begins, excluded; UTC.
        until: where it ends, included; UTC.
    """
    for at in sorted(_turns(entries, after, until)):
        known = [entry for entry in entries if entry.recorded_at <= at]
        if (found := withdrawal(name, known, at)) is not None:
            return found
    return withdrawal(name, entries, until)


def _turns(entries: Entries, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the moments of a span at which the register's word may have changed."""
    for entry in entries:
        for moment in (entry.recorded_at, entry.valid_from, entry.valid_until):
            if moment is not None and after < moment <= until:
                yield moment


def turns(sites: Iterable[Entries], until: datetime) -> Iterator[datetime]:
    """Yield the moments up to ``until`` at which the register's word about some sites changed."""
    for entries in sites:
        for entry in entries:
            for moment in (entry.recorded_at, entry.valid_from, entry.valid_until):
                if moment is not None and moment <= until:
                    yield moment


def _withdrawn(rule: str, reason: str, since: str) -> Verdict:
    return Verdict(outcome=Outcome.NOT_PERMITTED, rule=rule, reasons=(reason,), since=since, cause=rule)
