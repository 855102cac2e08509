"""What was not taken from one site, in totals by rule, with a few of each to look at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from provenance.models import Origin, Refusal, Site, Visit
from provenance.queries.expressions import url_of_refusal
from provenance.queries.holdings import Holding
from provenance.queries.rows import RowOf


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalGroup:
    """The refusals of one site by one rule under one permission (a line of robots.txt, or none)."""

    rule: str
    refusals: int
    least: int  # the first and the last of them: its examples
    latest: int


_GROUP = RowOf(
    RefusalGroup,
    rule=Refusal.rule,
    refusals=func.count(),
    least=func.min(Refusal.id),
    latest=func.max(Refusal.id),
)


def refusal_groups(holding: Holding) -> Select[RefusalGroup]:
    """Select a site's refusals by rule and permission, the commonest first."""
    return (
        select(_GROUP)
        .select_from(Site)
        .join(Visit, Visit.site_id == Site.id)
        .join(Refusal, Refusal.visit_id == Visit.id)
        .where(holding.condition)
        .group_by(Refusal.rule, Refusal.permission_id)
        .order_by(func.count().desc(), Refusal.rule)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalExample:
    """One refusal, found by its key."""

    id: int
    url: str
    at: datetime
    rule: str
    reason: str
    evidence: str


_EXAMPLE = RowOf(
    RefusalExample,
    id=Refusal.id,
    url=url_of_refusal,
    at=Refusal.at,
    rule=Refusal.rule,
    reason=Refusal.reason,
    evidence=Refusal.evidence,
)


def refusal_examples(ids: Collection[int]) -> Select[RefusalExample]:
    """Select a few refusals by their keys, in the order in which they were recorded."""
    return (
        select(_EXAMPLE)
        .select_from(Refusal)
        .join(Origin, Origin.id == Refusal.origin_id)
        .where(Refusal.id.in_(sorted(ids)))
        .order_by(Refusal.id)
    )
