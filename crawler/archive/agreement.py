"""One segment held against its rows, record by record, in one pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from crawler.archive.cdxj import INDEXED, index_of, line_of
from crawler.archive.errors import DamagedRecord
from crawler.archive.gzip_members import Readable
from crawler.archive.records import Record, iterate
from crawler.retention import DROPPED, status_line
from provenance.queries.crawling import SegmentCapture
from provenance.records import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that store and database do not agree on."""

    kind: str  # "missing-object", "other-bytes", "unknown-record", …: what the words beside each are about
    where: str  # a URI, or a key and an offset in it
    words: str  # for people


class Agreement:
    """What a segment's records and its rows have to say about each other."""

    def __init__(self, key: str, where: str, rows: Iterable[SegmentCapture]) -> None:
        self.records = 0
        self.findings: list[Finding] = []
        self._key, self._where = key, where
        self._rows = {row.warc_offset: row for row in rows}
        self._lines: list[bytes] = []
        self._before = ("", 0)  # kind and length of the record before
        self._due: SegmentCapture | None = None  # whose metadata has to come next

    @property
    def index(self) -> bytes:
        """The index that has to lie beside the segment, once it was walked to its end."""
        return index_of(self._lines)

    def walk(self, stream: Readable) -> bool:
        """Hold every record against the row at its offset; say whether the end was reached."""
        try:
            for offset, length, record in iterate(stream):
                self.records += 1
                self._follow(f"{self._where}:{offset}", offset, length, record)
                self._before = (record.kind, length)
        except DamagedRecord as error:
            words = f"{error}; {len(self._rows)} captures from there on cannot be read"
            self._find("damaged", self._where, words)
            return False
        if self._due is not None:
            words = f"the file ends before the metadata record of {self._due.url}"
            self._find("missing-metadata", self._where, words)
        if self._before[0] == "request":
            self._find("unknown-record", self._where, "the last record is a request that has no answer")
        for row in self._rows.values():
            words = f"no record of {row.url} begins here"
            self._find("missing-record", f"{self._where}:{row.warc_offset}", words)
        return True

    def _follow(self, where: str, offset: int, length: int, record: Record) -> None:
        due, self._due = self._due, None
        if due is not None and (record.kind, length) != ("metadata", due.metadata_length):
            self._find("missing-metadata", where, f"no metadata record of {due.url} here")
        if record.kind in INDEXED:
            line = line_of(record, offset, length, self._key)
            self._lines += () if line is None else (line,)
            self._due = self._rows.pop(offset, None)
            self._compare(where, length, record, self._due)
        elif not self._belongs(record):
            self._find(
                "unknown-record", where, f"a {record.kind or 'nameless'} record that belongs to no exchange"
            )

    def _belongs(self, record: Record) -> bool:
        """Whether a record beside the exchange's answer stands where one may."""
        before = self._before[0]
        if record.kind == "metadata":
            return before in INDEXED
        return before != "request" and (record.kind == "request" or (record.kind, before) == ("warcinfo", ""))

    def _compare(self, where: str, length: int, record: Record, row: SegmentCapture | None) -> None:
        if row is None:
            self._find("unknown-record", where, f"no row of the database knows this record of {record.url}")
            return
        if (record.url, length) != (row.url, row.warc_length) or (record.kind == "revisit") != row.revisit:
            words = f"{record.kind} of {record.url}, {length} bytes; not that of {row.url}"
            self._find("other-record", where, words)
        if self._before != ("request", row.request_length):
            self._find("missing-request", where, f"the request of {row.url} does not lie right before")
        if record.kind == "revisit":
            digest, agree = record.payload_digest, True
        else:
            payload = record.payload
            digest, agree = hashlib.sha256(payload).digest(), len(payload) == row.length
        if digest != row.payload_digest or not agree:
            self._find("other-payload", where, f"the body of {row.url} is not the one that was recorded")
        if row.kept is not Kept.BODY and not _is_kept(record, row.kept):
            words = f"of {row.url} only {_KEPT[row.kept]} was to be kept, and it holds something else"
            self._find("other-kept", where, words)

    def _find(self, kind: str, where: str, words: str) -> None:
        self.findings.append(Finding(kind=kind, where=where, words=words))


_KEPT = {Kept.HEADERS: "the head of the answer", Kept.NOTHING: "the status line"}


def _is_kept(record: Record, kept: Kept) -> bool:
    """Whether a record holds as little as its policy asked for, and says that something is missing."""
    bare = not record.payload and record.fields.get("WARC-Truncated") == DROPPED
    return bare and (kept is Kept.HEADERS or record.head == status_line(record.head))
