"""Typed selects: a bundle of columns that leaves the database as one frozen row.

The ORM classes stay in; what a select made of a `RowOf` yields is the caller's own dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import Boolean, Row, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Bundle
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.roles import ExpressionElementRole

from provenance.database import Database

T = TypeVar("T")
_NUMBERS = count(1)
ROWS_A_FETCH = 500  # what one round trip brings; memory stays flat however many follow


class RowOf(Bundle[T]):
    """Columns, by the names that ``make`` takes them by; each row is what ``make`` returns.

    SQLAlchemy caches compiled selects, with what makes their rows, by the name of ``make`` and the columns: make one of
    each row type, at import.  What has no name of its own gets one that nobody else has; add `Uncached` to such a
    select, else the cache keeps it alive.
    """

    def __init__(self, make: Callable[..., T], /, **columns: ExpressionElementRole[Any]) -> None:
        name = getattr(make, "__name__", None) or f"row {next(_NUMBERS)}"
        super().__init__(name, *(_named(column, key) for key, column in columns.items()))
        self._make = make
        self._names = tuple(columns)

    def create_row_processor(
        self,
        query: Select[Any],  # noqa: ARG002  # SQLAlchemy's signature
        procs: Sequence[Callable[[Row[Any]], Any]],
        labels: Sequence[str],  # noqa: ARG002  # SQLAlchemy's signature
    ) -> Callable[[Row[Any]], T]:
        """Return what turns a database row into ours."""
        make, pairs = self._make, tuple(zip(self._names, procs, strict=True))

        def row_of(row: Row[Any]) -> T:
            return make(**{name: value(row) for name, value in pairs})

        return row_of


def _named(column: Any, name: str) -> ColumnElement[Any]:
    labelled: ColumnElement[Any] = column.label(name)
    return labelled


class Uncached(ColumnElement[bool]):
    """A condition that always holds, and keeps a select out of SQLAlchemy's cache."""

    inherit_cache = False
    type = Boolean()


@compiles(Uncached)
def _always(element: Uncached, compiler: SQLCompiler, **kw: Any) -> str:
    del element, compiler, kw
    return "1 = 1"


def stream(database: Database, select: Select[T]) -> Iterator[T]:
    """Yield the rows of a one-bundle select as the database hands them over, never all at once."""
    with (
        database.session() as session,
        closing(session.scalars(select.execution_options(yield_per=ROWS_A_FETCH))) as rows,
    ):
        yield from rows


def all_rows(database: Database, select: Select[T]) -> list[T]:
    """Return every row of a select that is known to be short: aggregates, a site's runs."""
    with database.session() as session:
        return list(session.scalars(select))
