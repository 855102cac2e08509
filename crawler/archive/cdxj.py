"""The index beside a segment: one CDXJ line a response or revisit, so that replay tools find it by URL and time.

A line is the URL's key (`crawler.archive.surt`), the moment to the second and a JSON object whose values are all
strings, as pywb writes and reads them.  ``filename`` is the segment's key, so a store's root is all that a replay
tool must be told, and the sorted lines of any number of segments merge into the index of a site.

An answer of which no byte of a body is there, because a policy kept none or the connection broke, is left out: its
head announces a body, and a browser would wait for it.

An index says nothing that its segment does not: it is made again from the records whenever it is missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from crawler.archive.gzip_members import Readable
from crawler.archive.records import Record, iterate
from crawler.archive.surt import surt

MEDIA_TYPE = "application/vnd.cdxj"
INDEXED = frozenset({"response", "revisit"})
_DIGITS = str.maketrans("", "", "-:T")
_STATUS = re.compile(rb"HTTP/\S+[ \t]+(\d{3})(?!\d)")
_MEDIA_TYPE = re.compile(rb"^content-type:[ \t]*([^;\s]+)", re.IGNORECASE | re.MULTILINE)


def line(
    *, url: str, at: datetime, head: bytes, digest: bytes, revisit: bool, offset: int, length: int, key: str
) -> bytes:
    """Return the line of one record, with its line feed.

    Args:
        url: as requested, ASCII.
        at: when the request left, the record's WARC-Date.
        head: the answer's status line and header lines.
        digest: SHA-256 of the payload; a revisit's is that of the record it refers to, and finds that.
        revisit: whether the payload lies elsewhere.
        offset: of the record's gzip member, bytes.
        length: of that member, bytes.
        key: the segment's.
    """
    status, media_type = _STATUS.match(head), _MEDIA_TYPE.search(head)
    stated = media_type[1].decode("latin-1").lower() if media_type else "unk"
    kind = "warc/revisit" if revisit else stated
    found = (
        f'{{"url": {json.dumps(url)}, "mime": {json.dumps(kind)}, "status": "{status[1].decode() if status else "-"}", '
        f'"digest": "sha256:{digest.hex()}", "length": "{length}", "offset": "{offset}", "filename": "{key}"}}'
    )  # by hand: an encoder takes longer for the object than everything else for the line
    moment = at.astimezone(UTC).isoformat()[:19].translate(_DIGITS)
    return f"{surt(url)} {moment} {found}\n".encode("ascii")


def line_of(record: Record, offset: int, length: int, key: str) -> bytes | None:
    """Return the line of a record as it was read back; None for one that nobody can replay."""
    if record.kind not in INDEXED or ("WARC-Truncated" in record.fields and not record.payload):
        return None
    return line(
        url=record.url,
        at=record.at,
        head=record.head,
        digest=record.payload_digest or b"",
        revisit=record.kind == "revisit",
        offset=offset,
        length=length,
        key=key,
    )


def index_of(lines: Iterable[bytes]) -> bytes:
    """Return a segment's index, its lines in whatever order they came."""
    return b"".join(sorted(lines))


def index_segment(stream: Readable, key: str) -> bytes:
    """Return the index of a segment, read from its first byte to its last.

    Raises:
        DamagedRecord: a place in it holds no record.
    """
    lines = (line_of(record, offset, length, key) for offset, length, record in iterate(stream))
    return index_of(each for each in lines if each is not None)
