"""Hosts' own files about their rights, version by version, and what they held."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, union

from provenance.models import Capture, Origin, Refusal, Site, SiteDocument, SiteDocumentBody, Visit
from provenance.queries.expressions import capture_is_of_visit
from provenance.queries.holdings import Holding
from provenance.queries.rows import RowOf


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFileRow:
    """One version of a host's file: what was found there, from when to when."""

    origin: str
    name: str  # "robots.txt", "tdmrep.json", "ai.txt", "trust.txt"
    url: str
    retrieval: str  # a licences.vocabulary.Retrieval
    digest: bytes | None  # None: no such file came
    length: int | None  # bytes
    capture_id: int | None
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFileBody:
    """What a version held."""

    digest: bytes
    body: bytes


_ROW = RowOf(
    HostFileRow,
    origin=Origin.url,
    name=SiteDocument.name,
    url=SiteDocument.url,
    retrieval=SiteDocument.retrieval,
    digest=SiteDocument.digest,
    length=SiteDocumentBody.length,
    capture_id=SiteDocument.capture_id,
    first_seen=SiteDocument.first_seen,
    last_seen=SiteDocument.last_seen,
)
_BODY = RowOf(HostFileBody, digest=SiteDocumentBody.digest, body=SiteDocumentBody.body)


def host_files(holding: Holding) -> Select[HostFileRow]:
    """Select the versions of the files of every host that a site's visits asked, by host and file, in order."""
    visits = select(Visit.id).select_from(Site).join(Visit, Visit.site_id == Site.id).where(holding.condition)
    of_visits = visits.subquery()
    taken = select(Capture.origin_id).select_from(Visit).join(Capture, capture_is_of_visit)
    refused = select(Refusal.origin_id).where(Refusal.visit_id.in_(select(of_visits.c.id)))
    asked = union(taken.where(Visit.id.in_(select(of_visits.c.id))), refused).subquery()
    return (
        select(_ROW)
        .select_from(SiteDocument)
        .join(Origin, Origin.id == SiteDocument.origin_id)
        .outerjoin(SiteDocumentBody, SiteDocumentBody.digest == SiteDocument.digest)
        .where(SiteDocument.origin_id.in_(select(asked.c.origin_id)))
        .order_by(Origin.url, SiteDocument.name, SiteDocument.first_seen, SiteDocument.id)
    )


def host_file_bodies(digests: Collection[bytes]) -> Select[HostFileBody]:
    """Select what some versions held: up to 1 MiB each, so ask for a few."""
    return select(_BODY).where(SiteDocumentBody.digest.in_(sorted(digests)))
