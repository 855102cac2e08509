"""Does the store hold what the database says, and nothing else?  Both ways, digests included.

Row by row: the bytes at its place are a whole record of its URL whose payload has its digest, its request lies
right before and its metadata right behind; the body of an unchanged answer is in another capture; no more of an
answer is there than its policy lets us keep.  Segment by segment: the object has the segment's digest, length and
number of records, and the index beside it says what the records say.  Object by object: a row knows it, and rows
know every exchange in it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crawler.archive.agreement import Agreement, Finding
from crawler.archive.errors import ObjectMissing
from crawler.archive.keys import index_key, segment_of, site_prefix
from crawler.archive.spool import is_locked, spooled_keys
from crawler.archive.store import Store
from crawler.archive.streams import HashingStream, LimitedStream
from provenance.database import Database
from provenance.erasures.bytes_to_go import hidden_in_segment, objects_to_delete
from provenance.queries.crawling import (
    SegmentCapture,
    Spooled,
    StoredSegment,
    captures_of_segment,
    spooled_segments,
    stored_segments,
)
from provenance.queries.payloads import bodiless_revisits

__all__ = ["Finding", "Verified", "verify"]


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
        """Compare an object of the store with its segment's row and captures, and its index with it."""
        captures = captures_of_segment(self._database, row.id)
        agreement = Agreement(row.key, row.uri, captures)
        try:
            with self._store.open(row.key) as stream:
                hashing = HashingStream(stream)
                is_whole = agreement.walk(hashing)
                hashing.drain()
        except ObjectMissing:
            words = "a row says that this segment is stored, but it is not there"
            self._find("missing-object", row.uri, words)
            return
        self._take(agreement, row.uri, captures, row.id)
        if (hashing.length, hashing.digest()) != (row.length, row.digest):
            words = "the object is not the one that was stored: its digest differs"
            self._find("other-bytes", row.uri, words)
            return
        if agreement.records != row.records:
            words = f"{agreement.records} records in it, {row.records} in its row"
            self._find("other-records", row.uri, words)
        if is_whole:
            self._check_index(row.key, agreement.index)

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
            agreement = Agreement(row.key, str(path), captures)
            agreement.walk(LimitedStream(stream, row.committed_length))
            self._take(agreement, str(path), captures, row.id)

    def check_strangers(self) -> None:
        """Find what no row knows.  Objects are listed before rows are asked: a row always comes first."""
        prefix = site_prefix(self._site)
        objects = [key for key, _ in self._store.keys(prefix)]
        files = [key for key in spooled_keys(self._spool_dir) if key.startswith(prefix)]
        spooled = {row.key for row in spooled_segments(self._database)}
        known = spooled | {row.key for row in stored_segments(self._database, self._site)}
        replaced = set(objects_to_delete(self._database))
        for key in objects:
            if segment_of(key) in replaced:
                words = "an erasure replaced it, and «aboveboard recover» deletes it"
                self._find("unfinished-erasure", self._store.uri(key), words)
            elif segment_of(key) not in known:
                self._find("unknown-object", self._store.uri(key), "no row of the database knows this object")
        for key in files:
            if key not in spooled and not is_locked(self._spool_dir / key):
                self._find(
                    "unknown-file",
                    str(self._spool_dir / key),
                    "a leftover of a dead process: run «aboveboard recover»",
                )

    def _take(
        self, agreement: Agreement, where: str, captures: Iterable[SegmentCapture], segment_id: int
    ) -> None:
        rows = list(captures)
        self.captures += len(rows)
        hidden = hidden_in_segment(self._database, segment_id)
        expected = {f"{where}:{offset}" for offset in hidden}
        self.findings += [
            found
            for found in agreement.findings
            if found.kind != "unknown-record" or found.where not in expected
        ]
        if hidden:
            words = f"{len(hidden)} hidden exchanges are still in it: «aboveboard recover» ends their erasure"
            self._find("unfinished-erasure", where, words)
        if any(row.revisit for row in rows):
            for url in bodiless_revisits(self._database, segment_id):
                words = f"{url} was unchanged, but no capture holds the body that it points to"
                self._find("missing-original", where, words)

    def _check_index(self, key: str, expected: bytes) -> None:
        own = index_key(key)
        try:
            with self._store.open(own) as stream:
                index = stream.read()
        except ObjectMissing:
            words = "no index lies beside this segment: «aboveboard recover» makes it again"
            self._find("missing-index", self._store.uri(own), words)
            return
        if index != expected:
            words = (
                "it does not say what its segment holds: remove it, and «aboveboard recover» makes it again"
            )
            self._find("other-index", self._store.uri(own), words)

    def _find(self, kind: str, where: str, words: str) -> None:
        self.findings.append(Finding(kind=kind, where=where, words=words))
