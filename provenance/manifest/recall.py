"""Recalls: rows of manifests that may not be used any more, as a feed for whoever holds them.

A sweep looks for what was learned since the last one and adds it; nothing is ever dropped from the feed, by an
acknowledgement as little as by better news.  Entries become visible in the order of their cursors: one transaction
at a time adds any.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, text, update

from provenance import recorded
from provenance.database import Database
from provenance.erasures import suppressions
from provenance.errors import ManifestError
from provenance.manifest.recall_causes import HIDDEN, Cause, Causes, causes, erased_cause, policy_today
from provenance.manifest.register import Registered, captures_in, holder_name, holding, manifests
from provenance.models import Capture, Manifest, Origin, Recall, RecallAcknowledgement, Tombstone, Visit
from provenance.records import CAPTURES_PER_VISIT_BITS
from provenance.upsert import chunks, insert_new

ADDERS = 0x41626F7652  # PostgreSQL advisory lock of whoever adds to the feed
_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRow:
    """One row that was called back."""

    cursor: int
    manifest: str  # its seal, hex
    holder: str | None  # None: nobody was named
    capture: int  # the row's key
    url: str | None  # None: we do not hold it any more, or must not repeat it
    cause: str
    detail: str
    noted_at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many rows of a manifest something concerns, and who holds it."""

    manifest: str  # its seal, hex
    holder: str | None
    rows: int


def sweep(
    database: Database, *, holder: str | None = None, told: Callable[[Registered], None] | None = None
) -> int:
    """Add to the feed what was learned about manifests since the last sweep; return how many entries that are.

    Each manifest is one transaction: a sweep that is killed goes on where it was, and two at once add nothing twice.

    Args:
        database: where the manifests are registered.
        holder: only this team's manifests; None: every one.
        told: before each manifest is looked through.

    Raises:
        ManifestError: the team holds no manifest, or a manifest's policy cannot be read by this release.
    """
    added = 0
    with database.reading() as connection:
        listed = _of_holder(connection, holder)
    for manifest in listed:
        if told is not None:
            told(manifest)
        added += _sweep(database, manifest)
    return added


def _of_holder(connection: Connection, holder: str | None) -> Sequence[Registered]:
    if holder is None:
        return manifests(connection)
    team = holder_name(holder)
    found = manifests(connection, team)
    if not found:
        known = sorted({one.holder for one in manifests(connection) if one.holder})
        raise ManifestError(f"{team} holds no manifest; teams that do: {', '.join(known) or 'none yet'}")
    return found


def _sweep(database: Database, manifest: Registered) -> int:
    policy = policy_today(database, manifest)
    unchanged = policy.digest == manifest.policy_digest
    found = causes(database, manifest, policy, learned_after=manifest.swept_at if unchanged else None)
    with database.reading() as connection:
        rows = list(_rows(connection, manifest, found)) if found else []
    with database.writing() as connection:
        added = _add(connection, manifest.id, rows)
        later = (Manifest.swept_at.is_(None)) | (Manifest.swept_at < found.as_of)
        swept = update(Manifest).where(Manifest.id == manifest.id, later)
        connection.execute(swept.values(swept_at=found.as_of))
    return added


def recall_erased(database: Database, erasure: int) -> list[Held]:
    """Put what an erasure hid into the feed of everybody who holds it; return whose manifests those are."""
    asked = select(Tombstone.capture_id, Tombstone.hidden_at).where(Tombstone.erasure_id == erasure)
    with database.reading() as connection:
        hidden = {key: at for key, at in connection.execute(asked)}  # noqa: C416  # rows of SQLAlchemy are no pairs
        found = holding(connection, hidden)
        by_key = {manifest.id: manifest for manifest in manifests(connection)} if found else {}
    for key, captures in found.items():
        rows = [(capture, erased_cause(erasure, hidden[capture])) for capture in captures]
        with database.writing() as connection:
            _add(connection, key, rows)
    return [
        Held(manifest=by_key[key].seal.hex(), holder=by_key[key].holder, rows=len(captures))
        for key, captures in sorted(found.items())
        if key in by_key
    ]


def feed(database: Database, *, holder: str | None = None, after: int | None = None) -> Iterator[RecallRow]:
    """Yield the entries behind a cursor, in order.

    Args:
        database: where the feed is.
        holder: only of this team's manifests; None: of all.
        after: only behind this cursor; None: behind the one that the team acknowledged last, from the beginning where
            nobody is named.
    """
    team = None if holder is None else holder_name(holder)
    with database.reading() as connection:
        last = after if after is not None else (_acknowledged(connection, team) if team else 0)
    forgotten = suppressions(database)
    while True:
        with database.reading() as connection:
            page = connection.execute(_entries(team).where(Recall.id > last).limit(_ROWS)).all()
            urls = _urls(connection, {row.capture_id for row in page})
        for row in page:
            url = urls.get(row.capture_id)
            if row.cause in HIDDEN or (url is not None and forgotten.covering(url) is not None):
                url = None
            yield RecallRow(
                cursor=row.id,
                manifest=row.seal.hex(),
                holder=row.holder,
                capture=row.capture_id,
                url=url,
                cause=row.cause,
                detail=row.detail,
                noted_at=row.noted_at,
            )
        if len(page) < _ROWS:
            return
        last = page[-1].id


def acknowledge(database: Database, holder: str, cursor: int, by: str) -> None:
    """Note that a team has acted on its feed up to a cursor, that entry included.  Nothing leaves the feed.

    Raises:
        ManifestError: the team holds no manifest, nobody says so, or its feed has not come so far.
    """
    team, who = holder_name(holder), holder_name(by)
    with database.writing() as connection:
        _of_holder(connection, team)
        newest = (
            connection.scalar(select(func.max(Recall.id)).where(Recall.manifest_id.in_(_of_team(team)))) or 0
        )
        if cursor > newest:
            raise ManifestError(f"the feed of {team} ends at {newest}: acknowledge that, or an earlier entry")
        row = {"holder": team, "cursor": cursor, "by": who, "at": recorded.now(connection)}
        connection.execute(insert(RecallAcknowledgement).values(row))


def recalled(
    connection: Connection, manifest: int, as_of: datetime | None = None
) -> Mapping[int, tuple[str, str]]:
    """Return what was called back of a manifest, by ``as_of`` if told: by capture, the first cause and its sentence."""
    asked = select(Recall.capture_id, Recall.cause, Recall.detail).where(Recall.manifest_id == manifest)
    if as_of is not None:
        asked = asked.where(Recall.noted_at <= as_of)
    found: dict[int, tuple[str, str]] = {}
    for capture, cause, detail in connection.execute(asked.order_by(Recall.id)):
        found.setdefault(capture, (cause, detail))
    return found


def _rows(connection: Connection, manifest: Registered, found: Causes) -> Iterator[tuple[int, Cause]]:
    """Yield the rows of a manifest that something speaks against, each with the first of what does."""
    visits = {
        visit: found.sites[site]
        for visit, site in connection.execute(select(Visit.id, Visit.site_id))
        if site in found.sites
    }
    by_set = _of_rights_sets(connection, found.rights_sets) if found.decides_anew else {}
    for part in captures_in(connection, manifest.id):
        for capture in part:
            cause = (
                found.captures.get(capture)
                or visits.get(capture >> CAPTURES_PER_VISIT_BITS)
                or by_set.get(capture)
            )
            if cause is not None:
                yield capture, cause


def _of_rights_sets(connection: Connection, found: Mapping[int, Cause]) -> Mapping[int, Cause]:
    by_capture: dict[int, Cause] = {}
    for some in chunks(sorted(found)):
        asked = select(Capture.id, Capture.rights_set_id).where(Capture.rights_set_id.in_(some))
        for capture, rights_set in connection.execute(asked):
            by_capture[capture] = found[rights_set or 0]
    return by_capture


def _add(connection: Connection, manifest: int, rows: Sequence[tuple[int, Cause]]) -> int:
    """Add entries that are not there yet; their cursors are later than any that somebody could have read."""
    if not rows:
        return 0
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADDERS})
    asked = select(Recall.capture_id, Recall.cause).where(Recall.manifest_id == manifest)
    known = {(row.capture_id, row.cause) for row in connection.execute(asked)}
    fresh = [(capture, cause) for capture, cause in rows if (capture, cause.cause) not in known]
    if not fresh:
        return 0
    at = recorded.now(connection)
    entries = [
        {
            "manifest_id": manifest,
            "capture_id": capture,
            "cause": cause.cause,
            "detail": cause.detail,
            "noted_at": at,
        }
        for capture, cause in fresh
    ]
    connection.execute(insert_new(connection, Recall), entries)
    return len(entries)


def _acknowledged(connection: Connection, team: str) -> int:
    asked = select(func.max(RecallAcknowledgement.cursor)).where(RecallAcknowledgement.holder == team)
    return connection.scalar(asked) or 0


def _of_team(team: str) -> Select[Any]:
    return select(Manifest.id).where(Manifest.holder == team)


def _entries(team: str | None) -> Select[Any]:
    columns: tuple[Any, ...] = (Recall.id, Recall.capture_id, Recall.cause, Recall.detail, Recall.noted_at)
    asked = (
        select(*columns, Manifest.seal, Manifest.holder)
        .join(Manifest, Manifest.id == Recall.manifest_id)
        .order_by(Recall.id)
    )
    return asked if team is None else asked.where(Manifest.holder == team)


def _urls(connection: Connection, captures: Collection[int]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    for some in chunks(sorted(captures)):
        asked = select(Capture.id, Origin.url, Capture.path).join(Origin, Origin.id == Capture.origin_id)
        found |= {
            key: f"{origin}{path}"
            for key, origin, path in connection.execute(asked.where(Capture.id.in_(some)))
        }
    return found
