"""Legal holds: what must not be erased, who says so, and what they stand against."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from provenance.database import Database
from provenance.erasures.conditions import is_in, joined
from provenance.erasures.records import ErasureRecord, Hold
from provenance.erasures.scope import Scope, ScopeKind
from provenance.errors import LegalHoldStands, NotOnRecord, ScopeError
from provenance.models import Capture, LegalHold, Site, Tombstone, Visit
from provenance.upsert import chunks


def place_hold(database: Database, scope: Scope, *, reason: str, placed_by: str, at: datetime) -> Hold:
    """Put a hold on a scope; an erasure of it that has begun stops before its next step.

    Raises:
        ScopeError: the scope is none of a hold, or nobody says who and why.
    """
    if scope.kind is ScopeKind.RETENTION:
        raise ScopeError("a hold covers a URL, a prefix, a site or a digest")
    if not reason.strip() or not placed_by.strip():
        raise ScopeError("say why this must be preserved, and who says so")
    row: dict[str, Any] = {"scope_kind": scope.kind.value, "scope_value": scope.value}
    row |= {"reason": reason.strip(), "placed_by": placed_by.strip(), "placed_at": at}
    with database.writing() as connection:
        key = connection.execute(insert(LegalHold).values(row).returning(LegalHold.id)).scalar_one()
        return _hold(connection, key)


def lift_hold(database: Database, hold_id: int, *, lifted_by: str, at: datetime) -> Hold:
    """End a hold.

    Raises:
        NotOnRecord: there is no such hold, or it was lifted before.
    """
    if not lifted_by.strip():
        raise ScopeError("say who lifts the hold")
    with database.writing() as connection:
        lifted = update(LegalHold).where(LegalHold.id == hold_id, LegalHold.lifted_at.is_(None))
        if connection.execute(lifted.values(lifted_at=at, lifted_by=lifted_by.strip())).rowcount != 1:
            raise NotOnRecord(f"no hold {hold_id} stands: «aboveboard hold list» shows those that do")
        return _hold(connection, hold_id)


def holds(database: Database, *, lifted: bool = False) -> list[Hold]:
    """Return the holds that stand, with ``lifted`` also those that stood, in the order of their placing."""
    with database.reading() as connection:
        return list(_holds(connection, lifted=lifted))


def standing_against(connection: Connection, scope: Scope, captures: Sequence[int] = ()) -> tuple[Hold, ...]:
    """Return the holds that meet a scope: by their names, or in an exchange that lies in both."""
    return tuple(
        hold
        for hold in _holds(connection)
        if hold.scope.overlaps(scope) or _share(connection, hold.scope, scope, captures)
    )


def standing_against_hidden(database: Database, erasure: ErasureRecord) -> tuple[Hold, ...]:
    """Return the holds that were placed on what is hidden already and whose bytes are still there.

    Of a hidden exchange only site, payload and the URL's digest are known: a hold on a prefix counts where it lies
    within one of their sites, rather too often than too seldom.
    """
    exchanges = (
        select(Site.name, Tombstone.url_hash, Tombstone.payload_digest)
        .join(Visit, Visit.id == Tombstone.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .where(Tombstone.erasure_id == erasure.id, Tombstone.erased_at.is_(None))
    )
    with database.reading() as connection:
        standing = list(_holds(connection))
        if not standing:
            return ()
        met = {hold.id: hold for hold in standing if hold.scope.overlaps(erasure.scope)}
        for site, url_hash, digest in connection.execute(exchanges):
            for hold in standing:
                if hold.id not in met and _may_cover(hold.scope, erasure.scope, site, url_hash, digest):
                    met[hold.id] = hold
    return tuple(met.values())


def held_captures(database: Database, captures: Sequence[int]) -> dict[int, Hold]:
    """Return, of some captures, those on hold, each with one of its holds."""
    found: dict[int, Hold] = {}
    with database.reading() as connection:
        for hold in _holds(connection):
            for some in chunks(sorted(captures)):
                query = joined(Capture.id).where(is_in(hold.scope), Capture.id.in_(some))
                found |= {capture: hold for (capture,) in connection.execute(query)}
    return found


def refuse_held(holds_met: Iterable[Hold], scope: Scope) -> None:
    """Raise `LegalHoldStands` where any hold was met."""
    met = list(holds_met)
    if met:
        told = "; ".join(str(hold) for hold in met)
        raise LegalHoldStands(
            f"{scope} is not erased: {told}. «aboveboard hold lift {met[0].id}» ends it, if the duty is over"
        )


def freeze_holds(connection: Connection) -> None:
    """Let nobody place or lift a hold until the transaction ends; on SQLite writing alone does that."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE legal_hold IN SHARE MODE"))


def _may_cover(hold: Scope, erased: Scope, site: str, url_hash: bytes, digest: bytes | None) -> bool:
    if hold.digest is not None:
        return hold.digest == digest
    if hold.kind is ScopeKind.URL:
        return hashlib.sha256(hold.value.encode("utf-8", "replace")).digest() == url_hash
    within = Scope(kind=ScopeKind.SITE, value=site).overlaps(hold)
    return within and erased.kind not in {ScopeKind.URL, ScopeKind.PREFIX}  # those were compared by name


def _share(connection: Connection, hold: Scope, scope: Scope, captures: Sequence[int]) -> bool:
    if scope.kind is not ScopeKind.RETENTION:
        both = joined(Capture.id).where(is_in(hold), is_in(scope)).limit(1)
        return connection.execute(both).first() is not None
    return any(
        connection.execute(joined(Capture.id).where(is_in(hold), Capture.id.in_(some)).limit(1)).first()
        for some in chunks(sorted(captures))
    )


def _holds(connection: Connection, *, lifted: bool = False) -> Iterable[Hold]:
    query = select(LegalHold).order_by(LegalHold.id)
    if not lifted:
        query = query.where(LegalHold.lifted_at.is_(None))
    return [_read(row) for row in connection.execute(query)]


def _hold(connection: Connection, hold_id: int) -> Hold:
    return _read(connection.execute(select(LegalHold).where(LegalHold.id == hold_id)).one())


def _read(row: Any) -> Hold:
    return Hold(
        id=row.id,
        scope=Scope(kind=ScopeKind(row.scope_kind), value=row.scope_value),
        reason=row.reason,
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
    )
