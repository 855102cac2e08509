"""What one run came to: printed at the end of a crawl, and kept beside the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal_column, select

from licences.vocabulary import Outcome
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.models import Capture, Decision, Refusal, Run, Site, Visit
from provenance.queries.expressions import capture_is_of_visit, is_decided, total
from provenance.queries.rows import RowOf, all_rows
from provenance.records import CaptureKind, Kept
from provenance.rendering import plain
from provenance.reports.folding import UNDECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSummary:
    """What the run brought from one site."""

    site: str
    captured: int
    bytes: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What one run captured, what it did not take, and what was decided."""

    run: int
    job: str
    purpose: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    captured: int  # documents
    bytes: int  # their payload bytes
    redirects: int
    failures: int
    site_documents: int
    refused: int
    refused_by_rule: Mapping[str, int]  # the commonest first
    outcomes: Mapping[str, int]  # documents by outcome, the commonest first
    needs_review: int
    not_kept: Mapping[str, Mapping[str, int]]  # documents by what was kept instead of the body, and outcome
    sites: Sequence[SiteSummary]  # by name

    def to_json(self) -> dict[str, Any]:
        """Return the summary ready for JSON."""
        described: dict[str, Any] = plain(self)
        return described


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    run: int
    job: str
    purpose: str
    state: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    site: str
    kind: str
    outcome: str | None
    kept: str  # "body", "headers", "nothing"
    exchanges: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    site: str
    rule: str
    refusals: int


_HEAD = RowOf(
    _Head,
    run=Run.id,
    job=Run.job_name,
    purpose=Run.purpose,
    state=Run.state,
    started_at=Run.started_at,
    ended_at=Run.ended_at,
)
_KEPT = func.coalesce(Capture.kept, literal_column("'body'")).label("kept")
_REFUSED = RowOf(_Refused, site=Site.name, rule=Refusal.rule, refusals=func.count())


def summary(database: Database, run_id: int) -> RunSummary:
    """Return what one run came to, so far.

    Raises:
        ProvenanceError: there is no such run.
    """
    heads = all_rows(database, select(_HEAD).where(Run.id == run_id))
    if not heads:
        raise ProvenanceError(f"there is no run {run_id}: «aboveboard runs» lists those that are recorded")
    head = heads[0]
    taken = all_rows(database, _taken(run_id))
    refused = all_rows(database, _refused(run_id))
    visited = all_rows(database, _visited(run_id))
    documents = [group for group in taken if group.kind == CaptureKind.DOCUMENT]
    outcomes = _counted((group.outcome or UNDECIDED, group.exchanges) for group in documents)
    return RunSummary(
        run=head.run,
        job=head.job,
        purpose=head.purpose,
        state=head.state,
        started_at=head.started_at,
        ended_at=head.ended_at,
        captured=sum(group.exchanges for group in documents),
        bytes=sum(group.bytes for group in documents),
        redirects=_of_kind(taken, CaptureKind.REDIRECT),
        failures=_of_kind(taken, CaptureKind.FAILURE),
        site_documents=_of_kind(taken, CaptureKind.SITE_DOCUMENT),
        refused=sum(group.refusals for group in refused),
        refused_by_rule=_counted((group.rule, group.refusals) for group in refused),
        outcomes=outcomes,
        needs_review=outcomes.get(Outcome.NEEDS_REVIEW.value, 0),
        not_kept={
            kept: _counted(
                (group.outcome or UNDECIDED, group.exchanges) for group in documents if group.kept == kept
            )
            for kept in sorted({group.kept for group in documents} - {Kept.BODY.value})
        },
        sites=tuple(_site(name, documents, refused) for name in visited),
    )


def _taken(run_id: int) -> Select[_Taken]:
    groups = (
        select(
            Visit.site_id,
            Visit.run_id,
            Capture.kind,
            Capture.rights_set_id,
            _KEPT,
            func.count().label("exchanges"),
            func.sum(Capture.length).label("bytes"),
        )
        .select_from(Visit)
        .join(Capture, capture_is_of_visit)
        .where(Visit.run_id == run_id)
        .group_by(Visit.site_id, Visit.run_id, Capture.kind, Capture.rights_set_id, _KEPT)
        .subquery()
    )
    row = RowOf(
        _Taken,
        site=Site.name,
        kind=groups.c.kind,
        outcome=Decision.outcome,
        kept=groups.c.kept,
        exchanges=total(groups.c.exchanges),
        bytes=total(groups.c.bytes),
    )
    return (
        select(row)
        .select_from(groups)
        .join(Site, Site.id == groups.c.site_id)
        .join(Run, Run.id == groups.c.run_id)
        .outerjoin(Decision, is_decided(groups.c.rights_set_id))
        .group_by(Site.name, groups.c.kind, Decision.outcome, groups.c.kept)
    )


def _refused(run_id: int) -> Select[_Refused]:
    return (
        select(_REFUSED)
        .select_from(Visit)
        .join(Site, Site.id == Visit.site_id)
        .join(Refusal, Refusal.visit_id == Visit.id)
        .where(Visit.run_id == run_id)
        .group_by(Site.name, Refusal.rule)
    )


def _visited(run_id: int) -> Select[str]:
    ids = select(Visit.site_id).where(Visit.run_id == run_id)
    return select(Site.name).where(Site.id.in_(ids)).order_by(Site.name)


def _counted(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, number in pairs:
        counts[name] = counts.get(name, 0) + number
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _of_kind(groups: Iterable[_Taken], kind: CaptureKind) -> int:
    return sum(group.exchanges for group in groups if group.kind == kind)


def _site(name: str, documents: Sequence[_Taken], refused: Sequence[_Refused]) -> SiteSummary:
    here = [group for group in documents if group.site == name]
    return SiteSummary(
        site=name,
        captured=sum(group.exchanges for group in here),
        bytes=sum(group.bytes for group in here),
        refused=sum(group.refusals for group in refused if group.site == name),
    )
