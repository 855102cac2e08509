"""What is never fetched again: the list that permission consults before a request, and an export before a row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from provenance.database import Database
from provenance.erasures.scope import Scope, ScopeKind
from provenance.models import Erasure, Site, Tombstone, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One entry: the scope that somebody asked to forget, and which erasure that was."""

    erasure_id: int
    scope: Scope


class Suppressions:
    """The entries that matter to somebody, ready to be asked about many URLs."""

    def __init__(self, entries: Sequence[Suppression], by_hash: Mapping[bytes, Suppression]) -> None:
        self.entries = tuple(entries)  # in the order they were made
        self._by_url = {
            entry.scope.value: entry for entry in reversed(entries) if entry.scope.kind is ScopeKind.URL
        }
        self._by_hash = by_hash
        self._wide = tuple(
            entry for entry in entries if entry.scope.kind in {ScopeKind.PREFIX, ScopeKind.SITE}
        )

    def covering(self, url: str) -> Suppression | None:
        """Return an entry that forbids a URL; None: none does."""
        named = self._by_url.get(url)
        if named is not None:
            return named
        if self._by_hash:
            hashed = self._by_hash.get(hashlib.sha256(url.encode("utf-8", "replace")).digest())
            if hashed is not None:
                return hashed
        return next((entry for entry in self._wide if entry.scope.covers_url(url)), None)

    def __bool__(self) -> bool:
        return bool(self.entries)


def suppressions(database: Database, site: str | None = None) -> Suppressions:
    """Return what must not be fetched.

    A payload asked to be forgotten forbids the URLs that it was found at: nobody knows a payload before fetching it.

    Args:
        database: where the erasures are.
        site: only what can forbid a URL of this site; None: everything.
    """
    asked = (
        select(Erasure.id, Erasure.scope_kind, Erasure.scope_value)
        .where(Erasure.suppresses.is_(True))
        .order_by(Erasure.id)
    )
    with database.reading() as connection:
        every = [
            Suppression(erasure_id=key, scope=Scope(kind=ScopeKind(kind), value=value))
            for key, kind, value in connection.execute(asked)
        ]
        entries = [entry for entry in every if site is None or _concerns(entry.scope, site)]
        payloads = {entry.erasure_id: entry for entry in entries if entry.scope.kind is ScopeKind.DIGEST}
        by_hash: dict[bytes, Suppression] = {}
        if payloads:
            found = select(Tombstone.url_hash, Tombstone.erasure_id).where(
                Tombstone.erasure_id.in_(
                    select(Erasure.id).where(
                        Erasure.suppresses.is_(True), Erasure.scope_kind == ScopeKind.DIGEST.value
                    )
                )
            )
            if site is not None:
                found = found.join(Visit, Visit.id == Tombstone.visit_id).join(Site, Site.id == Visit.site_id)
                found = found.where(Site.name == site)
            by_hash = {digest: payloads[key] for digest, key in connection.execute(found)}
    return Suppressions(entries, by_hash)


def _concerns(scope: Scope, site: str) -> bool:
    if scope.kind is ScopeKind.DIGEST:
        return True
    whole = Scope(kind=ScopeKind.SITE, value=site)
    return whole.overlaps(scope)
