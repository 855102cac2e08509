"""What we hold of one site, in totals: each select groups in the database and returns few rows.

The size of an answer follows from how many different things happened, not from how many documents there are.
``least`` and ``latest`` are the first and the last capture of a group: its examples.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, func, select

from provenance.models import (
    Capture,
    Decision,
    Origin,
    Permission,
    Policy,
    RightsSet,
    Run,
    Segment,
    Site,
    Visit,
)
from provenance.queries.expressions import (
    capture_is_of_visit,
    is_decided,
    total,
    url_of_capture,
    warc_uri,
)
from provenance.queries.rows import RowOf
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
    documents: int
    bytes: int
    least: int
    latest: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionGroup:
    """The exchanges that one permission let through."""

    origin: str
    rule: str
    granted: bool
    line_number: int | None
    line_text: str | None
    overridden_line_number: int | None
    overridden_line_text: str | None
    exchanges: int  # pages asked for under it, whatever the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsGroup:
    """One version of a robots.txt, with the first exchange that brought it."""

    url: str
    status: int
    payload_digest: bytes
    length: int
    first_seen: datetime
    last_seen: datetime
    times: int
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One capture, enough to find it again."""

    id: int
    url: str
    warc_uri: str
    warc_offset: int
    warc_length: int


def _captures_of(row: RowOf[Any], holding: Holding, *kinds: CaptureKind) -> Select[Any]:
    chosen = (
        select(row)
        .select_from(Site)
        .join(Visit, Visit.site_id == Site.id)
        .join(Capture, capture_is_of_visit)
        .where(holding.condition)
    )
    return chosen.where(Capture.kind.in_([kind.value for kind in kinds])) if kinds else chosen


_EXTENT = RowOf(
    Extent,
    documents=func.count(),
    addresses=func.count(Capture.url_hash.distinct()),
    bytes=total(Capture.length),
    first_at=func.min(Capture.fetched_at),
    last_at=func.max(Capture.fetched_at),
)


def extent(holding: Holding) -> Select[Extent]:
    """Select the one row of totals over the documents."""
    return _captures_of(_EXTENT, holding, CaptureKind.DOCUMENT)


_OF_ONE_SET = (
    select(
        Site.name,
        Visit.run_id,
        Capture.rights_set_id,
        func.count().label("documents"),
        func.sum(Capture.length).label("bytes"),
        func.min(Capture.id).label("least"),
        func.max(Capture.id).label("latest"),
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
        documents=groups.c.documents,
        bytes=cast(groups.c.bytes, BigInteger),
        least=groups.c.least,
        latest=groups.c.latest,
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
    chosen = _captures_of(_MEDIA, holding, CaptureKind.DOCUMENT)
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
    chosen = _captures_of(_EXCHANGE, holding)
    return chosen.group_by(Capture.kind, Capture.status).order_by(Capture.kind, Capture.status)


_PERMITTED = (
    select(Capture.permission_id, func.count().label("exchanges"))
    .select_from(Site)
    .join(Visit, Visit.site_id == Site.id)
    .join(Capture, capture_is_of_visit)
    .where(Capture.kind != CaptureKind.SITE_DOCUMENT.value)
    .group_by(Capture.permission_id)
)


def permissions(holding: Holding) -> Select[PermissionGroup]:
    """Select the permissions under which pages were requested, the busiest first."""
    groups = _PERMITTED.where(holding.condition).subquery()
    row = RowOf(
        PermissionGroup,
        origin=Origin.url,
        rule=Permission.rule,
        granted=Permission.granted,
        line_number=Permission.line_number,
        line_text=Permission.line_text,
        overridden_line_number=Permission.overridden_line_number,
        overridden_line_text=Permission.overridden_line_text,
        exchanges=groups.c.exchanges,
    )
    return (
        select(row)
        .select_from(groups)
        .join(Permission, Permission.id == groups.c.permission_id)
        .join(Origin, Origin.id == Permission.origin_id)
        .order_by(groups.c.exchanges.desc(), Permission.id)
    )


_ROBOTS = RowOf(
    RobotsGroup,
    url=url_of_capture,
    status=Capture.status,
    payload_digest=Capture.payload_digest,
    length=func.min(Capture.length),
    first_seen=func.min(Capture.fetched_at),
    last_seen=func.max(Capture.fetched_at),
    times=func.count(),
    least=func.min(Capture.id),
)


def robots(holding: Holding) -> Select[RobotsGroup]:
    """Select the versions of each robots.txt, in the order in which they were first seen."""
    return (
        _captures_of(_ROBOTS, holding, CaptureKind.SITE_DOCUMENT)
        .join(Origin, Origin.id == Capture.origin_id)
        .where(Capture.path == "/robots.txt")
        .group_by(Origin.url, Capture.path, Capture.status, Capture.payload_digest)
        .order_by(func.min(Capture.id))
    )


_EXAMPLE = RowOf(
    Example,
    id=Capture.id,
    url=url_of_capture,
    warc_uri=warc_uri,
    warc_offset=Capture.warc_offset,
    warc_length=Capture.warc_length,
)


def examples(ids: Collection[int]) -> Select[Example]:
    """Select a few captures by their keys."""
    return (
        select(_EXAMPLE)
        .select_from(Capture)
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
        .where(Capture.id.in_(sorted(ids)))
    )
