"""The first phase: rows move from capture to tombstone, and no question meets them any more.

One transaction; what a visit still records of the scope afterwards is moved by the second phase (`sweep`), which
has the site to itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

from provenance import tallies
from provenance.database import Database
from provenance.erasures.conditions import covered, is_origin_of
from provenance.erasures.holds import freeze_holds, refuse_held, standing_against
from provenance.erasures.listing import read_erasure
from provenance.erasures.records import ErasureRecord, ErasureState
from provenance.erasures.scope import Scope, ScopeKind
from provenance.errors import ScopeError
from provenance.models import Capture, Erasure, Origin, SiteDocument, SiteDocumentBody, Tombstone
from provenance.upsert import chunks, insert_new


def hide(
    database: Database,
    scope: Scope,
    *,
    reason: str,
    requested_by: str,
    at: datetime,
    suppresses: bool,
    captures: Sequence[int] = (),
) -> ErasureRecord:
    """Hide what a scope covers from every question and, with ``suppresses``, never let it be fetched again.

    Args:
        database: where the rows are.
        scope: what is to be forgotten.
        reason: why, in words.
        requested_by: who asked for it.
        at: UTC.
        suppresses: whether the scope joins the list that permission consults.
        captures: for a scope of retention the keys of the captures whose time is over.

    Raises:
        LegalHoldStands: nothing was hidden.
        ScopeError: nobody says who asks and why.
    """
    if not reason.strip() or not requested_by.strip():
        raise ScopeError("say why this is to be erased, and who asks for it")
    with database.writing() as connection:
        freeze_holds(connection)
        refuse_held(standing_against(connection, scope, captures), scope)
        row: dict[str, Any] = {
            "scope_kind": scope.kind.value,
            "scope_value": scope.value,
            "suppresses": suppresses,
        }
        row |= {"reason": reason.strip(), "requested_by": requested_by.strip(), "requested_at": at}
        row |= {"state": ErasureState.HIDDEN.value, "captures": 0, "segments": 0, "bytes": 0}
        erasure = connection.execute(insert(Erasure).values(row).returning(Erasure.id)).scalar_one()
        tallied = _move(connection, erasure, scope, at, captures).tallied
        hidden = read_erasure(connection, erasure)
    tallies.seal_again(database, tallied)
    return hidden


def sweep(database: Database, erasure: ErasureRecord, at: datetime) -> int:
    """Hide what was recorded of an erasure's scope after it was hidden; return how many exchanges that are.

    Segments hold something of it again then, so that one which was rewritten has to be rewritten once more.
    """
    if erasure.scope.kind is ScopeKind.RETENTION or erasure.state is ErasureState.ERASED:
        return 0
    with database.writing() as connection:
        moved = _move(connection, erasure.id, erasure.scope, at, ())
        if moved.count:
            again = update(Erasure).where(
                Erasure.id == erasure.id, Erasure.state == ErasureState.REWRITTEN.value
            )
            connection.execute(again.values(state=ErasureState.HIDDEN.value))
    tallies.seal_again(database, moved.tallied)
    return moved.count


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """How many exchanges were hidden, and the visits whose tallies that made wrong."""

    count: int
    tallied: Sequence[int]


def _move(
    connection: Connection, erasure: int, scope: Scope, at: datetime, captures: Sequence[int]
) -> _Moved:
    moved, size, segments = 0, 0, set()
    tallied: list[int] = []
    for page in covered(connection, scope, captures):
        tallied += tallies.unseal(connection, [row.visit_id for row in page])
        connection.execute(insert_new(connection, Tombstone), [_tombstone(row, erasure, at) for row in page])
        for some in chunks([row.id for row in page]):
            connection.execute(delete(Capture).where(Capture.id.in_(some)))
            forget_site_documents(connection, SiteDocument.capture_id.in_(some))
        moved += len(page)
        size += sum(row.request_length + row.warc_length + row.metadata_length for row in page)
        segments |= {row.segment_id for row in page}
    _forget_files(connection, scope)
    grown = update(Erasure).where(Erasure.id == erasure)
    connection.execute(
        grown.values(
            captures=Erasure.captures + moved,
            segments=Erasure.segments + len(segments),
            bytes=Erasure.bytes + size,
        )
    )
    return _Moved(count=moved, tallied=tallied)


def _tombstone(row: Any, erasure: int, at: datetime) -> dict[str, Any]:
    return {
        "capture_id": row.id,
        "visit_id": row.visit_id,
        "kind": row.kind,
        "url_hash": hashlib.sha256(row.url.encode("utf-8", "replace")).digest(),
        "fetched_at": row.fetched_at,
        "recorded_at": row.recorded_at,
        "erasure_id": erasure,
        "hidden_at": at,
        "segment_id": row.segment_id,
        "warc_offset": row.warc_offset,
        "warc_length": row.warc_length,
        "request_length": row.request_length,
        "metadata_length": row.metadata_length,
        "payload_digest": row.payload_digest,
        "revisit": row.revisit,
    }


def forget_site_documents(connection: Connection, which: Any) -> None:
    """Remove versions of hosts' own files, and the bodies that no version refers to any more."""
    digests = connection.scalars(delete(SiteDocument).where(which).returning(SiteDocument.digest)).all()
    for some in chunks(sorted({digest for digest in digests if digest is not None})):
        connection.execute(
            delete(SiteDocumentBody).where(
                SiteDocumentBody.digest.in_(some),
                ~exists().where(SiteDocument.digest == SiteDocumentBody.digest),
            )
        )


def _forget_files(connection: Connection, scope: Scope) -> None:
    """Also the versions without a capture of their own: what a file's URL says is enough."""
    if scope.kind is ScopeKind.URL:
        forget_site_documents(connection, SiteDocument.url == scope.value)
    elif scope.kind is ScopeKind.PREFIX:
        forget_site_documents(connection, SiteDocument.url.startswith(scope.value, autoescape=True))
    elif scope.kind is ScopeKind.SITE:
        of_site = select(Origin.id).where(is_origin_of(scope.value))
        forget_site_documents(connection, SiteDocument.origin_id.in_(of_site))
    elif scope.digest is not None:
        forget_site_documents(connection, SiteDocument.digest == scope.digest)
