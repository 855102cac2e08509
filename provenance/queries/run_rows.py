"""Runs: live, waiting and past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select

from provenance.models import Capture, Policy, Refusal, Run, Visit, VisitTally
from provenance.queries.expressions import capture_is_of_visit, total
from provenance.queries.rows import RowOf
from provenance.records import CaptureKind, RunState

SILENT_AFTER = timedelta(minutes=5)  # a live run shows a sign of life far more often


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One execution of a job, and what it has brought so far."""

    id: int
    job: str
    state: str
    purpose: str
    policy: str
    sites: int
    documents: int
    refusals: int
    bytes: int
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None
    waiting_until: datetime | None
    waiting_for: Sequence[str]
    resumptions: int
    exit_code: int | None

    def state_at(self, now: datetime) -> str:
        """Return where the run stands, in words: a run that fell silent is said to have."""
        if self.state == RunState.WAITING and self.waiting_until is not None:
            return f"waiting until {self.waiting_until:%Y-%m-%d %H:%M} for {', '.join(self.waiting_for) or 'its sites'}"
        if self.state == RunState.RUNNING and now - self.heartbeat_at > SILENT_AFTER:
            return f"silent since {self.heartbeat_at:%Y-%m-%d %H:%M}"
        return self.state


def _of_documents(figure: str) -> ColumnElement[int]:
    """Sum tallies; the captures of visits that have none are counted one by one."""
    tallied = (
        select(total(VisitTally.documents if figure == "documents" else VisitTally.bytes))
        .select_from(Visit)
        .join(VisitTally, VisitTally.visit_id == Visit.id)
        .where(Visit.run_id == Run.id, Visit.tallied_at.is_not(None))
        .correlate(Run)
        .scalar_subquery()
    )
    counted = (
        select(func.count() if figure == "documents" else total(Capture.length))
        .select_from(Visit)
        .join(Capture, capture_is_of_visit)
        .where(
            Visit.run_id == Run.id,
            Visit.tallied_at.is_(None),
            Capture.kind == CaptureKind.DOCUMENT.value,
        )
        .correlate(Run)
        .scalar_subquery()
    )
    return tallied + counted


_of_refusals = (
    select(func.count())
    .select_from(Visit)
    .join(Refusal, Refusal.visit_id == Visit.id)
    .where(Visit.run_id == Run.id)
    .correlate(Run)
    .scalar_subquery()
)
_of_sites = (
    select(func.count(Visit.site_id.distinct()))
    .where(Visit.run_id == Run.id)
    .correlate(Run)
    .scalar_subquery()
)

RUN_ROW = RowOf(
    RunRow,
    id=Run.id,
    job=Run.job_name,
    state=Run.state,
    purpose=Run.purpose,
    policy=Policy.name,
    sites=_of_sites,
    documents=_of_documents("documents"),
    refusals=_of_refusals,
    bytes=_of_documents("bytes"),
    started_at=Run.started_at,
    heartbeat_at=Run.heartbeat_at,
    ended_at=Run.ended_at,
    waiting_until=Run.waiting_until,
    waiting_for=Run.waiting_for,
    resumptions=Run.resumptions,
    exit_code=Run.exit_code,
)


def runs(
    *, state: RunState | None = None, job: str | None = None, limit: int | None = None
) -> Select[RunRow]:
    """Select runs, newest first; their figures are counted for the rows asked for only."""
    chosen = select(RUN_ROW).select_from(Run).join(Policy, Policy.id == Run.policy_id).order_by(Run.id.desc())
    if state is not None:
        chosen = chosen.where(Run.state == str(state))
    if job is not None:
        chosen = chosen.where(Run.job_name == job)
    return chosen if limit is None else chosen.limit(limit)
