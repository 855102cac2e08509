"""Where a run keeps things, and what a command's end means to a shell; light enough for every command to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from crawler.job import Job
from provenance.locations import DATA_FOLDER, database_url, store_url

SPOOL_VARIABLE = "ABOVEBOARD_SPOOL"


class ExitCode(IntEnum):
    """What a command's end means to a shell."""

    DONE = 0
    FINDING = 1
    USAGE = 2
    ALL_REFUSED = 3
    UNFINISHED = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a run keeps things."""

    database: str
    store: str
    spool: Path

    @classmethod
    def of(
        cls, job: Job | None, database: str | None, store: str | None, environ: Mapping[str, str]
    ) -> Places:
        """Choose the places: command line, else environment, else job file, else a folder here."""
        storage = job.storage if job is not None else None
        database = database_url(database, storage.database if storage else None, environ)
        store = store_url(store, storage.store if storage else None, environ)
        return cls(database=database, store=store, spool=spool_dir(database, store, environ))

    @property
    def data_folder(self) -> Path:
        """Where the operator's own files are: beside a directory store, else beside an SQLite file, else here."""
        return _data_folder(self.database, self.store)


def spool_dir(database: str, store: str, environ: Mapping[str, str]) -> Path:
    """Return the spool's folder: named, else beside a directory store, else beside an SQLite file, else here."""
    if named := environ.get(SPOOL_VARIABLE):
        return Path(named)
    return _data_folder(database, store) / "spool"


def _data_folder(database: str, store: str) -> Path:
    place = urlsplit(store)
    if place.scheme in {"file", ""}:
        return Path(unquote(place.path)).absolute().parent
    if database.startswith("sqlite:///"):
        return Path(database.removeprefix("sqlite:///")).absolute().parent
    return Path.cwd() / DATA_FOLDER
