"""Rows as Arrow record batches, cheaply: the engine packs a block of rows into one value a column, numpy unpacks it.

A row handed over by a driver costs a quarter of a microsecond a column, whatever is done with it then.  So a select
whose rows have an ascending key is read in blocks: SQLite joins a column's values with ``group_concat``, PostgreSQL
sends them in binary with ``string_agg``, and one array comes out of each.  It is three times as fast as rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, func, select

from provenance.columnar_types import Shape, shape_of
from provenance.database import Database
from provenance.errors import ProvenanceError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 65_536  # of a block
EVERYTHING = ((-(1 << 63), (1 << 63) - 1),)


def arrow() -> Any:
    """Return pyarrow, which comes with an extra.

    Raises:
        ProvenanceError: it is not installed; says what to install.
    """
    try:
        import pyarrow  # noqa: ICN001, PLC0415  # the extra [parquet], and a fifth of a second that few commands need
    except ImportError as error:
        raise ProvenanceError("columns need pyarrow and numpy: pip install 'aboveboard[parquet]'") from error
    return pyarrow


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """Open a transaction whose reads all see the database as it is at the first of them."""
    with database.reading() as connection:
        if not database.is_sqlite:  # SQLite's transactions see nothing else
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection


def record_batches(
    database: Database,
    rows_of: Select[*tuple[Any, ...]],
    *,
    rows: int = ROWS,
    key: Any = None,
    ranges: Iterable[tuple[int, int]] = EVERYTHING,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a select as record batches, all from one snapshot; memory stays flat.

    Integers become int64, booleans bool, instants timestamps in UTC to the microsecond, digests binary(32),
    everything else text; JSON is the text it is kept as.

    Args:
        database: which to ask.
        rows_of: plain columns or expressions; without an order and a limit of its own when a key is given.
        rows: at most so many a batch.
        key: an integer column or expression of that select, unique in its rows, by which the engine can go from
            range to range (a primary key): rows come in its order, several times as fast.
            None: rows come as the select says.
        ranges: of the key, each from its first value to its last, ascending; without a key, none are taken.

    Raises:
        ProvenanceError: pyarrow is not installed, or the database fails.
    """
    arrow()
    with snapshot(database) as connection:
        yield from batches_of(connection, rows_of, rows=rows, key=key, ranges=ranges)


def batches_of(
    connection: Connection,
    rows_of: Select[*tuple[Any, ...]],
    *,
    rows: int = ROWS,
    key: Any = None,
    ranges: Iterable[tuple[int, int]] = EVERYTHING,
) -> Iterator[pa.RecordBatch]:
    """Yield as `record_batches` does, over a connection in a transaction of the caller's."""
    engine = connection.dialect.name
    shapes = [shape_of(column, engine) for column in rows_of.selected_columns]
    if key is None:
        yield from _by_rows(connection, rows_of, shapes, rows)
        return
    bare = getattr(key, "expression", key)  # of a mapped attribute
    at = next((at for at, one in enumerate(rows_of.selected_columns) if one.compare(bare)), None)
    keyed = [*shapes, shape_of(key, engine)] if at is None else shapes
    order = len(shapes) if at is None else at
    packing = [expression for shape in keyed for expression in shape.packed]
    packed = rows_of.with_only_columns(func.count(), *packing, maintain_column_froms=True).order_by(None)
    plain = rows_of.order_by(None).order_by(key)
    ends = select(key).order_by(key).limit(1).offset(rows - 1)
    for first, last in ranges:
        begin = first
        while begin <= last:
            end = connection.scalar(ends.where(key >= begin, key <= last))
            stop = last if end is None else end
            within = (key >= begin, key <= stop)
            arrays = _unpacked(connection, packed.where(*within), keyed)
            if arrays is None:
                yield from _by_rows(connection, plain.where(*within), shapes, rows)
            elif len(arrays[order]):
                yield _batch(_in_order(arrays, order)[: len(shapes)], shapes)
            begin = stop + 1


def _in_order(arrays: list[Any], order: int) -> list[Any]:
    """Return the arrays in the order of one of them: PostgreSQL aggregates in whatever order it scans."""
    import numpy as np  # noqa: PLC0415  # comes with the extra

    keys = arrays[order].to_numpy()
    if bool((keys[1:] > keys[:-1]).all()):
        return arrays
    sorting = arrow().array(np.argsort(keys))
    return [array.take(sorting) for array in arrays]


def _unpacked(
    connection: Connection, packed: Select[*tuple[Any, ...]], shapes: Sequence[Shape]
) -> list[Any] | None:
    """Return a block's columns; None when it cannot be taken apart again (a text holds the mark that parts texts)."""
    count, *values = connection.execute(packed).one()
    parts = iter(values)
    arrays = []
    for shape in shapes:
        array = shape.unpack(count, [next(parts) for _ in shape.packed])
        if array is None:
            return None
        arrays.append(array)
    return arrays


def _by_rows(
    connection: Connection, rows_of: Select[*tuple[Any, ...]], shapes: Sequence[Shape], rows: int
) -> Iterator[pa.RecordBatch]:
    with closing(connection.execution_options(yield_per=rows).execute(rows_of)) as found:
        for some in found.partitions(rows):
            columns = zip(*some, strict=True)
            yield _batch([shape.array(values) for shape, values in zip(shapes, columns, strict=True)], shapes)


def _batch(arrays: Sequence[Any], shapes: Sequence[Shape]) -> pa.RecordBatch:
    batch: pa.RecordBatch = arrow().RecordBatch.from_arrays(list(arrays), names=[one.name for one in shapes])
    return batch
