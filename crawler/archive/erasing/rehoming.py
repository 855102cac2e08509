"""Revisits whose body is being erased: the earliest of a site gets the body, the others are told where it is now.

A revisit stands for a body by digest in the database and by URL and date in its record (WARC 1.1 §6.7.2).  Both must
lead somewhere after an erasure: `Homes` says which records are written anew for that, and with what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crawler.archive.errors import ArchiveError, DamagedRecord
from crawler.archive.exchange import Revisit
from crawler.archive.reading import read_record
from crawler.archive.records import Record, pointing_to, with_body
from crawler.archive.store import Store
from provenance.database import Database
from provenance.erasures.bytes_to_go import segments
from provenance.erasures.families import families
from provenance.erasures.records import Family, HeldSegment, HiddenBody, Pointer


@dataclass(frozen=True, slots=True)
class _Home:
    """A revisit that becomes the original of its payload."""

    pointer: Pointer
    bodies: Sequence[HiddenBody]  # any of them will do
    payload_digest: bytes


@dataclass(slots=True)
class Homes:
    """Which records of which segments are written anew; bodies are read only when their segment's turn comes."""

    homes: dict[int, list[_Home]] = field(default_factory=dict)  # by segment
    corrected: dict[int, list[tuple[Pointer, Revisit]]] = field(default_factory=dict)  # by segment

    def segments(self) -> set[int]:
        """Return the keys of the segments that hold such records."""
        return self.homes.keys() | self.corrected.keys()

    def replaced(self, store: Store, segment: HeldSegment) -> tuple[dict[int, bytes], frozenset[int]]:
        """Return a segment's new members by capture, and which of them are originals now.

        Raises:
            DamagedRecord: a body that others depend on cannot be read: nothing of it may be deleted.
        """
        members: dict[int, bytes] = {}
        for home in self.homes.get(segment.id, ()):
            record = _record_of(store, segment.key, home.pointer)
            members[home.pointer.span.capture_id] = with_body(record, _body(store, home))
        for pointer, original in self.corrected.get(segment.id, ()):
            record = _record_of(store, segment.key, pointer)
            members[pointer.span.capture_id] = pointing_to(record, original)
        originals = {home.pointer.span.capture_id for home in self.homes.get(segment.id, ())}
        return members, frozenset(originals)


def find_homes(database: Database, store: Store, erasure_id: int) -> Homes:
    """Return what has to be written anew so that no revisit outside an erasure points into it.

    Raises:
        ArchiveError: a revisit's segment is not in the store yet.
    """
    found = Homes()
    every = families(database, erasure_id)
    wanted = {pointer.segment_id for family in every for pointer in family.pointers}
    lying = {segment.id: segment for segment in segments(database, wanted)}
    for family in every:
        for segment in {pointer.segment_id for pointer in family.pointers}:
            if not lying[segment].stored:
                raise ArchiveError(f"{lying[segment].key} is not in the store yet")
        _settle(found, family, lying, store)
    return found


def _settle(found: Homes, family: Family, lying: dict[int, HeldSegment], store: Store) -> None:
    pointers = list(family.pointers)
    if family.survivor is None:
        first = pointers.pop(0)
        home = _Home(first, family.bodies, family.payload_digest)
        found.homes.setdefault(first.segment_id, []).append(home)
        url = first.url or _record_of(store, lying[first.segment_id].key, first).url
        original = Revisit(url=url, fetched_at=first.fetched_at)
    else:
        original = Revisit(url=family.survivor.url, fetched_at=family.survivor.fetched_at)
    erased = {(body.url_hash, body.fetched_at) for body in family.bodies}
    for pointer in pointers:
        record = _record_of(store, lying[pointer.segment_id].key, pointer)
        if refers_to(record) in erased:
            found.corrected.setdefault(pointer.segment_id, []).append((pointer, original))


def refers_to(record: Record) -> tuple[bytes, datetime] | None:
    """Return what a revisit record refers to: SHA-256 of the URL, and the date; None where it does not say."""
    url, at = record.fields.get("WARC-Refers-To-Target-URI"), record.fields.get("WARC-Refers-To-Date")
    if not url or not at:
        return None
    return hashlib.sha256(url.encode("utf-8", "replace")).digest(), datetime.fromisoformat(at)


def _record_of(store: Store, key: str, pointer: Pointer) -> Record:
    return read_record(store, key, pointer.span.offset, pointer.span.length)


def _body(store: Store, home: _Home) -> bytes:
    """Return the body from whichever of its records is whole."""
    for payload in _payloads(store, home):
        if hashlib.sha256(payload).digest() == home.payload_digest:
            return payload
    raise DamagedRecord(
        f"the body that {home.pointer.url or 'another hidden document'} shares with what is being erased cannot be read: nothing more is erased; "
        "run «aboveboard verify»"
    )


def _payloads(store: Store, home: _Home) -> Iterator[bytes]:
    for body in home.bodies:
        try:
            yield read_record(store, body.key, body.span.offset, body.span.length).payload
        except ArchiveError:
            continue
