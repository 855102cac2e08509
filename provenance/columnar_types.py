"""How each kind of column is packed by an engine and unpacked into Arrow (see `provenance.columnar`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    Text,
    cast,
    func,
    literal_column,
    type_coerce,
)

from provenance.models.base import InstantType

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_NULL = -(1 << 63)
_LEAST: ColumnElement[Any] = literal_column(f"({_NULL + 1} - 1)")  # PostgreSQL reads no such literal
_MARK: ColumnElement[Any] = literal_column(
    "x'00'"
)  # between two texts on SQLite: none of ours holds NUL, see `WireTextType`
_NOTHING: ColumnElement[Any] = literal_column("''")
_LETTER: ColumnElement[Any] = literal_column("'!'")
_POSTGRESQL_EPOCH = 946_684_800_000_000  # microseconds from 1970 to 2000, where its timestamps begin


class Shape(Protocol):
    """A column of a select: how a block of it is packed, and what becomes of that."""

    name: str
    packed: list[Any]  # aggregates over a block, as the engine computes them

    def unpack(self, count: int, parts: Sequence[Any]) -> pa.Array | None:
        """Return the block's values from what the aggregates gave; None when they cannot be told apart."""

    def array(self, values: Sequence[Any]) -> pa.Array:
        """Return values that the driver handed over one by one."""


def shape_of(column: Any, engine: str) -> Shape:
    """Return how a column is read from an engine ("sqlite" or "postgresql")."""
    kind = column.type
    if isinstance(kind, InstantType):
        return _Numbers(column, engine, "instant")
    if isinstance(kind, Boolean):
        return _Numbers(column, engine, "bool")
    if isinstance(kind, Integer):
        return _Numbers(column, engine, "int")
    if isinstance(kind, LargeBinary):
        return _Digests(column, engine)
    return _Texts(column, engine)


def _is_nullable(column: Any) -> bool:
    origin = getattr(column, "element", column)  # of a label
    origin = getattr(origin, "expression", origin)
    return bool(origin.nullable) if isinstance(origin, Column) else True


class _Packed:
    """What the shapes share: the name, the column itself, whether it can be null."""

    def __init__(self, column: Any, engine: str) -> None:
        self.name: str = str(column.key or column.name)
        self._sqlite = engine == "sqlite"
        self._nullable = _is_nullable(column)
        self.packed: list[Any] = []

    def _integers(self, value: Any) -> Any:
        """Return the aggregate that packs integers, none of them null."""
        if self._sqlite:
            return func.group_concat(value)
        return _joined(func.int8send(cast(value, BigInteger), type_=LargeBinary))

    def _read_integers(self, packed: Any) -> np.ndarray[Any, Any]:
        import numpy as np  # noqa: PLC0415  # comes with the extra

        if packed is None:
            return np.zeros(0, dtype=np.int64)
        if self._sqlite:
            return np.fromstring(packed, dtype=np.int64, sep=",")
        return np.frombuffer(packed, dtype=">i8").astype(np.int64)


class _Numbers(_Packed):
    """Integers, booleans and instants; the least of all integers stands for null on the way."""

    def __init__(self, column: Any, engine: str, kind: str) -> None:
        super().__init__(column, engine)
        self._kind = kind
        self._shift = 0
        if kind == "instant" and not self._sqlite:
            self._shift = _POSTGRESQL_EPOCH
            filled = func.coalesce(column, literal_column("'-infinity'::timestamptz"))  # is sent as the least
            self.packed.append(_joined(func.timestamptz_send(filled, type_=LargeBinary)))
            return
        plain = cast(column, Integer) if kind == "bool" else type_coerce(column, BigInteger)
        self.packed.append(self._integers(func.coalesce(plain, _LEAST) if self._nullable else plain))

    def unpack(self, count: int, parts: Sequence[Any]) -> pa.Array | None:
        """See `Shape.unpack`."""
        import pyarrow as pa  # noqa: PLC0415  # comes with the extra

        values = self._read_integers(parts[0])
        if len(values) != count:
            return None
        gone = values == _NULL if self._nullable else None
        if self._kind == "bool":
            return pa.array(values == 1, mask=gone)
        found = pa.array(values + self._shift if self._shift else values, mask=gone)
        return found.cast(self._type) if self._kind == "instant" else found

    @property
    def _type(self) -> pa.DataType:
        import pyarrow as pa  # noqa: PLC0415  # see above

        types = {"int": pa.int64(), "bool": pa.bool_(), "instant": pa.timestamp("us", "UTC")}
        return types[self._kind]

    def array(self, values: Sequence[Any]) -> pa.Array:
        """See `Shape.array`."""
        import pyarrow as pa  # noqa: PLC0415  # see above

        return pa.array(values, self._type)


class _Digests(_Packed):
    """Digests of 32 bytes; a block with a null among them is read row by row."""

    def __init__(self, column: Any, engine: str) -> None:
        super().__init__(column, engine)
        if self._sqlite:
            self.packed.append(cast(func.group_concat(column, _NOTHING), LargeBinary))
        else:
            self.packed.append(_joined(column))

    def unpack(self, count: int, parts: Sequence[Any]) -> pa.Array | None:
        """See `Shape.unpack`."""
        import pyarrow as pa  # noqa: PLC0415  # comes with the extra

        data = parts[-1] or b""
        if len(data) != 32 * count:  # one of them is null
            return None
        return pa.Array.from_buffers(pa.binary(32), count, [None, pa.py_buffer(data)])

    def array(self, values: Sequence[Any]) -> pa.Array:
        """See `Shape.array`."""
        import pyarrow as pa  # noqa: PLC0415  # see above

        return pa.array(values, pa.binary(32))


class _Texts(_Packed):
    """Texts, and JSON as the text it is kept as; where null may be, every text has one letter more on the way."""

    def __init__(self, column: Any, engine: str) -> None:
        super().__init__(column, engine)
        value = type_coerce(column, Text) if self._sqlite else cast(column, Text)
        filled = func.coalesce(value.concat(_LETTER), _NOTHING) if self._nullable else value
        if self._sqlite:
            self.packed.append(cast(func.group_concat(filled, _MARK), LargeBinary))
            return
        self.packed.append(self._integers(func.octet_length(filled)))
        self.packed.append(_joined(func.convert_to(filled, literal_column("'UTF8'"), type_=LargeBinary)))

    def unpack(self, count: int, parts: Sequence[Any]) -> pa.Array | None:
        """See `Shape.unpack`."""
        import numpy as np  # noqa: PLC0415  # comes with the extra
        import pyarrow as pa  # noqa: PLC0415  # see above

        data = np.frombuffer(parts[-1] or b"", dtype=np.uint8)
        offsets = np.zeros(count + 1, dtype=np.int32)
        if self._sqlite:
            ends = np.flatnonzero(data == 0)
            if count and len(ends) != count - 1:
                return None
            offsets[1:-1] = ends - np.arange(len(ends))
            offsets[-1] = len(data) - len(ends)
            data = data[data != 0]
        else:
            np.cumsum(self._read_integers(parts[0]), out=offsets[1:])
        valid = None
        if self._nullable:
            there = offsets[1:] > offsets[:-1]
            kept = np.ones(len(data), dtype=bool)
            kept[offsets[1:][there] - 1] = False
            data = data[kept]
            offsets[1:] -= np.cumsum(there, dtype=np.int32)
            valid = pa.py_buffer(np.packbits(there, bitorder="little"))
        return pa.Array.from_buffers(pa.string(), count, [valid, pa.py_buffer(offsets), pa.py_buffer(data)])

    def array(self, values: Sequence[Any]) -> pa.Array:
        """See `Shape.array`."""
        import pyarrow as pa  # noqa: PLC0415  # see above

        texts = [one if one is None or isinstance(one, str) else json.dumps(one) for one in values]
        return pa.array(texts, pa.string())


def _joined(value: Any) -> Any:
    """Return the aggregate that joins bytes on PostgreSQL."""
    return func.string_agg(value, literal_column("''::bytea"), type_=LargeBinary)


__all__ = ["Shape", "shape_of"]
