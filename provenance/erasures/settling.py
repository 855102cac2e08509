"""The second phase's arrows in the database: each is one transaction and can be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from provenance.database import Database
from provenance.erasures.listing import read_erasure
from provenance.erasures.records import ErasureRecord, ErasureState, HeldSegment, Moved, SegmentSwitched
from provenance.errors import RecordConflict
from provenance.fence import check_site
from provenance.leases import Lease
from provenance.models import (
    Capture,
    Decision,
    Erasure,
    Permission,
    Refusal,
    ReplacedObject,
    RightsSet,
    Segment,
    Tombstone,
)
from provenance.upsert import insert_new, table_of

_PLACE = ("segment_id", "warc_offset", "warc_length", "request_length", "metadata_length")


def switch_segment(database: Database, erasure_id: int, switched: SegmentSwitched, lease: Lease) -> None:
    """Let rows point into a rewritten segment, and note the old object for deletion.

    The lease is that of the segment's site: who takes it over waits until this has committed, or finds that it has not.

    Raises:
        RecordConflict: the segment is not where it was when it was read; nothing was changed.
        StaleLease: the site is in other hands; nothing was changed.
    """
    with database.writing() as connection:
        check_site(connection, lease.site, lease.epoch)
        _replace(connection, erasure_id, switched.id, switched.old_key)
        now = update(Segment).where(Segment.id == switched.id, Segment.key == switched.old_key)
        values = {
            name: getattr(switched, name)
            for name in ("key", "uri", "length", "digest", "records", "stored_at")
        }
        if connection.execute(now.values(values)).rowcount != 1:
            raise RecordConflict(f"{switched.old_key} was replaced meanwhile: run «aboveboard recover»")
        _move(connection, switched.moved)


def drop_segment(database: Database, erasure_id: int, segment: HeldSegment, lease: Lease) -> None:
    """Forget a segment in which nothing is left, and note its object for deletion; the lease as in `switch_segment`.

    Raises:
        RecordConflict: a capture stands on it; nothing was changed.
        StaleLease: the site is in other hands; nothing was changed.
    """
    with database.writing() as connection:
        check_site(connection, lease.site, lease.epoch)
        _replace(connection, erasure_id, segment.id, segment.key)
        stands = exists().where(Capture.segment_id == segment.id)
        gone = delete(Segment).where(Segment.id == segment.id, Segment.key == segment.key, ~stands)
        if connection.execute(gone).rowcount != 1:
            raise RecordConflict(f"{segment.key} changed meanwhile: run «aboveboard recover»")


def mark_rewritten(database: Database, erasure_id: int) -> ErasureRecord:
    """Note that no segment's current object holds anything of an erasure."""
    with database.writing() as connection:
        rewritten = update(Erasure).where(
            Erasure.id == erasure_id, Erasure.state == ErasureState.HIDDEN.value
        )
        connection.execute(rewritten.values(state=ErasureState.REWRITTEN.value))
        return read_erasure(connection, erasure_id)


def finish(database: Database, erasure_id: int, at: datetime, facts: Mapping[str, Any]) -> ErasureRecord:
    """End an erasure: what told its exchanges apart is nulled, what nothing refers to any more is removed.

    Args:
        database: where.
        erasure_id: whose objects are deleted, and looked for.
        at: UTC.
        facts: what was deleted, rewritten and looked at; JSON-ready.
    """
    gone: dict[str, Any] = dict.fromkeys((*_PLACE, "payload_digest", "revisit"))
    with database.writing() as connection:
        of_it = Tombstone.erasure_id == erasure_id
        connection.execute(
            update(Tombstone).where(of_it, Tombstone.erased_at.is_(None)).values(erased_at=at, **gone)
        )
        connection.execute(delete(ReplacedObject).where(ReplacedObject.erasure_id == erasure_id))
        ended = update(Erasure).where(Erasure.id == erasure_id, Erasure.finished_at.is_(None))
        connection.execute(ended.values(state=ErasureState.ERASED.value, finished_at=at, facts=dict(facts)))
        return read_erasure(connection, erasure_id)


def remove_unreferenced(database: Database) -> int:
    """Remove rights sets and permissions that no exchange and no refusal refers to; return how many.

    What a running crawl remembers of them it records again (`provenance.recorder`).

    Raises:
        RecordConflict: a crawl began to refer to one just now; nothing was removed, and it can be tried again.
    """
    with database.writing() as connection:
        unused = ~exists().where(Capture.rights_set_id == RightsSet.id)
        sets = select(RightsSet.id).where(unused)
        connection.execute(delete(Decision).where(Decision.rights_set_id.in_(sets)))
        removed: int = connection.execute(delete(RightsSet).where(unused)).rowcount
        unasked = (
            Permission.id.not_in(
                select(Capture.permission_id)
            ),  # no index serves it: one pass over each table
            Permission.id.not_in(select(Refusal.permission_id).where(Refusal.permission_id.is_not(None))),
        )
        removed += connection.execute(delete(Permission).where(*unasked)).rowcount
        return removed


def _replace(connection: Connection, erasure_id: int, segment_id: int, key: str) -> None:
    row = {"key": key, "erasure_id": erasure_id, "segment_id": segment_id}
    connection.execute(insert_new(connection, ReplacedObject), [row])


def _move(connection: Connection, moved: Sequence[Moved]) -> None:
    """Move what is left of a segment; an exchange that was hidden meanwhile moves as a tombstone."""
    if not moved:
        return
    for model, key in ((Capture, "id"), (Tombstone, "capture_id")):
        table = table_of(model)
        place = update(table).where(table.c[key] == bindparam("of"))
        connection.execute(
            place.values(warc_offset=bindparam("at"), warc_length=bindparam("long")),
            [{"of": each.capture_id, "at": each.offset, "long": each.length} for each in moved],
        )
        originals = [{"of": each.capture_id} for each in moved if each.became_original]
        if originals:
            connection.execute(place.values(revisit=False), originals)
