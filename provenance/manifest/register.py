"""The register of manifests: which captures each one holds, who has it, and which of them hold a capture.

A manifest is known by its seal.  Its captures are kept as packed ranges of keys: eight million of them in a few
megabytes, and no URL, so that forgetting a document leaves nothing here.
"""

from __future__ import annotations

import hashlib
import json
import sys
import unicodedata
import zlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from provenance import recorded
from provenance.database import Database
from provenance.errors import ManifestError
from provenance.models import Manifest, ManifestPart, Policy
from provenance.models.base import storable
from provenance.upsert import insert_new

PART = 65_536  # keys packed together
LONGEST_HOLDER = 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A manifest on record."""

    id: int
    seal: bytes
    rows_digest: bytes
    holder: str | None  # None: nobody was named
    registered_at: datetime
    usage: str
    policy_name: str
    policy_digest: bytes
    policy_text: str  # the policy that decided, as it was then
    as_of: datetime
    rows: int
    header: str  # canonical JSON, as in the file
    swept_at: datetime | None  # its recalls are complete up to then; None: never looked through

    @property
    def label(self) -> str:
        """The manifest as people are told of it: the beginning of its seal."""
        return self.seal.hex()[:16]


def register(  # noqa: PLR0917  # what a manifest is known by, in one order
    database: Database,
    header: str,
    seal: str,
    rows_digest: str,
    ids: Iterable[Any],
    holder: str | None = None,
) -> int:
    """Register a manifest, once for its seal, and return its key.

    Args:
        database: that it was made from.
        header: canonical JSON, as in the file.
        seal: SHA-256 of the header, hex.
        rows_digest: over its rows, as its header states it: "sha256:hex".
        ids: the keys of its captures, ascending, in numpy arrays of any size.
        holder: the team it is for; None: nobody is named, as long as nobody registers it for a team.

    Raises:
        ManifestError: it is registered for another team, or these are not the captures that its header counts.
    """
    told = json.loads(header)
    team = None if holder is None else holder_name(holder)
    with database.writing() as connection:
        at = recorded.now(connection)
        policy = _policy(connection, told["policy"])
        row = {
            "seal": bytes.fromhex(seal),
            "rows_digest": bytes.fromhex(rows_digest.removeprefix("sha256:")),
            "holder": team,
            "registered_at": at,
            "usage": told["usage"],
            "policy_id": policy,
            "as_of": datetime.fromisoformat(told["as_of"]).astimezone(UTC),
            "rows": told["counts"]["rows"],
            "header": header,
        }
        known = connection.execute(
            select(Manifest.id, Manifest.holder).where(Manifest.seal == row["seal"])
        ).one_or_none()
        if known is not None:
            _hand_over(connection, known.id, known.holder, team)
            return int(known.id)
        key: int = connection.execute(insert(Manifest).values(row).returning(Manifest.id)).scalar_one()
        kept = sum(_keep(connection, key, part) for part in _parts(ids))
        if kept != row["rows"]:
            raise ManifestError(
                f"{kept} captures were given for a manifest of {row['rows']} rows: give each once"
            )
        return key


def holder_name(text: str) -> str:
    """Return the name of a team in one form, however it was typed.

    >>> holder_name("  Team  A ")
    'Team A'

    Raises:
        ManifestError: nobody can be told by it.
    """
    name = " ".join(storable(unicodedata.normalize("NFC", text)).split())
    if not name or len(name) > LONGEST_HOLDER or not name.isprintable():
        raise ManifestError(f"{text!r} names no team: write 1 to {LONGEST_HOLDER} printable characters")
    return name


def by_seal(connection: Connection, seal: bytes) -> Registered | None:
    """Return the manifest with a seal; None: this database did not register it."""
    found = connection.execute(_registered().where(Manifest.seal == seal)).one_or_none()
    return None if found is None else _from_row(found)


def manifests(connection: Connection, holder: str | None = None) -> list[Registered]:
    """Return the manifests of a holder, or all of them, in the order of registering."""
    asked = _registered()
    if holder is not None:
        asked = asked.where(Manifest.holder == holder)
    return [_from_row(row) for row in connection.execute(asked)]


def captures_in(connection: Connection, manifest: int) -> Iterator[array[int]]:
    """Yield the keys of a manifest's captures, ascending, a packed range at a time."""
    asked = select(ManifestPart.first, ManifestPart.ids).where(ManifestPart.manifest_id == manifest)
    for first, packed in connection.execute(asked.order_by(ManifestPart.first)).all():
        yield _unpacked(first, packed)


def holding(connection: Connection, captures: Collection[int]) -> Mapping[int, list[int]]:
    """Return which manifests hold some captures: the key of each, with those that it holds, sorted."""
    found: dict[int, list[int]] = {}
    if not captures:
        return found
    wanted = frozenset(captures)
    asked = select(ManifestPart.manifest_id, ManifestPart.first, ManifestPart.ids).where(
        ManifestPart.first <= max(wanted), ManifestPart.last >= min(wanted)
    )
    for manifest, first, packed in connection.execute(
        asked.order_by(ManifestPart.manifest_id, ManifestPart.first)
    ):
        inside = wanted.intersection(_unpacked(first, packed))
        if inside:
            found.setdefault(manifest, []).extend(sorted(inside))
    return found


def _policy(connection: Connection, told: Mapping[str, Any]) -> int:
    digest = hashlib.sha256(told["text"].encode()).digest()
    row = {"digest": digest, "name": told["name"], "text": told["text"]}
    connection.execute(insert_new(connection, Policy), [row])
    return int(connection.execute(select(Policy.id).where(Policy.digest == digest)).scalar_one())


def _hand_over(connection: Connection, key: int, held_by: str | None, holder: str | None) -> None:
    """Note who has a manifest that was registered without a name.

    Raises:
        ManifestError: somebody else has it.
    """
    if holder is None or holder == held_by:
        return
    if held_by is not None:
        raise ManifestError(
            f"this very manifest is registered for {held_by}: whoever gets it from them is told of recalls by them"
        )
    connection.execute(update(Manifest).where(Manifest.id == key).values(holder=holder))


def _parts(ids: Iterable[Any]) -> Iterator[Any]:
    """Yield the keys in arrays of the size that is packed together."""
    import numpy as np  # noqa: PLC0415  # comes with the extra, like whatever writes manifests

    rest = np.zeros(0, dtype=np.int64)
    for some in ids:
        rest = np.concatenate([rest, np.asarray(some, dtype=np.int64)])
        while len(rest) >= PART:
            yield rest[:PART]
            rest = rest[PART:]
    if len(rest):
        yield rest


def _keep(connection: Connection, manifest: int, ids: Any) -> int:
    steps = ids[1:] - ids[:-1]
    if len(steps) and steps.min() < 1:
        raise ManifestError("the captures of a manifest are given in ascending order, each once")
    packed = zlib.compress(steps.astype("<i8").tobytes(), 1)
    row = {"manifest_id": manifest, "first": int(ids[0]), "last": int(ids[-1]), "captures": len(ids)}
    connection.execute(insert(ManifestPart).values(ids=packed, **row))
    return len(ids)


def _unpacked(first: int, packed: bytes) -> array[int]:
    steps = array("q", zlib.decompress(packed))
    if sys.byteorder == "big":
        steps.byteswap()
    return array("q", accumulate(steps, initial=first))


def _registered() -> Select[Any]:
    columns = (getattr(Manifest, name) for name in Registered.__dataclass_fields__ if hasattr(Manifest, name))
    of_policy = (
        Policy.name.label("policy_name"),
        Policy.digest.label("policy_digest"),
        Policy.text.label("policy_text"),
    )
    return select(*columns, *of_policy).join(Policy, Policy.id == Manifest.policy_id).order_by(Manifest.id)


def _from_row(row: Any) -> Registered:
    return Registered(**row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for a row by column
