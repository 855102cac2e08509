"""Where the bytes of an exchange lie: by its key, and by the payload that an unchanged answer points to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from provenance.database import Database
from provenance.models import Capture, digest_is
from provenance.queries.explain import archived_place
from provenance.queries.payloads import holds_its_body
from provenance.queries.receipts import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """One exchange's address and the place of its records."""

    url: str
    status: int
    place: Place


def by_key(database: Database, capture_id: int) -> Archived | None:
    """Return where the exchange with a key lies, None where there is none."""
    return _first(database, select(Capture).where(Capture.id == capture_id))


def with_payload(database: Database, digest: bytes) -> Archived | None:
    """Return an exchange that holds a payload itself, the earliest of them: what a revisit record stands for.

    Args:
        database: where to look.
        digest: SHA-256 of the payload, 32 bytes.
    """
    holding = select(Capture).where(digest_is(Capture.payload_digest, digest), holds_its_body(Capture))
    return _first(database, holding.order_by(Capture.id))


def _first(database: Database, wanted: Select[Capture]) -> Archived | None:
    with database.session() as session:
        found = session.scalars(
            wanted.options(joinedload(Capture.origin), joinedload(Capture.segment)).limit(1)
        ).first()
        if found is None:
            return None
        return Archived(url=found.origin.url + found.path, status=found.status, place=archived_place(found))
