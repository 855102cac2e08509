"""Erasures on record: one, all, those that are not finished; their tombstones and certificates."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from provenance.database import Database
from provenance.erasures.records import ErasureRecord, ErasureState
from provenance.erasures.scope import Scope, ScopeKind
from provenance.errors import NotOnRecord
from provenance.models import Erasure, Tombstone


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """An exchange that was forgotten, as far as anything is left of it."""

    capture_id: int
    kind: str
    fetched_at: datetime  # UTC
    hidden_at: datetime  # UTC
    erased_at: datetime | None  # UTC; None: bytes are still to go
    erasure_id: int


def erasure(database: Database, erasure_id: int) -> ErasureRecord:
    """Return an erasure.

    Raises:
        NotOnRecord: there is none of this number.
    """
    with database.reading() as connection:
        return read_erasure(connection, erasure_id)


def erasures(database: Database) -> list[ErasureRecord]:
    """Return all erasures in the order they were asked for."""
    with database.reading() as connection:
        return [_read(row) for row in connection.execute(select(Erasure).order_by(Erasure.id))]


def unfinished(database: Database) -> list[ErasureRecord]:
    """Return the erasures whose bytes are still to go, in the order they were asked for."""
    query = select(Erasure).where(Erasure.state != ErasureState.ERASED.value).order_by(Erasure.id)
    with database.reading() as connection:
        return [_read(row) for row in connection.execute(query)]


def forgotten(database: Database, url: str) -> list[Forgotten]:
    """Return what is left of a URL's erased exchanges, in the order they were made."""
    names = [name for name in Forgotten.__slots__ if name != "__weakref__"]
    digest = hashlib.sha256(url.encode("utf-8", "replace")).digest()
    query = (
        select(*(getattr(Tombstone, name) for name in names))
        .where(Tombstone.url_hash == digest)
        .order_by(Tombstone.fetched_at)
    )
    with database.reading() as connection:
        return [Forgotten(**row) for row in connection.execute(query).mappings()]


def keep_certificate(database: Database, erasure_id: int, certificate: str) -> str:
    """Keep a certificate with its erasure and return the one that is kept: the first stays.

    Raises:
        NotOnRecord: there is no such erasure, or it is not finished.
    """
    finished = update(Erasure).where(
        Erasure.id == erasure_id,
        Erasure.state == ErasureState.ERASED.value,
        Erasure.certificate.is_(None),
    )
    with database.writing() as connection:
        connection.execute(finished.values(certificate=certificate))
        kept = read_erasure(connection, erasure_id)
    if kept.certificate is None:
        raise NotOnRecord(
            f"erasure {erasure_id} is not finished: run «aboveboard recover» first, then ask for its certificate"
        )
    return kept.certificate


def read_erasure(connection: Connection, erasure_id: int) -> ErasureRecord:
    """Return an erasure inside a transaction; errors as in `erasure`."""
    row = connection.execute(select(Erasure).where(Erasure.id == erasure_id)).one_or_none()
    if row is None:
        raise NotOnRecord(f"no erasure {erasure_id}: «aboveboard erasure list» shows all")
    return _read(row)


def _read(row: Any) -> ErasureRecord:
    return ErasureRecord(
        id=row.id,
        scope=Scope(kind=ScopeKind(row.scope_kind), value=row.scope_value),
        reason=row.reason,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=ErasureState(row.state),
        suppresses=row.suppresses,
        finished_at=row.finished_at,
        captures=row.captures,
        segments=row.segments,
        bytes=row.bytes,
        facts=row.facts,
        certificate=row.certificate,
    )


def certificates(database: Database) -> Sequence[str]:
    """Return every certificate that is kept, in the order of the erasures."""
    query = select(Erasure.certificate).where(Erasure.certificate.is_not(None)).order_by(Erasure.id)
    with database.reading() as connection:
        return [text for text in connection.scalars(query) if text is not None]
