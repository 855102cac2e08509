"""Hosts' own files over time: every version, its state, and what changed since the one before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from provenance.database import Database
from provenance.queries.capture_rows import digest_in_words
from provenance.queries.holdings import Holding
from provenance.queries.host_files import HostFileRow, host_file_bodies, host_files
from provenance.queries.rows import all_rows
from provenance.queries.visits import SiteRun
from provenance.reports.differences import Difference, difference
from provenance.reports.rights_lines import HostFileLine

DIFFERENCES_SHOWN = (
    50  # of all files of a site, the latest; a file that changes at every look has its digests
)


def host_file_lines(
    database: Database, holding: Holding, runs: Sequence[SiteRun]
) -> tuple[HostFileLine, ...]:
    """Return every version of the files of a site's hosts, each file's in the order of time.

    Args:
        database: where to look.
        holding: of one run: only what was found while it ran.
        runs: those of the holding.
    """
    rows = [row for row in all_rows(database, host_files(holding)) if _was_seen(row, holding, runs)]
    pairs = list(_pairs(rows))
    latest = sorted((pair for pair in pairs if pair[0] is not None), key=lambda pair: pair[1].first_seen)
    compared = {id(row): before for before, row in latest[-DIFFERENCES_SHOWN:]}
    return tuple(_line(database, compared.get(id(row)), row) for _, row in pairs)


def _was_seen(row: HostFileRow, holding: Holding, runs: Sequence[SiteRun]) -> bool:
    if holding.run is None:
        return True
    return any(
        row.last_seen >= run.started_at and (run.ended_at is None or row.first_seen <= run.ended_at)
        for run in runs
    )


def _pairs(rows: Iterable[HostFileRow]) -> Iterable[tuple[HostFileRow | None, HostFileRow]]:
    """Yield each version with the one to compare it with: the last that held something, unless it held the same."""
    for _, versions in groupby(rows, key=lambda row: (row.origin, row.name)):
        held: HostFileRow | None = None
        for row in versions:
            is_change = held is not None and row.digest is not None and row.digest != held.digest
            yield held if is_change else None, row
            held = held if row.digest is None else row


def _line(database: Database, before: HostFileRow | None, row: HostFileRow) -> HostFileLine:
    return HostFileLine(
        origin=row.origin,
        name=row.name,
        url=row.url,
        retrieval=row.retrieval,
        digest=None if row.digest is None else digest_in_words(row.digest),
        length=row.length,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        difference=None if before is None else _difference(database, before, row),
    )


def _difference(database: Database, before: HostFileRow, row: HostFileRow) -> Difference | None:
    wanted = [each.digest for each in (before, row) if each.digest is not None]
    bodies = {one.digest: one.body for one in all_rows(database, host_file_bodies(wanted))}
    if before.digest is None or row.digest is None or len(bodies) < len(wanted):
        return None
    return difference(bodies[before.digest], bodies[row.digest])
