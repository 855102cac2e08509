"""Sites: one row for each site that a run came to, with what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select

from licences.vocabulary import Outcome
from provenance.models import Decision, Refusal, Run, Site, Visit
from provenance.queries.expressions import is_decided, total
from provenance.queries.known import decisions_known, refusals_known, visits_known
from provenance.queries.rows import RowOf
from provenance.queries.tallied import documents_by_visit


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


def sites(*, site: str | None = None, as_of: datetime | None = None) -> Select[SiteRow]:
    """Select one row a site, by name.

    Decisions are joined to a handful of groups, not to every capture.

    Args:
        site: only this one; None: all.
        as_of: recorded by then; None: now.
    """
    visits = () if site is None else (Site.name == site,)
    documents, refused = _documents(visits, as_of), _refusals(as_of)
    row = RowOf(
        SiteRow,
        site=Site.name,
        captures=total(documents.c.documents),
        refusals=total(refused.c.refusals),
        needs_review=total(documents.c.needs_review),
        bytes=total(documents.c.bytes),
        runs=func.count(Visit.run_id.distinct()),
        last_run=func.max(Visit.run_id),
        last_visit=func.max(Visit.opened_at),
    )
    return (
        select(row)
        .select_from(Site)
        .join(Visit, Visit.site_id == Site.id)
        .outerjoin(documents, documents.c.visit_id == Visit.id)
        .outerjoin(refused, refused.c.visit_id == Visit.id)
        .where(*visits, *visits_known(as_of))
        .group_by(Site.name)
        .order_by(Site.name)
    )


def _documents(visits: tuple[ColumnElement[bool], ...], as_of: datetime | None) -> Subquery:
    """Count documents, their bytes and those that need a person, one row a visit (none without documents)."""
    groups = documents_by_visit(*visits, as_of=as_of)
    waits = case((Decision.outcome == Outcome.NEEDS_REVIEW.value, groups.c.documents), else_=0)
    return (
        select(
            groups.c.visit_id,
            func.sum(groups.c.documents).label("documents"),
            func.sum(groups.c.bytes).label("bytes"),
            func.sum(waits).label("needs_review"),
        )
        .select_from(groups)
        .join(Run, Run.id == groups.c.run_id)
        .outerjoin(Decision, and_(is_decided(groups.c.rights_set_id), *decisions_known(as_of)))
        .group_by(groups.c.visit_id)
        .subquery()
    )


def _refusals(as_of: datetime | None) -> Subquery:
    """Count refusals, one row a visit (none without refusals)."""
    counted = select(Refusal.visit_id, func.count().label("refusals")).where(*refusals_known(as_of))
    return counted.group_by(Refusal.visit_id).subquery()


def site_names(*, as_of: datetime | None = None) -> Select[str]:
    """Select the name of every site that was visited, sorted."""
    visited = select(Visit.site_id).where(*visits_known(as_of)).distinct()
    return select(Site.name).where(Site.id.in_(visited)).order_by(Site.name)
