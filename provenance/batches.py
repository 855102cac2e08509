"""How one batch becomes rows, inside a transaction that somebody else opens and ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from provenance import hosts, site_documents
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
    PermissionRecord,
    SegmentState,
    SegmentStored,
)
from provenance.upsert import chunks, insert_new, insert_or_replace
from provenance.urls import split

HTTP_STATUSES = range(100, 1000)


def write(connection: Connection, batch: Batch, interning: Interning) -> None:
    """Write a batch; in the same order every time, so that two writers never wait for each other.

    Where a segment's bytes lie is a fact whoever says it: a batch of ``stored`` and ``discarded``
    alone needs no lease, so that recovery can finish what a dead worker left.

    Raises:
        StaleLease: the batch was made under an epoch that has passed.
        RecordConflict: a key is there already with other content.
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
    if batch.segments:
        connection.execute(
            insert_new(connection, Segment), [_segment_row(batch, record) for record in batch.segments]
        )
    if batch.captures or batch.refusals:
        _write_exchanges(connection, batch, interning)
    if batch.site_documents:
        origins = {storable(record.origin) for record in batch.site_documents}
        site_documents.write(connection, batch.site_documents, interning.origins(connection, origins))
    for stored in batch.stored:
        _write_stored(connection, stored)
    for segment in batch.discarded:
        holds_captures = exists().where(Capture.segment_id == segment)
        holds_hidden = exists().where(Tombstone.segment_id == segment)
        connection.execute(delete(Segment).where(Segment.id == segment, ~holds_captures, ~holds_hidden))
    _write_hosts(connection, batch)


def _write_exchanges(connection: Connection, batch: Batch, interning: Interning) -> None:
    refused = [split(storable(record.url)) for record in batch.refusals]
    answers = dict.fromkeys(record.permission for record in batch.captures)
    answers |= dict.fromkeys(record.permission for record in batch.refusals if record.permission)
    wanted = {storable(record.origin) for record in batch.captures} | {origin for origin, _ in refused}
    origins = interning.origins(connection, wanted | {storable(answer.origin) for answer in answers})
    permissions = interning.permissions(connection, answers, origins)
    rights = _rights(connection, batch.captures, interning)
    if batch.captures:
        rows = [_capture_row(batch, record, origins, permissions, rights) for record in batch.captures]
        if connection.execute(insert_new(connection, Capture), rows).rowcount != len(rows):
            _check_repeated(connection, rows)
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
                }
                for record, (origin, path) in zip(batch.refusals, refused, strict=True)
            ],
        )


def _rights(
    connection: Connection, captures: Sequence[CaptureRecord], interning: Interning
) -> dict[bytes, int]:
    """Return keys by digest; sets and decisions are looked at once a batch, however many captures share them."""
    stated = {id(record.rights): record.rights for record in captures if record.rights is not None}
    sets = list(stated.values())
    keys = interning.rights_sets(connection, {rights.digest: rights for rights in sets})
    interning.decisions(
        connection, ((keys[rights.digest], made) for rights in sets for made in rights.decisions)
    )
    return keys


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
    batch: Batch,
    record: CaptureRecord,
    origins: Mapping[str, int],
    permissions: Mapping[PermissionRecord, int],
    rights: Mapping[bytes, int],
) -> dict[str, Any]:
    _check_owner(batch, record.visit_id, record.id)
    origin, path = storable(record.origin), storable(record.path)
    return {
        "id": record.id,
        "visit_id": record.visit_id,
        "origin_id": origins[origin],
        "permission_id": permissions[record.permission],
        "rights_set_id": None if record.rights is None else rights[record.rights.digest],
        "segment_id": record.segment_id,
        "status": record.status if record.status in HTTP_STATUSES else 0,  # a server may say anything
        "kind": record.kind.value,
        "revisit": record.revisit,
        "fetched_at": record.fetched_at,
        "length": record.length,
        "warc_offset": record.warc_offset,
        "warc_length": record.warc_length,
        "request_length": record.request_length,
        "metadata_length": record.metadata_length,
        "payload_digest": record.payload_digest,
        "url_hash": hash_of_url(origin + path),
        "media_type": record.media_type,
        "truncated": record.truncated,
        "path": path,
        "kept": None if record.kept is Kept.BODY else record.kept.value,
    }


def _check_owner(batch: Batch, visit_id: int, key: int) -> None:
    if visit_id != batch.visit_id or key >> CAPTURES_PER_VISIT_BITS != batch.visit_id:
        raise ProvenanceError(
            f"key {key} of visit {visit_id} in a batch of visit {batch.visit_id}: make keys with records.capture_id"
        )


def _check_repeated(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Some keys were there before: fine when a batch is repeated, an error when a key means two exchanges."""
    columns = (Capture.payload_digest, Capture.segment_id, Capture.warc_offset, Capture.url_hash)
    recorded: dict[int, tuple[Any, ...]] = {}
    for some in chunks([row["id"] for row in rows]):
        for key, *content in connection.execute(select(Capture.id, *columns).where(Capture.id.in_(some))):
            recorded[key] = tuple(content)
    for row in rows:
        if recorded.get(row["id"]) != tuple(row[column.key] for column in columns):
            raise RecordConflict(
                f"capture {row['id']} is recorded with other content: two exchanges got one number"
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
