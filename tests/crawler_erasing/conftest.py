"""Databases and stores of both kinds, and an archive to erase from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.archive import Store, open_store
from provenance.database import Database


@pytest.fixture
def spool_dir(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def directory_store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "provenance.db"
    Database.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    copy = shutil.copy(migrated_file, tmp_path / "provenance.db")
    return f"sqlite:///{copy}"


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """An empty SQLite database."""
    with Database.open(sqlite_url) as opened:
        yield opened


@pytest.fixture(params=["sqlite and a directory", "postgresql and s3"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """URLs of an empty database and an empty store: what one machine has, and what a service has."""
    if request.param.startswith("sqlite"):
        return str(request.getfixturevalue("sqlite_url")), (tmp_path / "store").as_uri()
    return (
        str(request.getfixturevalue("migrated_postgresql_url")),
        str(request.getfixturevalue("s3_store_url")),
    )


@pytest.fixture
def database(places: tuple[str, str]) -> Iterator[Database]:
    with Database.open(places[0]) as opened:
        yield opened


@pytest.fixture
def store_url(places: tuple[str, str]) -> str:
    return places[1]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 12, tzinfo=UTC)
