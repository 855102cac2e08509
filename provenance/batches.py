"""How one batch becomes rows, inside a transaction that somebody else opens and ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from provenance import copying, hosts, recorded, site_documents, tallies
from provenance.copying import CaptureRow
from provenance.errors import ProvenanceError, RecordConflict
from provenance.fence import check_visit
from provenance.interning import Interning
from provenance.models import Capture, HostLoad, Refusal, Segment, Tombstone, hash_of_url
from provenance.models.base import storable
from provenance.records import (
    CAPTURES_PER_VISIT_BITS,
    Batch,
    CaptureRecord,
    Kept,
    SegmentState,
    SegmentStored,
)
from provenance.upsert import chunks, insert_new, insert_or_replace
from provenance.urls import split

HTTP_STATUSES = range(100, 1000)


def write(connection: Connection, batch: Batch, interning: Interning, *, again: bool = False) -> None:
    """Write a batch; in the same order every time, so that two writers never wait for each other.

    Where a segment's bytes lie is a fact whoever says it: a batch of ``stored`` and ``discarded``
    alone needs no lease, so that recovery can finish what a dead worker left.

    Args:
        connection: of a transaction that writes.
        batch: what to write.
        interning: the keys of shared rows.
        again: some of it may be recorded already; without it captures that are end in an error, for speed.

    Raises:
        StaleLease: the batch was made under an epoch that has passed.
        RecordConflict: a key is there already with other content.
        sqlalchemy.exc.IntegrityError: a capture is recorded already, and this is not said to be ``again``.
    """
    needs_lease = (
        batch.segments,
        batch.captures,
        batch.refusals,
        batch.host_states,
        batch.host_loads,
        batch.holds,
        batch.site_documents,
    )
    if any(needs_lease):
        check_visit(connection, batch.visit_id, batch.epoch)
    at = recorded.now(connection)
    if batch.segments:
        connection.execute(
            insert_new(connection, Segment), [_segment_row(batch, record) for record in batch.segments]
        )
    if batch.captures or batch.refusals:
        _write_exchanges(connection, batch, interning, at, again=again)
    if batch.site_documents:
        origins = {storable(record.origin) for record in batch.site_documents}
        site_documents.write(connection, batch.site_documents, interning.origins(connection, origins), at)
    for stored in batch.stored:
        _write_stored(connection, stored)
    for segment in batch.discarded:
        holds_captures = exists().where(Capture.segment_id == segment)
        holds_hidden = exists().where(Tombstone.segment_id == segment)
        connection.execute(delete(Segment).where(Segment.id == segment, ~holds_captures, ~holds_hidden))
    _write_hosts(connection, batch)


def _write_exchanges(
    connection: Connection, batch: Batch, interning: Interning, at: datetime, *, again: bool
) -> None:
    refused = [split(storable(record.url)) for record in batch.refusals]
    # Captures share these objects: told apart by identity, each is hashed once and not once a capture.
    shared = {id(record.permission): record.permission for record in batch.captures}
    answers = dict.fromkeys(shared.values())
    answers |= dict.fromkeys(record.permission for record in batch.refusals if record.permission)
    told = {url: storable(url) for url in {record.origin for record in batch.captures}}
    wanted = {*told.values(), *(origin for origin, _ in refused)}
    wanted |= {storable(answer.origin) for answer in answers}
    origins = interning.origins(connection, wanted)
    permissions = interning.permissions(connection, answers, origins)
    if batch.captures:
        keys = _Keys(
            origins={url: (origins[stored], stored) for url, stored in told.items()},
            permissions={each: permissions[answer] for each, answer in shared.items()},
            rights=_rights(connection, batch.captures, interning, at),
        )
        _write_captures(connection, batch, keys, at, again=again)
    if batch.refusals:
        connection.execute(
            insert_new(connection, Refusal),
            [
                {
                    "visit_id": batch.visit_id,
                    "origin_id": origins[origin],
                    "permission_id": permissions[record.permission] if record.permission else None,
                    "url_hash": hash_of_url(origin + path),
                    "at": record.at,
                    "rule": record.rule,
                    "path": path,
                    "reason": record.reason,
                    "evidence": record.evidence,
                    "recorded_at": at,
                }
                for record, (origin, path) in zip(batch.refusals, refused, strict=True)
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """The keys of what captures share."""

    origins: Mapping[
        str, tuple[int, str]
    ]  # by the record's own word: the key, and the origin as it is stored
    permissions: Mapping[int, int]  # by the record's identity
    rights: Mapping[int, int]  # by the record's identity


def _write_captures(connection: Connection, batch: Batch, keys: _Keys, at: datetime, *, again: bool) -> None:
    tallies.unseal(connection, [batch.visit_id])
    instant = copying.instants_of(connection)
    told = instant(at)
    rows = [_capture_row(batch, record, keys, instant, told) for record in batch.captures]
    if not again:
        copying.add_new(connection, rows)
    elif copying.add_missing(connection, rows) != len(rows):
        _check_repeated(connection, rows)


def _rights(
    connection: Connection, captures: Sequence[CaptureRecord], interning: Interning, at: datetime
) -> dict[int, int]:
    """Return keys by identity; sets and decisions are looked at once a batch, however many captures share them."""
    stated = {id(record.rights): record.rights for record in captures if record.rights is not None}
    sets = list(stated.values())
    keys = interning.rights_sets(connection, {rights.digest: rights for rights in sets})
    made = ((keys[rights.digest], decision) for rights in sets for decision in rights.decisions)
    interning.decisions(connection, made, at)
    return {each: keys[rights.digest] for each, rights in stated.items()}


def _segment_row(batch: Batch, record: Any) -> dict[str, Any]:
    _check_owner(batch, record.visit_id, record.id)
    return {
        "id": record.id,
        "visit_id": record.visit_id,
        "state": SegmentState.SPOOLED.value,
        "key": record.key,
        "opened_at": record.opened_at,
    }


def _capture_row(
    batch: Batch, record: CaptureRecord, keys: _Keys, instant: Callable[[datetime], Any], told: Any
) -> CaptureRow:
    """Return the values of `copying.COLUMNS`."""
    if record.visit_id != batch.visit_id or record.id >> CAPTURES_PER_VISIT_BITS != batch.visit_id:
        _check_owner(batch, record.visit_id, record.id)
    origin_id, origin = keys.origins[record.origin]
    path, media_type, language = record.path, record.media_type, record.language
    if not (path.isascii() and media_type.isascii() and "\x00" not in path + media_type):
        path, media_type = storable(path), storable(media_type)
    return (
        record.id,
        record.visit_id,
        origin_id,
        keys.permissions[id(record.permission)],
        None if record.rights is None else keys.rights[id(record.rights)],
        record.segment_id,
        record.status if record.status in HTTP_STATUSES else 0,  # a server may say anything
        record.kind.value,
        record.revisit,
        instant(record.fetched_at),
        record.length,
        record.warc_offset,
        record.warc_length,
        record.request_length,
        record.metadata_length,
        record.payload_digest,
        hash_of_url(origin + path),
        media_type,
        record.truncated,
        path,
        None if record.kept is Kept.BODY else record.kept.value,
        told,
        None if language is None else storable(language),
        record.simhash,
    )


def _check_owner(batch: Batch, visit_id: int, key: int) -> None:
    if visit_id != batch.visit_id or key >> CAPTURES_PER_VISIT_BITS != batch.visit_id:
        raise ProvenanceError(
            f"key {key} of visit {visit_id} in a batch of visit {batch.visit_id}: make keys with records.capture_id"
        )


def _check_repeated(connection: Connection, rows: Sequence[CaptureRow]) -> None:
    """Some keys were there before: fine when a batch is repeated, an error when a key means two exchanges."""
    columns = (Capture.payload_digest, Capture.segment_id, Capture.warc_offset, Capture.url_hash)
    places = [copying.COLUMNS.index(column.key) for column in columns]
    found: dict[int, tuple[Any, ...]] = {}
    for some in chunks([row[0] for row in rows]):
        for key, *content in connection.execute(select(Capture.id, *columns).where(Capture.id.in_(some))):
            found[key] = tuple(content)
    for row in rows:
        if found.get(row[0]) != tuple(row[place] for place in places):
            raise RecordConflict(
                f"capture {row[0]} is recorded with other content: two exchanges got one number"
            )


def _write_stored(connection: Connection, stored: SegmentStored) -> None:
    row = connection.execute(
        select(Segment.state, Segment.digest).where(Segment.id == stored.id).with_for_update()
    ).one_or_none()
    if row is None:
        raise ProvenanceError(f"no segment {stored.id}: record its SegmentRecord before its bytes")
    if row.state == SegmentState.STORED.value:
        if row.digest != stored.digest:
            raise RecordConflict(
                f"segment {stored.id} is stored with other bytes: look at {stored.uri} before going on"
            )
        return
    connection.execute(
        update(Segment)
        .where(Segment.id == stored.id)
        .values(
            state=SegmentState.STORED.value,
            uri=stored.uri,
            length=stored.length,
            digest=stored.digest,
            records=stored.records,
            stored_at=stored.stored_at,
        )
    )


def _write_hosts(connection: Connection, batch: Batch) -> None:
    """What hosts taught us, and why one is parked; an hour's load is a total, so the later one replaces the earlier."""
    hosts.learn(connection, batch.host_states)
    for record in sorted(batch.holds, key=lambda hold: hold.host):
        hosts.hold(connection, record)
    if batch.host_loads:
        loads = sorted(batch.host_loads, key=lambda load: (load.host, load.hour))
        rows = [{**_values(load), "pauses": list(load.pauses)} for load in loads]
        connection.execute(insert_or_replace(connection, HostLoad), rows)


def _values(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
