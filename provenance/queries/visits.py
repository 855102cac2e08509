"""Who came to a site: runs, identities and admissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from provenance.models import Policy, Refusal, Run, Site, Source, Visit
from provenance.queries.expressions import total
from provenance.queries.holdings import Holding
from provenance.queries.rows import RowOf
from provenance.queries.tallied import documents_by_visit


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRun:
    """One run that came to a site, with who we said we were."""

    id: int
    job: str
    purpose: str
    policy: str
    policy_digest: bytes
    operator: str
    contact: str
    info_url: str | None
    product_token: str
    user_agent: str
    software: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    documents: int
    refusals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAdmission:
    """Who admitted a run to a site, on what basis."""

    run: int
    admitted_by: str
    basis: str
    start: Sequence[str]
    include: Sequence[str]
    permission: Mapping[str, Any] | None


def site_runs(holding: Holding) -> Select[SiteRun]:
    """Select the runs that came to a site, the newest first."""
    visited = select(Visit.run_id).join(Site, Site.id == Visit.site_id).where(holding.condition)
    held = documents_by_visit(holding.condition)
    documents = (
        select(held.c.run_id, total(held.c.documents).label("number")).group_by(held.c.run_id).subquery()
    )
    refused = (
        select(Visit.run_id, func.count().label("number"))
        .join(Site, Site.id == Visit.site_id)
        .join(Refusal, Refusal.visit_id == Visit.id)
        .where(holding.condition)
        .group_by(Visit.run_id)
        .subquery()
    )
    row = RowOf(
        SiteRun,
        id=Run.id,
        job=Run.job_name,
        purpose=Run.purpose,
        policy=Policy.name,
        policy_digest=Policy.digest,
        operator=Run.operator,
        contact=Run.contact,
        info_url=Run.info_url,
        product_token=Run.product_token,
        user_agent=Run.user_agent,
        software=Run.software,
        state=Run.state,
        started_at=Run.started_at,
        ended_at=Run.ended_at,
        documents=func.coalesce(documents.c.number, 0),
        refusals=func.coalesce(refused.c.number, 0),
    )
    return (
        select(row)
        .select_from(Run)
        .join(Policy, Policy.id == Run.policy_id)
        .outerjoin(documents, documents.c.run_id == Run.id)
        .outerjoin(refused, refused.c.run_id == Run.id)
        .where(Run.id.in_(visited))
        .order_by(Run.id.desc())
    )


_ADMISSION = RowOf(
    SiteAdmission,
    run=Source.run_id,
    admitted_by=Source.admitted_by,
    basis=Source.basis,
    start=Source.start,
    include=Source.include,
    permission=Source.permission,
)


def site_admissions(holding: Holding) -> Select[SiteAdmission]:
    """Select every admission of a site, the newest first."""
    chosen = (
        select(_ADMISSION)
        .select_from(Source)
        .join(Site, Site.id == Source.site_id)
        .where(Site.name == holding.site)
        .order_by(Source.run_id.desc(), Source.id)
    )
    return chosen if holding.run is None else chosen.where(Source.run_id == holding.run)
