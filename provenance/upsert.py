"""INSERT … ON CONFLICT, spelt alike by both engines and offered by SQLAlchemy in each dialect only.

Each statement is built once: recording sends the same few for every batch, and building one costs more than sending it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, FromClause, Insert, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase


def insert_new(connection: Connection, model: type[DeclarativeBase]) -> Insert:
    """Return an INSERT that leaves rows alone whose key, of any kind, is there already."""
    return _insert_new(connection.dialect.name, model)


@cache
def _insert_new(engine: str, model: type[DeclarativeBase]) -> Insert:
    statement: Insert = _INSERT[engine](table_of(model)).on_conflict_do_nothing()
    return statement


def _as_given(_new: Any, _old: FromClause) -> dict[str, Any]:
    return {}


def insert_or_replace(
    connection: Connection,
    model: type[DeclarativeBase],
    values: Callable[[Any, FromClause], dict[str, Any]] = _as_given,
    where: Callable[[Any, FromClause], Any] | None = None,
) -> Insert:
    """Return an INSERT that takes the new row's values where the primary key is there already.

    Args:
        connection: tells the engine.
        model: the table.
        values: (new row's columns, the table) → what a column gets instead of the new value.
        where: (new row's columns, the table) → when to replace at all; None: always.

    The two are asked once: let them be functions of a module, not made at every call.
    """
    return _insert_or_replace(connection.dialect.name, model, values, where)


@cache
def _insert_or_replace(
    engine: str,
    model: type[DeclarativeBase],
    values: Callable[[Any, FromClause], dict[str, Any]],
    where: Callable[[Any, FromClause], Any] | None,
) -> Insert:
    table = table_of(model)
    insert = _INSERT[engine](table)
    keys = [column.name for column in table.primary_key]
    replaced = {
        column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys
    }
    statement: Insert = insert.on_conflict_do_update(
        index_elements=keys,
        set_=replaced | values(insert.excluded, table),
        where=None if where is None else where(insert.excluded, table),
    )
    return statement


def table_of(model: type[DeclarativeBase]) -> Table:
    """Return a model's table: the hot path writes rows, not objects."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not mapped to a table")
    return table


def chunks(values: Sequence[Any], size: int = 500) -> list[Sequence[Any]]:
    """Cut a sequence so that an ``IN`` list stays under every engine's limit of parameters.

    >>> chunks([1, 2, 3], 2)
    [[1, 2], [3]]
    """
    return [values[start : start + size] for start in range(0, len(values), size)]


_INSERT: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
