"""How many documents each rights set holds for: all that is needed to decide everything anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from provenance.models import Capture, Origin, RightsSet, Site
from provenance.queries.expressions import total, url_of_capture
from provenance.queries.rows import RowOf
from provenance.queries.tallied import documents_by_visit
from provenance.records import CaptureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsCount:
    """A rights set, and the documents that it holds for."""

    rights_set: int
    canonical: str  # JSON, see `licences.rights`
    documents: int
    least: int  # the first and the last capture that it holds for: examples, where they are documents
    latest: int


def rights_counts(*, site: str | None = None, as_of: datetime | None = None) -> Select[RightsCount]:
    """Select every rights set that holds for a document, with the number of documents; the commonest first.

    Args:
        site: only this one's documents; None: all.
        as_of: recorded by then; None: now.
    """
    visits = () if site is None else (Site.name == site,)
    held = documents_by_visit(*visits, as_of=as_of)
    groups = (
        select(
            held.c.rights_set_id,
            total(held.c.documents).label("documents"),
            func.min(held.c.least).label("least"),
            func.max(held.c.latest).label("latest"),
        )
        .group_by(held.c.rights_set_id)
        .subquery()
    )
    row = RowOf(
        RightsCount,
        rights_set=RightsSet.id,
        canonical=RightsSet.canonical,
        documents=groups.c.documents,
        least=groups.c.least,
        latest=groups.c.latest,
    )
    return (
        select(row)
        .select_from(groups)
        .join(RightsSet, RightsSet.id == groups.c.rights_set_id)
        .order_by(groups.c.documents.desc(), RightsSet.id)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureAddress:
    """A capture by its key, and its URL."""

    id: int
    url: str


_ADDRESS = RowOf(CaptureAddress, id=Capture.id, url=url_of_capture)


def addresses(ids: Collection[int]) -> Select[CaptureAddress]:
    """Select the URLs of a few captures, of the documents among them."""
    return (
        select(_ADDRESS)
        .select_from(Capture)
        .join(Origin, Origin.id == Capture.origin_id)
        .where(Capture.id.in_(sorted(ids)), Capture.kind == CaptureKind.DOCUMENT.value)
    )
