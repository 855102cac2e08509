"""What was on record by a moment: the condition each table is asked with when a question is about a day gone by.

Rows of earlier releases did not say when they were recorded; another column speaks for them (see `recorded`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from provenance import recorded
from provenance.database import Database
from provenance.models import Capture, Decision, Refusal, Run, SiteDocument, Source, Visit

Conditions = tuple[ColumnElement[bool], ...]  # none of them: everything that is on record now

CAPTURE_RECORDED = func.coalesce(Capture.recorded_at, Capture.fetched_at)
REFUSAL_RECORDED = func.coalesce(Refusal.recorded_at, Refusal.at)


def settled(database: Database, as_of: datetime | None) -> datetime | None:
    """Return the moment a question is about, once nothing can be added any more to what was recorded by then.

    Raises:
        AsOfInFuture: nobody knows yet what will be recorded by then.
    """
    if as_of is not None:
        recorded.settle(database, as_of)
    return as_of


def captures_known(as_of: datetime | None) -> Conditions:
    """Return the condition on `Capture`."""
    return _known(Capture.recorded_at, Capture.fetched_at, as_of)


def refusals_known(as_of: datetime | None) -> Conditions:
    """Return the condition on `Refusal`."""
    return _known(Refusal.recorded_at, Refusal.at, as_of)


def visits_known(as_of: datetime | None) -> Conditions:
    """Return the condition on `Visit`."""
    return _known(Visit.recorded_at, Visit.opened_at, as_of)


def decisions_known(as_of: datetime | None) -> Conditions:
    """Return the condition on `Decision`; one of an earlier release was made with the first run under its policy."""
    first = select(func.min(Run.started_at)).where(Run.policy_id == Decision.policy_id)
    return _known(Decision.recorded_at, first.correlate(Decision).scalar_subquery(), as_of)


def admissions_known(as_of: datetime | None) -> Conditions:
    """Return the condition on `Source`, the admission of a site to a run, joined with its `Run`."""
    return _known(Source.recorded_at, Run.started_at, as_of)


def host_files_known(as_of: datetime | None) -> Conditions:
    """Return the condition on `SiteDocument`."""
    return _known(SiteDocument.recorded_at, SiteDocument.first_seen, as_of)


def _known(recorded_at: Any, stands_in: Any, as_of: datetime | None) -> Conditions:
    return () if as_of is None else (recorded.known_at(recorded_at, stands_in, as_of),)
