"""Captures read back: from the spool while their segment waits there, else from the store.

The places are those of `crawler.archive.segment.Place`: with ``offset`` and ``length`` of the response member,
the request lies at ``offset - request_length`` and the metadata at ``offset + length``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from crawler.archive.errors import DamagedRecord, ObjectMissing
from crawler.archive.gzip_members import Readable
from crawler.archive.keys import checked_key
from crawler.archive.records import Record, iterate, parse_member
from crawler.archive.store import Store
from provenance.database import Database
from provenance.queries.archived import with_payload


class Source(Protocol):
    """What records are read from: a `Store`, or an `Archive`."""

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset``; fewer where the object ends before."""

    def open(self, key: str) -> BinaryIO:
        """Return a stream of the whole object; close it."""


class Archive:
    """Every segment by its key, wherever it lies at the moment."""

    def __init__(self, store: Store, spool_dir: Path) -> None:
        self.store, self.spool_dir = store, spool_dir

    def read(self, key: str, offset: int, length: int) -> bytes:
        """See `Source.read`."""
        with suppress(FileNotFoundError), (self.spool_dir / checked_key(key)).open("rb") as stream:
            stream.seek(offset)
            return stream.read(length)
        return self.store.read(key, offset, length)

    def open(self, key: str) -> BinaryIO:
        """See `Source.open`."""
        with suppress(FileNotFoundError):
            return (self.spool_dir / checked_key(key)).open("rb")
        return self.store.open(key)


def read_record(source: Source, key: str, offset: int, length: int) -> Record:
    """Return one record by its place: one range read.

    Raises:
        DamagedRecord: there is no whole record at this place.
        ObjectMissing: there is no such segment.
    """
    member = source.read(key, offset, length)
    if len(member) != length:
        raise DamagedRecord(f"{key} ends before {offset + length}: it is shorter than its rows say")
    try:
        return parse_member(member)
    except DamagedRecord as error:
        raise DamagedRecord(f"{key} at {offset}: {error}") from error


def read_head(source: Source, key: str, offset: int, length: int) -> bytes:
    """Return the exact head of a request, response or revisit record, to its blank line and with it."""
    return read_record(source, key, offset, length).head


def read_payload(
    source: Source, key: str, offset: int, length: int, database: Database | None = None
) -> bytes:
    """Return a response's body as archived: transfer coding removed, content coding kept.

    Args:
        source: where its segment lies.
        key: the segment's.
        offset: of the response (or revisit) member.
        length: of that member.
        database: knows where the body of an unchanged answer lies; None: such a body is not looked for.

    Raises:
        DamagedRecord: there is no whole record at this place.
        ObjectMissing: there is no such segment, or the body lies in another record that nobody can find.
    """
    return payload_of(source, read_record(source, key, offset, length), database)


def payload_of(source: Source, record: Record, database: Database | None) -> bytes:
    """Return the body that a response record holds or a revisit record points to; as `read_payload`."""
    if record.kind != "revisit":
        return record.payload
    digest = record.payload_digest
    original = with_payload(database, digest) if database is not None and digest is not None else None
    if original is not None:
        place = original.place
        return read_record(source, place.segment_key, place.offset, place.length).payload
    url = record.fields.get("WARC-Refers-To-Target-URI", "an earlier capture")
    at = record.fields.get("WARC-Refers-To-Date", "an earlier time")
    raise ObjectMissing(
        f"{record.url} was unchanged; its body is in the capture of {url} at {at}: look up its payload digest"
        if database is None
        else f"{record.url} was unchanged, but no capture holds its body, once that of {url} at {at}: "
        "run «aboveboard verify»"
    )


def read_metadata(source: Source, key: str, offset: int, length: int) -> dict[str, Any]:
    """Return what was noted about an exchange; the place is that of the metadata member."""
    return _noted(read_record(source, key, offset, length))


def metadata_of_segment(stream: Readable) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (URL, what was noted) of each exchange of a segment, in order: one pass, how a run finds its links again.

    Raises:
        DamagedRecord: at the first place that is no record, after those before it were yielded.
    """
    for _, _, record in iterate(stream, "metadata"):
        yield record.url, _noted(record)


def _noted(record: Record) -> dict[str, Any]:
    try:
        noted = json.loads(record.noted)
    except ValueError as error:
        raise DamagedRecord(f"the metadata of {record.url} is not JSON: {error}") from error
    if record.kind != "metadata" or not isinstance(noted, Mapping):
        raise DamagedRecord(
            f"a {record.kind or 'nameless'} record lies where the metadata of {record.url} should be"
        )
    return dict(noted)
