"""Where the database and the store are: the command line, else the environment, else the job file, else here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from provenance.errors import DatabaseUrlError

DATABASE_VARIABLE = "ABOVEBOARD_DATABASE"
STORE_VARIABLE = "ABOVEBOARD_STORE"
DATA_FOLDER = "aboveboard-data"


def database_url(option: str | None, job: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """Return the database's URL.

    Args:
        option: ``--database``; None or empty: not given.
        job: the job file's ``[storage] database``; None: not given.
        environ: the environment.

    >>> database_url(None)
    'sqlite:///aboveboard-data/provenance.db'
    >>> database_url(None, "sqlite:///job.db", {"ABOVEBOARD_DATABASE": "sqlite:///environment.db"})
    'sqlite:///environment.db'
    """
    return (
        _first(option, (environ or {}).get(DATABASE_VARIABLE), job)
        or f"sqlite:///{DATA_FOLDER}/provenance.db"
    )


def store_url(option: str | None, job: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """Return the store's URL, chosen like the database's; the default is a folder below the current one."""
    chosen = _first(option, (environ or {}).get(STORE_VARIABLE), job)
    return chosen or (Path.cwd() / DATA_FOLDER / "store").as_uri()


def refuse_password(url: str) -> str:
    """Return a URL from a job file, which is kept as evidence and shown to people.

    Raises:
        DatabaseUrlError: it carries a password.
    """
    parts = urlsplit(url)
    if parts.password is not None or "password=" in parts.query.lower():
        raise DatabaseUrlError(
            f"the {parts.scheme} URL carries a password, and a job file is kept as evidence: "
            f"leave it out and use {DATABASE_VARIABLE}, PGPASSWORD or ~/.pgpass"
        )
    return url


def _first(*choices: str | None) -> str | None:
    return next((choice for choice in choices if choice), None)
