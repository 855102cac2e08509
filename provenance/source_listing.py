"""What people are told of the register: how each source stands, and what stands on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from provenance import recorded, sources
from provenance.database import Database
from provenance.errors import SourceError
from provenance.models import Capture, Run, Visit
from provenance.queries.expressions import capture_is_of_visit
from provenance.records import CaptureKind
from provenance.sources import SourceEntry, SourceRow, SourceState, row_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOnSource:
    """A run that took from a source."""

    run: int
    job: str
    purpose: str
    started_at: datetime
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCard:
    """All that is on record of one source."""

    stands: SourceRow
    duties: Sequence[Mapping[str, str]]  # of the newest assessment: id, says
    review_by: str | None  # when that assessment has to be made again; None: nobody said what data it holds
    entries: Sequence[SourceEntry]  # oldest first
    runs: Sequence[RunOnSource]
    documents: int


def listed(
    database: Database, *, at: datetime, as_of: datetime | None = None, state: SourceState | None = None
) -> list[SourceRow]:
    """Return every source by name.

    Args:
        database: where the register is.
        at: the moment that validity is judged at, UTC.
        as_of: what was on record then, UTC; None: everything.
        state: only these; None: all.
    """
    known = sources.newest(database, as_of=as_of)
    rows = [row_of(known[name], at) for name in sorted(known)]
    return [row for row in rows if state is None or row.state is state]


def card(database: Database, name: str, *, at: datetime, as_of: datetime | None = None) -> SourceCard:
    """Return what is on record of one source; arguments as in `listed`.

    Raises:
        SourceError: there is no such source.
    """
    entries = sources.entries(database, name=name, as_of=as_of)
    if not entries:
        raise SourceError(f"{name} has no entry in the register: 'aboveboard source list' names those it has")
    newest = entries[-1]
    assessed = next((entry.assessment for entry in reversed(entries) if entry.assessment), {})
    runs = [] if newest.site_id is None else _runs(database, newest.site_id, as_of)
    return SourceCard(
        stands=row_of(newest, at),
        duties=assessed.get("duties", ()),
        review_by=assessed.get("review_by"),
        entries=entries,
        runs=runs,
        documents=sum(run.documents for run in runs),
    )


def _runs(database: Database, site_id: int, as_of: datetime | None) -> list[RunOnSource]:
    documents = Capture.kind == CaptureKind.DOCUMENT.value
    if as_of is not None:
        documents &= recorded.known_at(Capture.recorded_at, Capture.fetched_at, as_of)
    asked: Any = (
        select(Run.id, Run.job_name, Run.purpose, Run.started_at, func.count(Capture.id))
        .join(Visit, Visit.run_id == Run.id)
        .outerjoin(Capture, capture_is_of_visit & documents)
        .where(Visit.site_id == site_id)
        .group_by(Run.id)
        .order_by(Run.id)
    )
    if as_of is not None:
        asked = asked.where(recorded.known_at(Visit.recorded_at, Visit.opened_at, as_of))
    with database.reading() as connection:
        return [
            RunOnSource(run=run, job=job, purpose=purpose, started_at=started, documents=documents)
            for run, job, purpose, started, documents in connection.execute(asked)
        ]
