"""What many captures share is kept once: origins, permissions, rights sets with their decisions.

Keys found or given in a transaction are remembered only when it commits: a key that was
rolled back belongs to somebody else's row tomorrow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select
from sqlalchemy.orm import DeclarativeBase

from provenance.errors import ProvenanceError
from provenance.models import Decision, Origin, Permission, Policy, RightsSet, Site
from provenance.models.base import storable
from provenance.records import DecisionRecord, PermissionRecord, RightsSetRecord
from provenance.upsert import chunks, insert_new, table_of

REMEMBERED = 100_000  # keys of each kind; forgetting costs a question, never an error


class Interning:
    """Keys of shared rows, looked up or made within one transaction after another."""

    def __init__(self) -> None:
        self._known: dict[Any, int] = {}
        self._fresh: dict[Any, int] = {}

    def commit(self) -> None:
        """Remember what the transaction found and made: it is there to stay."""
        if len(self._known) > REMEMBERED:
            self._known.clear()
        self._known.update(self._fresh)
        self._fresh.clear()

    def rollback(self) -> None:
        """Forget what the transaction found and made."""
        self._fresh.clear()

    def forget(self) -> None:
        """Forget every key: a shared row that nothing referred to may be gone."""
        self._known.clear()
        self._fresh.clear()

    def site(self, connection: Connection, name: str) -> int:
        """Return a site's key."""
        return self._keys(connection, Site, "name", {name: {"name": name}})[name]

    def policy(self, connection: Connection, digest: bytes) -> int:
        """Return the key of a policy that was recorded before.

        Raises:
            ProvenanceError: it was not: a decision without its policy is no evidence.
        """
        known = self._find((Policy, digest))
        if known is None:
            known = connection.scalar(select(Policy.id).where(Policy.digest == digest))
            if known is None:
                raise ProvenanceError(
                    f"policy sha256:{digest.hex()} is not recorded: call Recorder.policy first"
                )
            self._fresh[Policy, digest] = known
        return known

    def origins(self, connection: Connection, urls: Iterable[str]) -> Mapping[str, int]:
        """Return the keys of origins, which must be storable text already."""
        return self._keys(connection, Origin, "url", {url: {"url": url} for url in urls})

    def permissions(
        self, connection: Connection, records: Iterable[PermissionRecord], origins: Mapping[str, int]
    ) -> dict[PermissionRecord, int]:
        """Return the keys of permissions; ``origins`` holds the key of each one's origin."""
        found, unknown = self._sort(Permission, records)
        by_digest = {_permission_digest(record): record for record in unknown}
        rows = {
            digest: {**_row(record), "digest": digest, "origin_id": origins[storable(record.origin)]}
            for digest, record in by_digest.items()
        }
        for digest, key in self._made(connection, Permission, "digest", rows).items():
            found[by_digest[digest]] = self._fresh[Permission, by_digest[digest]] = key
        return found

    def rights_sets(
        self, connection: Connection, records: Mapping[bytes, RightsSetRecord]
    ) -> dict[bytes, int]:
        """Return the keys of rights sets by digest, and record the decisions that come with them."""
        found, unknown = self._sort(RightsSet, records)
        rows = {
            digest: {
                "digest": digest,
                "canonical": storable(records[digest].canonical),
                "licences": list(records[digest].licences),
            }
            for digest in unknown
        }
        for digest, key in self._made(connection, RightsSet, "digest", rows).items():
            found[digest] = self._fresh[RightsSet, digest] = key
        return found

    def decisions(
        self, connection: Connection, made: Iterable[tuple[int, DecisionRecord]], at: datetime
    ) -> None:
        """Record decisions on rights sets, given with the set's key; the first one for a policy and usage stays.

        Args:
            connection: of a transaction that writes.
            made: the key of the rights set, and what was decided.
            at: the transaction's recorded time, UTC.
        """
        rows = []
        for rights_set, decision in made:
            key = (Decision, rights_set, decision.policy_digest, decision.usage)
            if self._find(key) is None:
                self._fresh[key] = 1
                policy = self.policy(connection, decision.policy_digest)
                rows.append(_decision_row(rights_set, policy, decision, at))
        if rows:
            rows.sort(key=lambda row: (row["rights_set_id"], row["policy_id"], row["usage"]))
            connection.execute(insert_new(connection, Decision), rows)

    def _find(self, key: Any) -> int | None:
        known = self._known.get(key)
        return self._fresh.get(key) if known is None else known

    def _sort(self, kind: type[DeclarativeBase], wanted: Iterable[Any]) -> tuple[dict[Any, int], list[Any]]:
        found: dict[Any, int] = {}
        unknown = []
        for key in dict.fromkeys(wanted):
            known = self._find((kind, key))
            if known is None:
                unknown.append(key)
            else:
                found[key] = known
        return found, unknown

    def _keys(
        self,
        connection: Connection,
        model: type[DeclarativeBase],
        unique: str,
        rows: Mapping[Any, Mapping[str, Any]],
    ) -> dict[Any, int]:
        found, unknown = self._sort(model, rows)
        for value, made in self._made(
            connection, model, unique, {value: rows[value] for value in unknown}
        ).items():
            found[value] = self._fresh[model, value] = made
        return found

    @staticmethod
    def _made(
        connection: Connection,
        model: type[DeclarativeBase],
        unique: str,
        rows: Mapping[Any, Mapping[str, Any]],
    ) -> dict[Any, int]:
        """Return keys by unique value, inserting the rows that are not there (sorted: writers must not deadlock)."""
        found = _stored(connection, model, unique, list(rows))
        missing = sorted(value for value in rows if value not in found)
        if missing:
            connection.execute(insert_new(connection, model), [rows[value] for value in missing])
            found |= _stored(connection, model, unique, missing)
        return found


def _stored(
    connection: Connection, model: type[DeclarativeBase], unique: str, values: list[Any]
) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for some in chunks(values):
        rows = connection.execute(_keys_of(model, unique), {"values": some})
        found |= {value: key for key, value in rows}
    return found


@cache
def _keys_of(model: type[DeclarativeBase], unique: str) -> Select[Any]:
    table = table_of(model)
    return select(table.c.id, table.c[unique]).where(table.c[unique].in_(bindparam("values", expanding=True)))


def _row(record: PermissionRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__ if name != "origin"}


def _permission_digest(record: PermissionRecord) -> bytes:
    told = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).digest()


def _decision_row(rights_set: int, policy: int, decision: DecisionRecord, at: datetime) -> dict[str, Any]:
    return {
        "rights_set_id": rights_set,
        "policy_id": policy,
        "usage": decision.usage,
        "outcome": decision.outcome,
        "rule": decision.rule,
        "reasons": list(decision.reasons),
        "conditions": list(decision.conditions),
        "conflicts": list(decision.conflicts),
        "enforces": list(decision.enforces),
        "recorded_at": at,
    }
