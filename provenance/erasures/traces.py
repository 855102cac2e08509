"""Does a row of the database still hold what an erasure was to remove?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, exists, func, select

from provenance.database import Database
from provenance.erasures.conditions import is_in, joined
from provenance.erasures.records import ErasureRecord
from provenance.erasures.scope import ScopeKind
from provenance.models import Capture, DigestPrefix, SiteDocument, SiteDocumentBody, Tombstone
from provenance.upsert import chunks


def traces(database: Database, erasure: ErasureRecord, digests: Iterable[bytes]) -> tuple[int, list[str]]:
    """Look for rows that an erasure should have removed.

    Args:
        database: where to look.
        erasure: whose tombstones still have their digests.
        digests: payloads that nothing else may hold.

    Returns:
        How many rows could have held something, and what was found, in words.
    """
    found: list[str] = []
    wanted = sorted(digests)
    with database.reading() as connection:
        looked = sum(_count(connection, model) for model in (Capture, SiteDocument, SiteDocumentBody))
        if erasure.scope.kind is not ScopeKind.RETENTION:
            left = joined(Capture.id).where(is_in(erasure.scope))
            found += [f"capture {key} lies in its scope" for key in connection.scalars(left)]
        hidden = select(Tombstone.capture_id).where(Tombstone.erasure_id == erasure.id)
        again = select(Capture.id).where(Capture.id.in_(hidden))
        found += [f"capture {key} was hidden and is back" for key in connection.scalars(again)]
        files = select(SiteDocument.url).where(SiteDocument.capture_id.in_(hidden))
        found += [f"a version of {url} stands on an erased exchange" for url in connection.scalars(files)]
        for some in chunks(wanted):
            held = select(Capture.id).where(
                DigestPrefix(Capture.payload_digest).in_([digest[:8] for digest in some]),
                Capture.payload_digest.in_(some),
            )
            found += [f"capture {key} has an erased payload" for key in connection.scalars(held)]
            bodies = select(SiteDocumentBody.digest).where(
                SiteDocumentBody.digest.in_(some),
                ~exists().where(SiteDocument.digest == SiteDocumentBody.digest),  # else another host's, too
            )
            found += [f"the body sha256:{digest.hex()} is kept" for digest in connection.scalars(bodies)]
    return looked, found


def _count(connection: Connection, model: Any) -> int:
    return connection.execute(select(func.count()).select_from(model)).scalar_one()
