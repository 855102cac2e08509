"""The schema's version: which one a database has, which one this release wants, and the way between.

The migrations lie beside the packages in a checkout and inside ``provenance`` in an installation.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from provenance.errors import DatabaseMissing, ProvenanceError, SchemaOutdated, SchemaTooNew

if TYPE_CHECKING:
    from alembic.config import Config

LOCK_WAIT = "300ms"  # others queue behind us while we wait for a lock: give it up, and ask again
LOCK_TRIES, LOCK_PAUSE = 600, 0.5  # seconds: five minutes of letting everybody pass
LOCKED = {"55P03", "40P01"}  # SQLSTATE: lock not available, deadlock
LOCK = 0x41626F7665  # PostgreSQL advisory lock: "Above", nobody else's number


def migrations_folder() -> Path:
    """Return where the migrations lie: in the installed package, else beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "migrations", package.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise ProvenanceError(
        f"no migrations beside {package}: the installation is incomplete; install aboveboard again"
    )


def revisions() -> tuple[str, ...]:
    """Return the revisions that this release knows, in order: its migrations' file names begin with them."""
    known = tuple(
        sorted(path.name.partition("_")[0] for path in migrations_folder().glob("versions/[0-9]*.py"))
    )
    if not known:
        raise ProvenanceError(f"no migration in {migrations_folder()}: install aboveboard again")
    return known


def wanted_revision() -> str:
    """Return the revision that this release reads and writes."""
    return revisions()[-1]


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database; None when it has no schema of ours yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def check(connection: Connection, place: str) -> None:
    """Raise unless the database has exactly the schema that this release reads.

    Args:
        connection: to the database asked about.
        place: the database's name for people, without a password.
    """
    found = revision_of(connection)
    if found == wanted_revision():
        return
    if found is None:
        raise DatabaseMissing(
            f"{place} holds no provenance yet: run a crawl first, or `aboveboard db upgrade`"
        )
    _refuse_newer(found, place)
    raise SchemaOutdated(
        f"{place} has schema {found}, this release reads {wanted_revision()}: run `aboveboard db upgrade`",
        found=found,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A migration about to run."""

    revision: str
    words: str  # what it does: the first line of its text


def steps(found: str | None) -> list[Step]:
    """Return the migrations that lead from a revision (None: no schema yet) to this release's."""
    files = sorted(migrations_folder().glob("versions/[0-9]*.py"))
    pending = [file for file in files if found is None or file.name.partition("_")[0] > found]
    return [
        Step(
            revision=file.name.partition("_")[0],
            words=file.read_text(encoding="utf-8").partition('"""')[2].partition("\n")[0],
        )
        for file in pending
    ]


def upgrade(connection: Connection, place: str, told: Callable[[Step], None] = lambda _: None) -> None:
    """Bring a database to this release's revision, inside the caller's write transaction.

    Only one process at a time gets here: SQLite's write transaction is the lock, and on
    PostgreSQL an advisory lock that ends with the transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    _run(connection, place, told, apart=False)


def upgrade_apart(connection: Connection, place: str, told: Callable[[Step], None] = lambda _: None) -> None:
    """Bring a PostgreSQL database to this release's revision, each migration in transactions of its own.

    So nobody waits for all of them; one that is killed can be run again.  ``connection`` is in no transaction.
    """
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
    connection.execute(text(f"SET lock_timeout = '{LOCK_WAIT}'"))
    connection.commit()
    try:
        _run(connection, place, told, apart=True)
    finally:
        connection.rollback()
        connection.execute(text("RESET lock_timeout"))
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        connection.commit()


def _run(connection: Connection, place: str, told: Callable[[Step], None], *, apart: bool) -> None:
    found = revision_of(connection)
    if apart:
        connection.commit()
    if found == wanted_revision():
        return
    if found is not None:
        _refuse_newer(found, place)
    from alembic import command  # noqa: PLC0415  # half a second of CPU that a question need not pay

    for step in steps(found):
        told(step)
        for left in reversed(range(LOCK_TRIES if apart else 1)):
            try:
                command.upgrade(_config(connection, apart=apart), step.revision)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) not in LOCKED or not left:
                    raise
                connection.rollback()
                time.sleep(LOCK_PAUSE)
            else:
                break


def downgrade(connection: Connection, revision: str) -> None:
    """Take a database back to an earlier revision (``base``: no tables), inside the caller's transaction."""
    from alembic import command  # noqa: PLC0415  # see above

    command.downgrade(_config(connection), revision)


def _refuse_newer(found: str, place: str) -> None:
    if found not in revisions():
        raise SchemaTooNew(
            f"{place} has schema {found}, which this release does not know (it writes {wanted_revision()}): "
            "install the newer aboveboard that wrote it"
        )


def _config(connection: Connection, *, apart: bool = False) -> Config:
    from alembic.config import Config  # noqa: PLC0415  # see above

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["apart"] = apart
    return config
