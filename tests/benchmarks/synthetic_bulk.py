"""Many rows at once: raw rows into SQLite, COPY into PostgreSQL; the indexes on captures are built at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import psycopg
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, SmallInteger

from provenance.database import Database
from provenance.models.base import EPOCH, MICROSECOND, Base, InstantType

A_CHUNK = 50_000  # rows
BIG = ("capture",)  # tables whose secondary indexes wait
Row = tuple[object, ...]


class Bulk:
    """An open bulk load."""

    def __init__(self, write: Callable[[str, Sequence[str], list[Row]], None]) -> None:
        self._write = write

    def write(self, table: str, columns: str, rows: Iterable[Row]) -> None:
        """Write rows whose instants are microseconds since 1970 and whose JSON is text."""
        names, waiting = columns.split(), iter(rows)
        while chunk := list(islice(waiting, A_CHUNK)):
            self._write(table, names, chunk)


@contextmanager
def bulk(database: Database) -> Iterator[Bulk]:
    """Load into a database whose tables are empty; analysed at the end.  Foreign keys are not checked."""
    if database.is_sqlite:
        database.close()  # while nobody else has it open, the file needs no journal
        with _into_sqlite(Path(str(database.engine.url.database))) as loading:
            yield loading
        return
    with _into_postgresql(database) as loading:
        yield loading


@contextmanager
def _into_sqlite(file: Path) -> Iterator[Bulk]:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        for pragma in (
            "journal_mode = OFF",  # a load that was cut short is begun again
            "synchronous = OFF",
            "foreign_keys = OFF",
            "ignore_check_constraints = ON",  # they are more than half of what an insert costs
            "cache_size = -262144",  # KiB
        ):
            connection.execute(f"PRAGMA {pragma}")
        marks = ", ".join("?" for _ in BIG)
        waiting = connection.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})",
            BIG,
        ).fetchall()
        for name, _ in waiting:
            connection.execute(f"DROP INDEX {name}")

        def write(table: str, columns: Sequence[str], rows: list[Row]) -> None:
            marks = ", ".join("?" for _ in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            connection.execute("BEGIN")
            connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)
            connection.execute("COMMIT")

        yield Bulk(write)
        for _, sql in waiting:
            connection.execute(sql)
        latest = (datetime.now(UTC) - EPOCH) // MICROSECOND
        connection.execute("INSERT OR REPLACE INTO clock (id, latest) VALUES (1, ?)", (latest,))
        connection.execute("ANALYZE")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


@contextmanager
def _into_postgresql(database: Database) -> Iterator[Bulk]:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SET session_replication_role = replica"
        )  # foreign keys are not checked row by row
        connection.execute("SET maintenance_work_mem = '1GB'")
        waiting = connection.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname = ANY(%s) AND NOT i.indisunique",
            [list(BIG)],
        ).fetchall()
        for name, _ in waiting:
            connection.execute(f"DROP INDEX {name}")

        def write(table: str, columns: Sequence[str], rows: list[Row]) -> None:
            shape = [_shape(table, name) for name in columns]
            template = "\t".join(spelling for spelling, _ in shape) + "\n"
            turn = [(at, how) for at, (_, how) in enumerate(shape) if how is not None]
            names = ", ".join(f'"{name}"' for name in columns)
            with connection.cursor().copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for start in range(0, len(rows), 2_000):
                    copy.write("".join(map(_line(template, turn), rows[start : start + 2_000])))

        yield Bulk(write)
        for _, sql in waiting:
            connection.execute(sql.replace(" ON ONLY ", " ON ", 1))
        for table, column in connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND (column_default LIKE 'nextval(%' OR is_identity = 'YES')"
        ).fetchall():
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'), max({column})) FROM \"{table}\""
            )
        connection.execute("VACUUM (ANALYZE)")


def _shape(table: str, column: str) -> tuple[str, Callable[[object], object] | None]:
    """Return how a column's value is spelt in COPY's text, and what has to be done with it first."""
    kind = Base.metadata.tables[table].c[column]
    if isinstance(kind.type, InstantType):
        return "%s", _instant
    if isinstance(kind.type, LargeBinary):
        return "%s", _hexadecimal
    if isinstance(kind.type, Boolean | Integer | BigInteger | SmallInteger):
        return "%s", _null if kind.nullable else None
    return "%s", _text


def _line(template: str, turn: Sequence[tuple[int, Callable[[object], object]]]) -> Callable[[Row], str]:
    def line(row: Row) -> str:
        values = list(row)
        for at, how in turn:
            values[at] = how(values[at])
        return template % tuple(values)

    return line


def _null(value: object) -> object:
    return r"\N" if value is None else value


def _instant(value: object) -> object:
    return f"{EPOCH + value * MICROSECOND}" if isinstance(value, int) else r"\N"


def _hexadecimal(value: object) -> object:
    return rf"\\x{value.hex()}" if isinstance(value, bytes) else r"\N"


def _text(value: object) -> object:
    if value is None:
        return r"\N"
    text = str(value)
    return text if text.isalnum() else text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
