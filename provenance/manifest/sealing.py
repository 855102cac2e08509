"""The seal: a digest over the rows that does not depend on how a file encodes them, and one over the header.

Rows are digested in blocks of 65,536, each column of a block by itself, so that both writing and checking stay fast.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provenance.errors import ProvenanceError
from provenance.manifest.layout import BLOCK, COLUMNS, HEADER_KEY, SEAL_KEY, ColumnOf

METHOD = (
    "SHA-256 of the SHA-256s of blocks of 65536 rows; a block's: of the SHA-256s of its columns in order. "
    "Integers and instants (microseconds since 1970): a byte a row (1: there, 0: null), then 64-bit little-endian "
    "values, 0 for null. Texts: 32-bit little-endian lengths in bytes (-1: null), then the UTF-8 bytes. "
    "Texts that repeat (dictionary-encoded columns): the distinct values in order of first appearance as texts, "
    "then a 32-bit little-endian number a row, from 0 (-1: null)."
)


class Sealed(NamedTuple):
    """What a manifest says of itself."""

    header: Mapping[str, Any]
    text: str  # the header as canonical JSON, as in the file
    seal: str  # SHA-256 of that text, hex, as stated in the file
    is_whole: bool  # whether it is


def canonical(header: Mapping[str, Any]) -> str:
    """Return a header in its one form.

    >>> canonical({"b": 1, "a": "ü"})
    '{"a":"ü","b":1}'
    """
    return json.dumps(header, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def seal_of(text: str) -> str:
    """Return the seal of a header's canonical text: SHA-256, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def header_of(path: Path) -> Sealed:
    """Return the header of a manifest.

    Raises:
        ProvenanceError: the file cannot be read, or is no manifest.
    """
    try:
        metadata = pq.read_metadata(path).metadata or {}
        text, seal = metadata[HEADER_KEY].decode(), metadata[SEAL_KEY].decode()
        header = json.loads(text)
    except OSError as error:
        raise ProvenanceError(f"{path} cannot be read ({error}); name a manifest in Parquet") from error
    except (pa.ArrowException, KeyError, ValueError) as error:
        raise ProvenanceError(f"{path} is no manifest: «aboveboard manifest» writes them") from error
    if not isinstance(header, dict):
        raise ProvenanceError(f"{path} is no manifest: its header is no object")
    return Sealed(header, text, seal, seal_of(text) == seal and canonical(header) == text)


def rows_digest(batches: Iterable[pa.RecordBatch]) -> str:
    """Return the digest over a manifest's rows as "sha256:hex", however they are cut into batches and encoded.

    Raises:
        ProvenanceError: a column is missing, or of another type.
    """
    digest = RowsDigest()
    for batch in batches:
        digest.add(batch)
    return digest.result()


class RowsDigest:
    """Digests rows as they come."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._rest: list[pa.RecordBatch] = []
        self._waiting = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the next rows."""
        while batch.num_rows:
            room = BLOCK - self._waiting
            self._rest.append(batch.slice(0, room))
            self._waiting += min(batch.num_rows, room)
            batch = batch.slice(room) if batch.num_rows > room else batch.slice(0, 0)
            if self._waiting == BLOCK:
                self._close()

    def result(self) -> str:
        """Return the digest over everything taken, as "sha256:hex"."""
        if self._waiting:
            self._close()
        return f"sha256:{hashlib.sha256(b''.join(self._blocks)).hexdigest()}"

    def _close(self) -> None:
        table = pa.Table.from_batches(self._rest)
        digest = hashlib.sha256()
        for column in COLUMNS:
            found = table.schema.get_field_index(column.name)
            if found < 0:
                raise ProvenanceError(f"no column {column.name!r}: this is no manifest of ours")
            values = table.column(found)
            whole = values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()
            digest.update(_column(column, whole))
        self._blocks.append(digest.digest())
        self._rest, self._waiting = [], 0


def _column(column: ColumnOf, values: pa.Array) -> bytes:
    digest = hashlib.sha256()
    try:
        parts = _repeating(values) if column.repeats else _plain(column, values)
        for part in parts:
            digest.update(part)
    except pa.ArrowException as error:
        raise ProvenanceError(
            f"column {column.name!r} holds other things than a manifest's ({error})"
        ) from error
    return digest.digest()


def _plain(column: ColumnOf, values: pa.Array) -> Iterator[Any]:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if column.type == pa.string():
        yield from _texts(values.cast(pa.string()))
        return
    numbers = values.cast(column.type).cast(pa.int64())
    yield numbers.is_valid().cast(pa.uint8()).to_numpy(zero_copy_only=False)
    yield np.ascontiguousarray(numbers.fill_null(0).to_numpy(), dtype="<i8")


def _texts(values: pa.StringArray) -> Iterator[Any]:
    _, offsets, data = values.buffers()
    ends = np.frombuffer(offsets, dtype="<i4", count=len(values) + 1, offset=4 * values.offset)
    lengths = ends[1:] - ends[:-1]
    if values.null_count:
        there = values.is_valid().to_numpy(zero_copy_only=False)
        if int(lengths[~there].sum()):  # bytes under a null count for nothing
            values = values.fill_null("")
            yield from _texts_of(values, np.where(there, lengths, -1))
            return
        lengths = np.where(there, lengths, -1)
    yield np.ascontiguousarray(lengths, dtype="<i4")
    if data is not None:
        yield memoryview(data)[int(ends[0]) : int(ends[-1])]


def _texts_of(values: pa.StringArray, lengths: np.ndarray[Any, Any]) -> Iterator[Any]:
    yield np.ascontiguousarray(lengths, dtype="<i4")
    yield "".join(values.to_pylist()).encode()


def _repeating(values: pa.Array) -> Iterator[Any]:
    if not pa.types.is_dictionary(values.type):
        values = values.cast(pa.string()).dictionary_encode()
    seen = values.indices.dictionary_encode()  # numbers in order of first appearance
    distinct = values.dictionary.take(seen.dictionary).cast(pa.string())
    again = distinct.dictionary_encode()  # a dictionary may hold a value twice
    numbers = again.indices.take(seen.indices) if len(again.dictionary) < len(distinct) else seen.indices
    yield from _texts(again.dictionary)
    yield np.ascontiguousarray(numbers.cast(pa.int32()).fill_null(-1).to_numpy(), dtype="<i4")
