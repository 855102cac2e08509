"""Typed rows as Arrow tables and Parquet files: any row type of ours, a column a field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import islice
from types import NoneType
from typing import TYPE_CHECKING, Any, BinaryIO, get_args, get_origin, get_type_hints

from provenance.columnar import arrow
from provenance.rendering import plain

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 16_384  # of a batch, and of a row group


def schema_of(row_type: type) -> pa.Schema:
    """Return the columns of a row type: text, int64, timestamps in UTC, lists of text; anything else is JSON text.

    Raises:
        ProvenanceError: pyarrow is not installed; says what to install.
    """
    hints = get_type_hints(row_type)
    return arrow().schema([_field(one.name, hints[one.name]) for one in fields(row_type)])


def batches(rows: Iterable[Any], row_type: type) -> Iterator[pa.RecordBatch]:
    """Yield rows of one type as record batches; memory stays flat."""
    schema = schema_of(row_type)
    left = iter(rows)
    while some := list(islice(left, ROWS)):
        columns = [[_value(getattr(row, one.name), one.type) for row in some] for one in schema]
        arrays = [arrow().array(values, one.type) for values, one in zip(columns, schema, strict=True)]
        yield arrow().RecordBatch.from_arrays(arrays, schema=schema)


def write_parquet(rows: Iterable[Any], row_type: type, out: BinaryIO) -> int:
    """Write rows as one Parquet file, compressed with Zstandard; return how many."""
    schema = schema_of(row_type)
    import pyarrow.parquet as pq  # noqa: PLC0415  # the extra [parquet]; `schema_of` says where it is missing

    written = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in batches(rows, row_type):
            writer.write_batch(batch)
            written += batch.num_rows
    return written


def _field(name: str, hint: Any) -> pa.Field:
    pa = arrow()
    choices = [one for one in get_args(hint) if one is not NoneType] if get_args(hint) else [hint]
    is_list = get_origin(hint) is not None and _is_sequence(hint)
    kind = hint if is_list or not choices else choices[0]
    if is_list:
        is_text = get_args(hint) == (str,)
        return pa.field(name, pa.list_(pa.string()) if is_text else pa.string())
    types = {int: pa.int64(), float: pa.float64(), datetime: pa.timestamp("us", tz="UTC"), bool: pa.bool_()}
    return pa.field(name, types.get(kind, pa.string()))


def _is_sequence(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Sequence)


def _value(value: Any, kind: Any) -> Any:
    if isinstance(value, Mapping) or (isinstance(value, (list, tuple)) and str(kind) == "string"):
        return json.dumps(plain(value), ensure_ascii=False, sort_keys=True)
    return list(value) if isinstance(value, tuple) else value
