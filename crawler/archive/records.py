"""WARC 1.1 records of one exchange, and back: the only module that knows FastWARC.

FastWARC frames (0.12 ms for a 35 KB page with both digests; warcio needs 0.23), `gzip_members` compresses.
Header bytes go in and come out untouched: we hand over whole blocks and never let a library parse HTTP.
Digests are written "sha256:" and hex, which warcio and FastWARC both verify.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from fastwarc.warc import WarcRecord, WarcRecordType

from crawler.archive.errors import DamagedRecord
from crawler.archive.exchange import Exchange, Revisit
from crawler.archive.gzip_members import Readable, compress, expand, split

_SAME_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"  # WARC 1.1 §6.7.2
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")  # some servers end lines with LF alone, and we keep what they sent
_FIELDS = "application/warc-fields"
_NOTED = b"\r\naboveboard: "  # JSON has no line break, so this comes once
_TYPES = {
    "warcinfo": WarcRecordType.warcinfo,
    "request": WarcRecordType.request,
    "response": WarcRecordType.response,
    "revisit": WarcRecordType.revisit,
    "metadata": WarcRecordType.metadata,
}

_OWN_FIELDS = {"WARC-Type", "WARC-Record-ID", "WARC-Block-Digest", "Content-Type", "Content-Length"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as read back: its WARC fields and its block, byte for byte."""

    fields: Mapping[str, str]
    block: bytes

    @property
    def kind(self) -> str:
        """The WARC-Type: "request", "response", "revisit", "metadata", "warcinfo"."""
        return self.fields.get("WARC-Type", "")

    @property
    def url(self) -> str:
        """The WARC-Target-URI; "" for a warcinfo record."""
        return self.fields.get("WARC-Target-URI", "")

    @property
    def at(self) -> datetime:
        """The WARC-Date, UTC."""
        return datetime.fromisoformat(self.fields["WARC-Date"])

    @property
    def head(self) -> bytes:
        """The HTTP head as it crossed the wire, to its blank line and with it."""
        return self.block[: self._head_length()]

    @property
    def payload(self) -> bytes:
        """The HTTP body as archived: transfer coding removed, content coding kept."""
        return self.block[self._head_length() :]

    @property
    def payload_digest(self) -> bytes | None:
        """The stated SHA-256 of the payload; for a revisit that of the record it refers to.  None where unstated."""
        algorithm, _, digits = self.fields.get("WARC-Payload-Digest", "").partition(":")
        return bytes.fromhex(digits) if algorithm == "sha256" else None

    @property
    def noted(self) -> bytes:
        """The JSON of a metadata record; in segments of the first release it is the whole block."""
        return self.block.rpartition(_NOTED)[2]

    def _head_length(self) -> int:
        blank = _BLANK_LINE.search(self.block)
        return blank.end() if blank else len(self.block)


def new_record_id() -> str:
    """Return a fresh WARC-Record-ID."""
    return f"<urn:uuid:{uuid4()}>"


def warcinfo_member(record_id: str, filename: str, facts: Mapping[str, str]) -> bytes:
    """Return the record that opens a segment: who crawled, with what, under which policy (WARC 1.1 §6.2)."""
    block = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in facts.items()).encode()
    fields = {"WARC-Date": _instant(datetime.now(UTC)), "WARC-Filename": _one_line(filename)}
    return _member("warcinfo", record_id, _FIELDS, block, fields)


def request_member(exchange: Exchange, common: Mapping[str, str]) -> bytes:
    """Return the request as it was sent; ``common`` are the fields that tie the exchange's records together."""
    return _member(
        "request", new_record_id(), "application/http; msgtype=request", exchange.request_head, common
    )


def response_member(
    exchange: Exchange, record_id: str, payload_digest: bytes, warcinfo_id: str, revisit_of: Revisit | None
) -> bytes:
    """Return the response with its body or, for an identical payload, the revisit record with its head alone."""
    fields = _shared_fields(exchange, warcinfo_id)
    fields["WARC-Payload-Digest"] = _digest_text(payload_digest)
    if exchange.truncated:
        fields["WARC-Truncated"] = _one_line(exchange.truncated)
    kind, block = "response", exchange.response_head + exchange.body
    if revisit_of is not None:
        kind, block = "revisit", exchange.response_head
        fields["WARC-Profile"] = _SAME_PAYLOAD
        fields["WARC-Refers-To-Target-URI"] = _one_line(revisit_of.url)
        fields["WARC-Refers-To-Date"] = _instant(revisit_of.fetched_at)
    return _member(kind, record_id, "application/http; msgtype=response", block, fields)


def with_body(revisit: Record, payload: bytes) -> bytes:
    """Return a revisit as the response that it was: with the body it left out, under its own WARC-Record-ID."""
    fields = _fields_to_keep(revisit)
    for name in ("WARC-Profile", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date"):
        fields.pop(name, None)
    return _again(revisit, "response", revisit.head + payload, fields)


def pointing_to(revisit: Record, original: Revisit) -> bytes:
    """Return a revisit that refers to another record of the same payload."""
    fields = _fields_to_keep(revisit)
    fields["WARC-Refers-To-Target-URI"] = _one_line(original.url)
    fields["WARC-Refers-To-Date"] = _instant(original.fetched_at)
    return _again(revisit, "revisit", revisit.block, fields)


def metadata_member(exchange: Exchange, metadata: Mapping[str, Any], common: Mapping[str, str]) -> bytes:
    """Return what we noted about the exchange, as JSON in a field of ours; the key "exchange" is ours, too.

    Fields (WARC 1.1 §6.6), because tools that index WARC files take any other metadata for one more answer of the URL.
    Escaped to ASCII, because raw text from a page may hold what UTF-8 cannot (lone surrogates).
    """
    noted = {
        "exchange": {
            "method": exchange.method,
            "started_at": _instant(exchange.started_at),
            "ended_at": _instant(exchange.ended_at),
            "transfer_coding": exchange.transfer_coding,
            "truncated": exchange.truncated,
        },
        **metadata,
    }
    milliseconds = max((exchange.ended_at - exchange.started_at) // timedelta(milliseconds=1), 0)
    block = (
        b"fetchTimeMs: %d" % milliseconds + _NOTED + json.dumps(noted, separators=(",", ":")).encode("ascii")
    )
    return _member("metadata", new_record_id(), _FIELDS, block + b"\r\n", common)


def concurrent_fields(exchange: Exchange, response_id: str, warcinfo_id: str) -> dict[str, str]:
    """Return the fields that the request and metadata records share: same URL, same moment, this response."""
    return {**_shared_fields(exchange, warcinfo_id), "WARC-Concurrent-To": response_id}


def parse_member(member: bytes) -> Record:
    """Return the record in one whole gzip member.

    Raises:
        DamagedRecord: it is not one, or does not hold a whole WARC record.
    """
    return _parse(expand(member))


def iterate(stream: Readable, kind: str | None = None) -> Iterator[tuple[int, int, Record]]:
    """Yield (offset, length, record) in order; offset and length are of the compressed member.

    Args:
        stream: a whole segment from its first byte.
        kind: only records of this WARC-Type; None for all.

    Raises:
        DamagedRecord: at the first place that is no record, after those before it were yielded.
    """
    for offset, length, framed in split(stream):
        record = _parse(framed)
        if kind is None or record.kind == kind:
            yield offset, length, record


def _parse(framed: bytes) -> Record:
    try:
        parsed = WarcRecord.from_bytes(framed)
        fields, block = parsed.headers.to_dict(), parsed.reader.read()
    except (OSError, ValueError) as error:
        raise DamagedRecord(f"no WARC record in this member: {error}") from error
    if fields.get("Content-Length") != str(len(block)):
        raise DamagedRecord("a WARC record does not have the length that it states")
    return Record(fields=fields, block=block)


def _member(kind: str, record_id: str, content_type: str, block: bytes, fields: Mapping[str, str]) -> bytes:
    record = WarcRecord()
    record.init_headers(_TYPES[kind])
    record.record_id = record_id
    headers = record.headers
    for name, value in fields.items():
        headers[name] = value
    headers["WARC-Block-Digest"] = _digest_text(hashlib.sha256(block).digest())
    headers["Content-Type"] = content_type
    record.set_bytes_content(block)
    framed = io.BytesIO()
    record.write(framed)
    return compress(framed.getvalue())


def _fields_to_keep(record: Record) -> dict[str, str]:
    """Return the fields that `_member` does not write itself."""
    return {name: value for name, value in record.fields.items() if name not in _OWN_FIELDS}


def _again(record: Record, kind: str, block: bytes, fields: Mapping[str, str]) -> bytes:
    return _member(kind, record.fields["WARC-Record-ID"], record.fields["Content-Type"], block, fields)


def _shared_fields(exchange: Exchange, warcinfo_id: str) -> dict[str, str]:
    fields = {
        "WARC-Date": _instant(exchange.started_at),
        "WARC-Target-URI": _one_line(exchange.url),
        "WARC-Warcinfo-ID": warcinfo_id,
    }
    if exchange.address:
        fields["WARC-IP-Address"] = _one_line(exchange.address)
    return fields


def _digest_text(digest: bytes) -> str:
    return f"sha256:{digest.hex()}"


def _instant(at: datetime) -> str:
    """Return a W3C date in UTC with microseconds, as WARC 1.1 §5.4 allows."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _one_line(value: str) -> str:
    """Return the value with line breaks turned to spaces: a field's value must not begin another field."""
    return " ".join(value.splitlines()) if "\n" in value or "\r" in value else value
