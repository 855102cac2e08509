"""Sites: one row for each site that a run came to, with what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select

from licences.vocabulary import Outcome
from provenance.models import Capture, Decision, Refusal, Run, Site, Visit
from provenance.queries.expressions import is_decided, total
from provenance.queries.rows import RowOf
from provenance.records import CaptureKind

_is_document: ColumnElement[bool] = Capture.kind == CaptureKind.DOCUMENT.value


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """What all runs together brought from one site."""

    site: str
    captures: int  # documents, versions counted
    refusals: int
    needs_review: int  # documents that wait for a person
    bytes: int  # payload bytes of the documents
    runs: int
    last_run: int
    last_visit: datetime


def documents_by_visit() -> Subquery:
    """Count documents, their bytes and those that need a person, one row a visit (none without documents).

    Grouped by rights set first: decisions are joined to a handful of groups, not to every capture.
    """
    groups = (
        select(
            Capture.visit_id,
            Capture.rights_set_id,
            func.count().label("documents"),
            func.sum(Capture.length).label("bytes"),
        )
        .where(_is_document)
        .group_by(Capture.visit_id, Capture.rights_set_id)
        .subquery()
    )
    waits = case((Decision.outcome == Outcome.NEEDS_REVIEW.value, groups.c.documents), else_=0)
    return (
        select(
            groups.c.visit_id,
            func.sum(groups.c.documents).label("documents"),
            func.sum(groups.c.bytes).label("bytes"),
            func.sum(waits).label("needs_review"),
        )
        .select_from(groups)
        .join(Visit, Visit.id == groups.c.visit_id)
        .join(Run, Run.id == Visit.run_id)
        .outerjoin(Decision, is_decided(groups.c.rights_set_id))
        .group_by(groups.c.visit_id)
        .subquery()
    )


def refusals_by_visit() -> Subquery:
    """Count refusals, one row a visit (none without refusals)."""
    return select(Refusal.visit_id, func.count().label("refusals")).group_by(Refusal.visit_id).subquery()


DOCUMENTS, REFUSALS = documents_by_visit(), refusals_by_visit()

SITE_ROW = RowOf(
    SiteRow,
    site=Site.name,
    captures=total(DOCUMENTS.c.documents),
    refusals=total(REFUSALS.c.refusals),
    needs_review=total(DOCUMENTS.c.needs_review),
    bytes=total(DOCUMENTS.c.bytes),
    runs=func.count(Visit.run_id.distinct()),
    last_run=func.max(Visit.run_id),
    last_visit=func.max(Visit.opened_at),
)


def sites(*, site: str | None = None) -> Select[SiteRow]:
    """Select one row a site, by name; only ``site`` when given."""
    chosen = (
        select(SITE_ROW)
        .select_from(Site)
        .join(Visit, Visit.site_id == Site.id)
        .outerjoin(DOCUMENTS, DOCUMENTS.c.visit_id == Visit.id)
        .outerjoin(REFUSALS, REFUSALS.c.visit_id == Visit.id)
        .group_by(Site.name)
        .order_by(Site.name)
    )
    return chosen if site is None else chosen.where(Site.name == site)


def site_names() -> Select[str]:
    """Select the name of every site that was visited, sorted."""
    visited = select(Visit.site_id).distinct()
    return select(Site.name).where(Site.id.in_(visited)).order_by(Site.name)
