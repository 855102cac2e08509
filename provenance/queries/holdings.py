"""What we hold of one site, in totals: each select groups in the database and returns few rows.

The size of an answer follows from how many different things happened, not from how many documents there are.
``least`` and ``latest`` are the first and the last capture of a group: its examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, func, select

from provenance.models import (
    Capture,
    Decision,
    Policy,
    RightsSet,
    Run,
    Site,
    Visit,
)
from provenance.queries.expressions import (
    capture_is_of_visit,
    is_decided,
    total,
)
from provenance.queries.rows import RowOf, T
from provenance.records import CaptureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Which part of the database is asked about."""

    site: str
    run: int | None = None  # None: all runs

    @property
    def condition(self) -> ColumnElement[bool]:
        """The condition on `Site` and `Visit`."""
        of_site = Site.name == self.site
        return of_site if self.run is None else and_(of_site, Visit.run_id == self.run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How many documents, of how many URLs, from when to when."""

    documents: int
    addresses: int
    bytes: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsGroup:
    """The documents of one rights set in one run, as that run's policy decided them for its purpose."""

    rights_set: int
    canonical: str
    licences: Sequence[str]
    run: int
    policy: str
    purpose: str
    outcome: str | None  # None: not decided for this policy and purpose
    rule: str | None
    reasons: Sequence[Any] | None
    conditions: Sequence[Any] | None
    conflicts: Sequence[str] | None
    documents: int
    bytes: int
    least: int
    latest: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaGroup:
    """The documents of one media type."""

    media_type: str
    documents: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeGroup:
    """The archived exchanges of one kind and status."""

    kind: str
    status: int
    exchanges: int
    bytes: int


def captures_held(row: RowOf[T], holding: Holding, *kinds: CaptureKind) -> Select[T]:
    """Select over the captures of a holding, of these kinds; of all kinds when none is given."""
    chosen = (
        select(row)
        .select_from(Site)
        .join(Visit, Visit.site_id == Site.id)
        .join(Capture, capture_is_of_visit)
        .where(holding.condition)
    )
    return chosen.where(Capture.kind.in_([kind.value for kind in kinds])) if kinds else chosen


def extent(holding: Holding) -> Select[Extent]:
    """Select the one row of totals over the documents.

    Addresses are grouped, then counted: SQLite takes twice as long to count what is distinct.
    """
    addresses = (
        select(Capture.url_hash)
        .select_from(Site)
        .join(Visit, Visit.site_id == Site.id)
        .join(Capture, capture_is_of_visit)
        .where(holding.condition, Capture.kind == CaptureKind.DOCUMENT.value)
        .group_by(Capture.url_hash)
        .subquery()
    )
    row = RowOf(
        Extent,
        documents=func.count(),
        addresses=select(func.count()).select_from(addresses).scalar_subquery(),
        bytes=total(Capture.length),
        first_at=func.min(Capture.fetched_at),
        last_at=func.max(Capture.fetched_at),
    )
    return captures_held(row, holding, CaptureKind.DOCUMENT)


_OF_ONE_SET = (
    select(
        Site.name,
        Visit.run_id,
        Capture.rights_set_id,
        func.count().label("documents"),
        func.sum(Capture.length).label("bytes"),
        func.min(Capture.id).label("least"),
        func.max(Capture.id).label("latest"),
        func.min(Capture.fetched_at).label("first_seen"),
        func.max(Capture.fetched_at).label("last_seen"),
    )
    .select_from(Site)
    .join(Visit, Visit.site_id == Site.id)
    .join(Capture, capture_is_of_visit)
    .where(Capture.kind == CaptureKind.DOCUMENT.value)
    .group_by(Site.name, Visit.run_id, Capture.rights_set_id)
)


def rights(holding: Holding) -> Select[RightsGroup]:
    """Select the rights sets of the documents, by run, the commonest first.

    Captures are grouped before anything is joined: a site of a million pages has a handful of sets.
    """
    groups = _OF_ONE_SET.where(holding.condition).subquery()
    row = RowOf(
        RightsGroup,
        rights_set=RightsSet.id,
        canonical=RightsSet.canonical,
        licences=RightsSet.licences,
        run=Run.id,
        policy=Policy.name,
        purpose=Run.purpose,
        outcome=Decision.outcome,
        rule=Decision.rule,
        reasons=Decision.reasons,
        conditions=Decision.conditions,
        conflicts=Decision.conflicts,
        documents=groups.c.documents,
        bytes=cast(groups.c.bytes, BigInteger),
        least=groups.c.least,
        latest=groups.c.latest,
        first_seen=groups.c.first_seen,
        last_seen=groups.c.last_seen,
    )
    return (
        select(row)
        .select_from(groups)
        .join(RightsSet, RightsSet.id == groups.c.rights_set_id)
        .join(Run, Run.id == groups.c.run_id)
        .join(Policy, Policy.id == Run.policy_id)
        .outerjoin(Decision, is_decided(RightsSet.id))
        .order_by(groups.c.documents.desc(), RightsSet.id, Run.id)
    )


_MEDIA = RowOf(MediaGroup, media_type=Capture.media_type, documents=func.count(), bytes=total(Capture.length))


def media(holding: Holding) -> Select[MediaGroup]:
    """Select the media types of the documents, the largest volume first."""
    chosen = captures_held(_MEDIA, holding, CaptureKind.DOCUMENT)
    return chosen.group_by(Capture.media_type).order_by(total(Capture.length).desc(), Capture.media_type)


_EXCHANGE = RowOf(
    ExchangeGroup,
    kind=Capture.kind,
    status=Capture.status,
    exchanges=func.count(),
    bytes=total(Capture.length),
)


def exchanges(holding: Holding) -> Select[ExchangeGroup]:
    """Select all archived exchanges by kind and status."""
    chosen = captures_held(_EXCHANGE, holding)
    return chosen.group_by(Capture.kind, Capture.status).order_by(Capture.kind, Capture.status)
