"""What stands behind the totals of one site: permissions, versions of robots.txt, a few captures to look at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from provenance.models import Capture, Origin, Permission, Segment, Site, Visit
from provenance.queries.expressions import (
    capture_is_of_visit,
    key_is_among,
    total,
    url_of_capture,
    warc_uri,
)
from provenance.queries.holdings import Holding, captures_held
from provenance.queries.rows import RowOf
from provenance.records import CaptureKind


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


_PERMITTED = (
    select(Capture.permission_id, func.count().label("exchanges"))
    .select_from(Site)
    .join(Visit, Visit.site_id == Site.id)
    .join(Capture, capture_is_of_visit)
    .where(Capture.kind != CaptureKind.SITE_DOCUMENT.value)
    .group_by(Capture.permission_id)
)


def permissions(holding: Holding) -> Select[PermissionGroup]:
    """Select the permissions under which pages were requested, the busiest first.

    A line that stood in several versions of a robots.txt is one row.
    """
    groups = _PERMITTED.where(holding.condition).subquery()
    alike = {
        "origin": Origin.url,
        "rule": Permission.rule,
        "granted": Permission.granted,
        "line_number": Permission.line_number,
        "line_text": Permission.line_text,
        "overridden_line_number": Permission.overridden_line_number,
        "overridden_line_text": Permission.overridden_line_text,
    }
    exchanges = total(groups.c.exchanges)
    return (
        select(RowOf(PermissionGroup, **alike, exchanges=exchanges))
        .select_from(groups)
        .join(Permission, Permission.id == groups.c.permission_id)
        .join(Origin, Origin.id == Permission.origin_id)
        .group_by(*alike.values())
        .order_by(exchanges.desc(), func.min(Permission.id))
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
        captures_held(_ROBOTS, holding, CaptureKind.SITE_DOCUMENT)
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
    """Select captures by their keys: a few a line, and where every page names terms of its own, as many lines."""
    return (
        select(_EXAMPLE)
        .select_from(Capture)
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
        .where(key_is_among(Capture.id, ids))
    )
