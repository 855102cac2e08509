"""Refusals: what was not taken, and why; a result like any other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from provenance.models import Origin, Refusal, Site, SourceEntry, Visit
from provenance.queries.expressions import has_prefix, url_of_refusal
from provenance.queries.known import REFUSAL_RECORDED, refusals_known
from provenance.queries.rows import RowOf


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRow:
    """One address that was not taken in one visit, by one rule."""

    url: str
    at: datetime
    rule: str
    reason: str  # a sentence
    evidence: str  # the line, the status, the address it stands on
    run: int
    site: str
    recorded_at: datetime  # when we knew it


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalFilter:
    """What to look for; None leaves a field open."""

    site: str | None = None
    prefix: str | None = None  # the URL begins with it
    rule: str | None = None  # a rule, or what it begins with up to a dot: "robots", "site.http-403"
    run: int | None = None
    since: datetime | None = None
    until: datetime | None = None  # before
    source: str | None = None  # of the register, by its name
    as_of: datetime | None = None  # recorded by then; None: now.  `known.settled` before you ask
    limit: int | None = None


REFUSAL_ROW = RowOf(
    RefusalRow,
    url=url_of_refusal,
    at=Refusal.at,
    rule=Refusal.rule,
    reason=Refusal.reason,
    evidence=Refusal.evidence,
    run=Visit.run_id,
    site=Site.name,
    recorded_at=REFUSAL_RECORDED,
)


def refusals(wanted: RefusalFilter) -> Select[RefusalRow]:
    """Select the refusals that match, in the order in which they were recorded."""
    chosen = (
        select(REFUSAL_ROW)
        .select_from(Refusal)
        .join(Visit, Visit.id == Refusal.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .join(Origin, Origin.id == Refusal.origin_id)
        .where(*_conditions(wanted), *refusals_known(wanted.as_of))
        .order_by(Refusal.id)
    )
    return chosen if wanted.limit is None else chosen.limit(wanted.limit)


def _conditions(wanted: RefusalFilter) -> list[Any]:
    rule = wanted.rule or ""
    asked: list[tuple[Any, Any]] = [
        (wanted.site, lambda: Site.name == wanted.site),
        (wanted.prefix, lambda: has_prefix(Refusal.path, wanted.prefix or "")),
        (
            wanted.rule,
            lambda: or_(Refusal.rule == rule, Refusal.rule.startswith(f"{rule}.", autoescape=True)),
        ),
        (wanted.run, lambda: Visit.run_id == wanted.run),
        (wanted.source, lambda: Visit.site_id.in_(_sites_of(wanted.source or "", wanted.as_of))),
        (wanted.since, lambda: Refusal.at >= wanted.since),
        (wanted.until, lambda: Refusal.at < wanted.until),
    ]
    return [condition() for value, condition in asked if value is not None]


def _sites_of(source: str, as_of: datetime | None) -> Select[Any]:
    sites = select(SourceEntry.site_id).where(SourceEntry.name == source)
    return sites if as_of is None else sites.where(SourceEntry.recorded_at <= as_of)
