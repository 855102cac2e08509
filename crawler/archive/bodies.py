"""The documents of a manifest, one after the other: few range reads, every payload checked, nothing skipped.

    from crawler.archive.bodies import bodies

    for row, body in bodies("train.parquet", "s3://bucket/prefix"):
        ...  # row["url"], row["licence"], row["split"]; body: bytes

A manifest's rows are in the order in which their records lie in the store, so that neighbours come in one read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from os import PathLike
from typing import Any, Literal, overload
from urllib.parse import unquote, urlsplit

from crawler.archive.errors import DamagedRecord, ObjectMissing
from crawler.archive.keys import checked_key
from crawler.archive.records import Record, parse_member
from crawler.archive.store import Store, open_store
from crawler.content_coding import decode
from provenance.columnar import arrow

Row = Mapping[str, Any]
Failure = DamagedRecord | ObjectMissing
NEEDED = ("payload_digest", "warc_uri", "warc_offset", "warc_length")
MOST_DECODED = 256 << 20  # bytes of a body without its content coding
_ROWS = 512  # that are looked at together
_BYTES = 32 << 20  # of their records, compressed: what memory holds at most, but for one larger record
_GAP = 64 << 10  # bytes between two records that cost less than another read
_KEY_PARTS = 4  # warc/site/run/file
_CODING = re.compile(rb"^content-encoding:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


@overload
def bodies(
    manifest: str | PathLike[str] | Iterable[Row],
    store: str | Store,
    *,
    errors: Literal["raise"] = "raise",
    decoded: bool = False,
) -> Iterator[tuple[Row, bytes]]: ...


@overload
def bodies(
    manifest: str | PathLike[str] | Iterable[Row],
    store: str | Store,
    *,
    errors: Literal["yield"],
    decoded: bool = False,
) -> Iterator[tuple[Row, bytes | Failure]]: ...


def bodies(
    manifest: str | PathLike[str] | Iterable[Row],
    store: str | Store,
    *,
    errors: Literal["raise", "yield"] = "raise",
    decoded: bool = False,
) -> Iterator[tuple[Row, bytes | Failure]]:
    """Yield each row of a manifest with its document's bytes, in the order of the rows.

    Args:
        manifest: the file, or rows of it (mappings by column name), filtered and ordered as you like.
        store: where the segments lie, as `open_store` takes it; a copy of the store the manifest names will do.
        errors: what becomes of a record that is missing, was erased or does not hold what the row says: "raise"
            raises DamagedRecord or ObjectMissing, "yield" yields that exception in place of the bytes.
        decoded: undo the content coding (gzip, deflate); else bytes are as archived, as their digest is.

    Raises:
        StoreError: the store cannot be reached or refuses, whatever ``errors`` says.
        ProvenanceError: the manifest is a file, and pyarrow is not installed.
    """
    opened = open_store(store) if isinstance(store, str) else store
    for rows in _windows(_rows(manifest)):
        held = _read(opened, rows)
        for row, member in zip(rows, held, strict=True):
            try:
                body = _body(row, member, decoded=decoded)
            except (DamagedRecord, ObjectMissing) as failure:
                if errors == "raise":
                    raise
                yield row, failure
            else:
                yield row, body


def _rows(manifest: str | PathLike[str] | Iterable[Row]) -> Iterator[Row]:
    if not isinstance(manifest, str | PathLike):
        yield from manifest
        return
    arrow()
    import pyarrow.parquet as pq  # noqa: PLC0415  # the extra [parquet]

    with pq.ParquetFile(manifest) as file:
        for batch in file.iter_batches(_ROWS):
            yield from batch.to_pylist()


def _windows(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    """Cut rows into windows that are read together."""
    window: list[Row] = []
    size = 0
    for row in rows:
        size += row["warc_length"]
        if window and (len(window) == _ROWS or size > _BYTES):
            yield window
            window, size = [], row["warc_length"]
        window.append(row)
    if window:
        yield window


def _read(store: Store, rows: Sequence[Row]) -> list[bytes | ObjectMissing]:
    """Return the compressed record of each row, or why there is none; those of neighbours come in one read."""
    places = [(_key(row), row["warc_offset"], row["warc_length"]) for row in rows]
    order = sorted(range(len(rows)), key=lambda at: places[at])
    held: list[bytes | ObjectMissing] = [b""] * len(rows)
    group: list[int] = []
    end = 0
    for at in chain(order, [None]):
        if group and (at is None or places[at][0] != places[group[0]][0] or places[at][1] > end + _GAP):
            _read_group(store, places, group, end, held)
            group = []
        if at is not None:
            end = max(end, sum(places[at][1:])) if group else sum(places[at][1:])
            group.append(at)
    return held


def _read_group(
    store: Store,
    places: Sequence[tuple[str, int, int]],
    group: Sequence[int],
    end: int,
    held: list[bytes | ObjectMissing],
) -> None:
    key, begin, _ = places[group[0]]
    try:
        piece = memoryview(store.read(key, begin, end - begin))
    except ObjectMissing as missing:
        for at in group:
            held[at] = missing
        return
    for at in group:
        _, offset, length = places[at]
        held[at] = bytes(piece[offset - begin : offset - begin + length])


def _key(row: Row) -> str:
    """Return the key of a row's segment: the end of its URI, wherever the store's root lies."""
    path = unquote(urlsplit(row["warc_uri"]).path)
    return checked_key("/".join(path.split("/")[-_KEY_PARTS:]))


def _body(row: Row, member: bytes | ObjectMissing, *, decoded: bool) -> bytes:
    where = f"{row['warc_uri']} at {row['warc_offset']}"
    if isinstance(member, ObjectMissing):
        raise ObjectMissing(
            f"{where}: there is no such segment any more, it was erased or moved; see «aboveboard check»"
        )
    try:
        record = parse_member(member)
    except DamagedRecord as error:
        raise DamagedRecord(f"{where}: {error}; see «aboveboard check» and «aboveboard verify»") from error
    payload = record.payload
    found = f"sha256:{hashlib.sha256(payload).hexdigest()}"
    if record.kind != "response" or found != row["payload_digest"]:
        raise DamagedRecord(f"{where}: the record there does not hold the payload {row['payload_digest']}")
    return _decoded(record, payload, where) if decoded else payload


def _decoded(record: Record, payload: bytes, where: str) -> bytes:
    codings = ", ".join(one.decode("latin-1") for one in _CODING.findall(record.head))
    plain = decode(payload, codings, MOST_DECODED)
    if not plain.complete:
        raise DamagedRecord(
            f"{where}: its content coding {codings!r} cannot be undone; read it without «decoded»"
        )
    return plain.body
