"""Does the store hold what the database says, and nothing else?  Both ways, digests included.

Row by row: the bytes at its place are a whole record of its URL whose payload has its digest, its request lies
right before and its metadata right behind; a segment's object has the segment's digest, length and number of
records.  Object by object: a row knows it, and rows know every exchange in it.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crawler.archive.errors import DamagedRecord, ObjectMissing
from crawler.archive.gzip_members import Readable
from crawler.archive.keys import site_prefix
from crawler.archive.records import Record, iterate
from crawler.archive.spool import is_locked, spooled_keys
from crawler.archive.store import Store
from crawler.archive.streams import HashingStream, LimitedStream
from provenance.database import Database
from provenance.queries.crawling import (
    SegmentCapture,
    Spooled,
    StoredSegment,
    captures_of_segment,
    spooled_segments,
    stored_segments,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that store and database do not agree on."""

    kind: (
        str  # see the words beside each in this module: "missing-object", "other-bytes", "unknown-record", …
    )
    where: str  # a URI, or a key and an offset in it
    words: str  # for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was looked at and what was found; no findings: everything that was looked at agrees."""

    segments: int
    captures: int
    findings: tuple[Finding, ...]


class Progress(Protocol):
    """Called after each segment."""

    def __call__(self, done: int, total: int, /) -> object:
        """Take note that ``done`` of ``total`` segments are through."""


def verify(
    database: Database,
    store: Store,
    spool_dir: Path,
    *,
    site: str | None = None,
    sample: float = 1.0,
    progress: Progress | None = None,
) -> Verified:
    """Read back and compare.

    Args:
        database: whose rows are believed.
        store: where stored segments should be.
        spool_dir: where segments wait that are not stored yet; one that is being written is left alone.
        site: only this site's segments; None: all.
        sample: share of the segments whose bytes are read, 0 to 1, chosen at random.
        progress: told after each segment.

    Raises:
        StoreError: the store cannot be reached, so nothing can be said.
    """
    verification = _Verification(database, store, spool_dir, site)
    stored = [row for row in stored_segments(database, site) if sample >= 1 or random.random() < sample]  # noqa: S311 - a sample, no secret
    spooled = [row for row in spooled_segments(database) if site in {None, row.site}]
    rows: list[StoredSegment | Spooled] = [*stored, *spooled]
    for done, row in enumerate(rows, start=1):
        if isinstance(row, StoredSegment):
            verification.check_stored(row)
        else:
            verification.check_spooled(row)
        if progress is not None:
            progress(done, len(rows))
    verification.check_strangers()
    return Verified(segments=len(rows), captures=verification.captures, findings=tuple(verification.findings))


class _Verification:
    """The findings of one pass, and the rows that they are held against."""

    def __init__(self, database: Database, store: Store, spool_dir: Path, site: str | None) -> None:
        self._database, self._store, self._spool_dir, self._site = database, store, spool_dir, site
        self.captures = 0
        self.findings: list[Finding] = []

    def check_stored(self, row: StoredSegment) -> None:
        """Compare an object of the store with its segment's row and captures."""
        try:
            with self._store.open(row.key) as stream:
                hashing = HashingStream(stream)
                records = self._check_records(hashing, row.uri, captures_of_segment(self._database, row.id))
                hashing.drain()
        except ObjectMissing:
            self._find(
                "missing-object", row.uri, "a row says that this segment is stored, but it is not there"
            )
            return
        if (hashing.length, hashing.digest()) != (row.length, row.digest):
            self._find(
                "other-bytes", row.uri, "the object is not the one that was stored: its digest differs"
            )
        elif records != row.records:
            self._find("other-records", row.uri, f"{records} records in it, {row.records} in its row")

    def check_spooled(self, row: Spooled) -> None:
        """Compare the committed part of a spool file with its captures."""
        path = self._spool_dir / row.key
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            if row.committed_length and row.id in {each.id for each in spooled_segments(self._database)}:
                self._find(
                    "missing-file",
                    row.key,
                    "captures stand on this segment, which is neither stored nor in this spool: "
                    "run «aboveboard recover» on the machine that crawled it",
                )
            return
        with stream:
            captures = [
                each
                for each in captures_of_segment(self._database, row.id)
                if each.warc_offset < row.committed_length  # later ones were committed while we read
            ]
            self._check_records(LimitedStream(stream, row.committed_length), str(path), captures)

    def check_strangers(self) -> None:
        """Find what no row knows.  Objects are listed before rows are asked: a row always comes first."""
        objects = [key for key, _ in self._store.keys(site_prefix(self._site))]
        files = [key for key in spooled_keys(self._spool_dir) if key.startswith(site_prefix(self._site))]
        spooled = {row.key for row in spooled_segments(self._database)}
        known = spooled | {row.key for row in stored_segments(self._database, self._site)}
        for key in objects:
            if key not in known:
                self._find("unknown-object", self._store.uri(key), "no row of the database knows this object")
        for key in files:
            if key not in spooled and not is_locked(self._spool_dir / key):
                self._find(
                    "unknown-file",
                    str(self._spool_dir / key),
                    "a leftover of a dead process: run «aboveboard recover»",
                )

    def _check_records(self, stream: Readable, where: str, rows: list[SegmentCapture]) -> int:
        """Walk the records, hold each against the row at its offset, and return how many there are."""
        by_offset = {row.warc_offset: row for row in rows}
        self.captures += len(rows)
        count, before, expected = (
            0,
            ("", 0),
            None,
        )  # kind and length of the record before; row whose metadata is due
        try:
            for offset, length, record in iterate(stream):
                count += 1
                if expected is not None and (record.kind, length) != ("metadata", expected.metadata_length):
                    self._find(
                        "missing-metadata", f"{where}:{offset}", f"no metadata record of {expected.url} here"
                    )
                expected = None
                if record.kind in {"response", "revisit"}:
                    expected = by_offset.pop(offset, None)
                    self._check_capture(f"{where}:{offset}", length, record, before, expected)
                before = (record.kind, length)
        except DamagedRecord as error:
            self._find("damaged", where, f"{error}; {len(by_offset)} captures from there on cannot be read")
            return count
        if expected is not None:
            self._find(
                "missing-metadata", where, f"the file ends before the metadata record of {expected.url}"
            )
        for row in by_offset.values():
            self._find("missing-record", f"{where}:{row.warc_offset}", f"no record of {row.url} begins here")
        return count

    def _check_capture(
        self, where: str, length: int, record: Record, before: tuple[str, int], row: SegmentCapture | None
    ) -> None:
        if row is None:
            self._find("unknown-record", where, f"no row of the database knows this record of {record.url}")
            return
        if (record.url, length) != (row.url, row.warc_length) or (record.kind == "revisit") != row.revisit:
            self._find(
                "other-record", where, f"{record.kind} of {record.url}, {length} bytes; not that of {row.url}"
            )
        if before != ("request", row.request_length):
            self._find("missing-request", where, f"the request of {row.url} does not lie right before")
        if record.kind == "revisit":
            payload_digest, agree = record.payload_digest, True
        else:
            payload = record.payload
            payload_digest, agree = hashlib.sha256(payload).digest(), len(payload) == row.length
        if payload_digest != row.payload_digest or not agree:
            self._find("other-payload", where, f"the body of {row.url} is not the one that was recorded")

    def _find(self, kind: str, where: str, words: str) -> None:
        self.findings.append(Finding(kind=kind, where=where, words=words))
