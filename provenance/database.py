"""One database from one URL: a SQLite file on one machine, PostgreSQL beyond."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from provenance import schema
from provenance.engine import WRITE, create
from provenance.errors import DatabaseMissing, DatabaseUnreachable, DatabaseUrlError, RecordConflict


class Database:
    """The engine, and the ways to use it: transactions that write or read, and sessions for questions."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(
        cls, url: str, *, upgrade: bool = True, told: Callable[[schema.Step], None] = lambda _: None
    ) -> Self:
        """Open a database.

        Args:
            url: ``sqlite:///FILE`` or ``postgresql+psycopg://…``.
            upgrade: create or migrate the schema (under a lock, so that many processes may
                start at once).  False, for questions: nothing is created or changed.
            told: hears of each migration before it runs.

        Raises:
            DatabaseUrlError: the URL is no such URL.
            DatabaseMissing: nothing is there, and ``upgrade`` is False.
            SchemaOutdated: it needs ``aboveboard db upgrade``, and ``upgrade`` is False.
            SchemaTooNew: a newer release wrote it.
            DatabaseUnreachable: no such server, wrong password, directory not writable, no database file.
        """
        parsed = parse(url)
        if parsed.get_backend_name() == "sqlite":
            _prepare_file(parsed, create=upgrade)
        database = cls(create(parsed))
        try:
            database._settle_schema(upgrade=upgrade, told=told)
        except BaseException:
            database.close()
            raise
        return database

    @property
    def url_for_display(self) -> str:
        """The URL without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file, so that only this machine uses it."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: whole when the block ends, absent when it raises.

        On SQLite it holds the one write lock from the start, so that it never fails half-way as busy.

        Raises:
            DatabaseUnreachable: the server went away, the disk is full, the file is locked too long.
            RecordConflict: a constraint of the schema refused a row.
        """
        with self._words(), self.engine.connect() as connection:
            connection.execution_options(**{WRITE: True})
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads; errors as in `writing`."""
        with self._words(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction whose questions are all about one state of the database; errors as in `writing`."""
        # SQLite's transactions that read are so anyway.
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with (
            self._words(),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    def session(self) -> Session:
        """A new session for questions; close it, best with ``with``."""
        return Session(self.engine)

    def close(self) -> None:
        """Close every connection; on SQLite that also folds the write-ahead log into the file."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _settle_schema(self, *, upgrade: bool, told: Callable[[schema.Step], None]) -> None:
        with self.reading() as connection:
            if not upgrade:
                schema.check(connection, self.url_for_display)
                return
            if schema.revision_of(connection) == schema.wanted_revision():
                return
        self.upgrade(told)

    def upgrade(self, told: Callable[[schema.Step], None] = lambda _: None) -> None:
        """Bring the schema to this release's, one migration after the other; ``told`` hears of each before it runs.

        On PostgreSQL each is a transaction of its own or several, so that writers go on between them.
        """
        if self.is_sqlite:
            with self.writing() as connection:
                schema.upgrade(connection, self.url_for_display, told)
        else:
            with self._words(), self.engine.connect() as connection:
                schema.upgrade_apart(connection, self.url_for_display, told)

    @contextmanager
    def _words(self) -> Iterator[None]:
        """Turn the driver's errors into ours, with the place and what to look at."""
        try:
            yield
        except IntegrityError as error:
            raise RecordConflict(f"{self.url_for_display} refused a row: {_first_line(error)}") from error
        except DBAPIError as error:
            raise DatabaseUnreachable(
                f"{self.url_for_display}: {_first_line(error)}; check the URL, the server or file, and our rights there"
            ) from error


def parse(url: str) -> URL:
    """Return a database URL in parts.

    Raises:
        DatabaseUrlError: it is none, or of a database that we do not write to.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseUrlError(
            f"{url!r} is no database URL: write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        ) from error
    shown = parsed.render_as_string(hide_password=True)
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise DatabaseUrlError(f"{shown}: write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise DatabaseUrlError(f"{shown}: provenance is to be kept; name a file: sqlite:///FILE")
    return parsed


def _prepare_file(url: URL, *, create: bool) -> None:
    file = Path(str(url.database))
    if not create:
        if not file.is_file():
            raise DatabaseMissing(
                f"no database at {file}: run a crawl first, or name another with --database"
            )
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnreachable(
            f"{file.parent} cannot be made: {error.strerror}; name another place"
        ) from error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
