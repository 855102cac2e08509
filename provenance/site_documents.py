"""What is written about hosts' own files: a row a version, and each body once.

A look that finds what the newest version says moves that version's last sight; anything else begins a new one.
History is written forwards: a look that is not later than the last one on record was recorded already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from provenance.errors import ProvenanceError
from provenance.models import SiteDocument, SiteDocumentBody
from provenance.models.base import storable
from provenance.records import MAX_SITE_DOCUMENT, SiteDocumentRecord
from provenance.upsert import chunks, insert_new


def write(
    connection: Connection,
    records: Sequence[SiteDocumentRecord],
    origins: Mapping[str, int],
    at: datetime,
) -> None:
    """Record what looks at hosts' files found.

    Args:
        connection: of a transaction that writes.
        records: in any order; written in the order of their time.
        origins: the key of each one's origin.
        at: the transaction's recorded time, UTC.

    Raises:
        ProvenanceError: a body is longer than any file of this kind may be.
    """
    bodies = {record.digest: record.body for record in records if record.digest and record.body is not None}
    for body in bodies.values():
        if len(body) > MAX_SITE_DOCUMENT:
            raise ProvenanceError(
                f"a site document of {len(body)} bytes: cut it to {MAX_SITE_DOCUMENT} before recording it"
            )
    if bodies:
        rows = [
            {"digest": digest, "body": bodies[digest], "length": len(bodies[digest])}
            for digest in sorted(bodies)
        ]
        connection.execute(insert_new(connection, SiteDocumentBody), rows)
    kept = _kept(connection, {record.digest for record in records if record.digest is not None})
    for record in sorted(records, key=lambda each: (each.origin, each.name, each.seen_at)):
        known = record if record.digest in kept else replace(record, digest=None)
        _write(connection, known, origins[storable(record.origin)], at)


def _kept(connection: Connection, digests: set[bytes]) -> set[bytes]:
    """Return those bodies that are there: one that the crawl remembers may have been erased meanwhile."""
    found: set[bytes] = set()
    for some in chunks(sorted(digests)):
        found.update(
            connection.scalars(select(SiteDocumentBody.digest).where(SiteDocumentBody.digest.in_(some)))
        )
    return found


def _write(connection: Connection, record: SiteDocumentRecord, origin: int, at: datetime) -> None:
    newest = _newest(connection, origin, record.name)
    if newest is not None and (newest["retrieval"], newest["digest"]) == (record.retrieval, record.digest):
        if record.seen_at > newest["last_seen"]:
            seen = update(SiteDocument).where(SiteDocument.id == newest["id"])
            connection.execute(seen.values(last_seen=record.seen_at))
    elif newest is None or record.seen_at > newest["last_seen"]:
        connection.execute(insert(SiteDocument).values(_row(record, origin, at)))


def _newest(connection: Connection, origin: int, name: str) -> RowMapping | None:
    of_file = (SiteDocument.origin_id == origin, SiteDocument.name == name)
    latest = select(func.max(SiteDocument.first_seen)).where(*of_file).scalar_subquery()
    query = select(
        SiteDocument.id, SiteDocument.retrieval, SiteDocument.digest, SiteDocument.last_seen
    ).where(*of_file, SiteDocument.first_seen == latest)
    return connection.execute(query).mappings().one_or_none()


def _row(record: SiteDocumentRecord, origin: int, at: datetime) -> dict[str, Any]:
    return {
        "origin_id": origin,
        "name": record.name,
        "url": record.url,
        "retrieval": record.retrieval,
        "digest": record.digest,
        "capture_id": record.capture_id,
        "first_seen": record.seen_at,
        "last_seen": record.seen_at,
        "recorded_at": at,
    }
