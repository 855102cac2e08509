"""The schema's version: which one a database has, which one this release wants, and the way between.

The migrations lie beside the packages in a checkout and inside ``provenance`` in an installation.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from provenance.errors import DatabaseMissing, ProvenanceError, SchemaOutdated, SchemaTooNew

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


def wanted_revision() -> str:
    """Return the revision that this release reads and writes."""
    head = _scripts().get_current_head()
    if head is None:
        raise ProvenanceError(f"no migration in {migrations_folder()}: install aboveboard again")
    return head


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database; None when it has no schema of ours yet."""
    return MigrationContext.configure(connection).get_current_revision()


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
        f"{place} has schema {found}, this release reads {wanted_revision()}: run `aboveboard db upgrade`"
    )


def upgrade(connection: Connection, place: str, revision: str = "head") -> None:
    """Bring a database to a revision, inside the caller's write transaction.

    Only one process at a time gets here: SQLite's write transaction is the lock, and on
    PostgreSQL an advisory lock that ends with the transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    found = revision_of(connection)
    if found == wanted_revision():
        return
    if found is not None:
        _refuse_newer(found, place)
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take a database back to an earlier revision (``base``: no tables), inside the caller's transaction."""
    command.downgrade(_config(connection), revision)


def _refuse_newer(found: str, place: str) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if found not in known:
        raise SchemaTooNew(
            f"{place} has schema {found}, which this release does not know (it writes {wanted_revision()}): "
            "install the newer aboveboard that wrote it"
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(migrations_folder()))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
