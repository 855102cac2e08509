"""Exchanges to archive, a segment to write them to, and both kinds of store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.archive import Exchange, SegmentWriter, Store, open_store
from provenance.database import Database

KEY = "warc/example.org/12/34-0.warc.gz"
WARCINFO = {
    "software": "aboveboard/0.1.0",
    "operator": "Example Research <crawler@example.org>",
    "robots": "RFC 9309",
    "policy": "strict-optin sha256:00",
}
REQUEST_HEAD = b"GET /page HTTP/1.1\r\nHost: example.org\r\nUser-Agent: Aboveboard/0.1 (+https://example.org/bot)\r\n\r\n"
RESPONSE_HEAD = (
    b"HTTP/1.1 200 OK\r\nserver: odd\r\nX-Robots-Tag: noai\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"x-robots-tag:  noimageai \r\nContent-Length: 12\r\n\r\n"
)
STARTED = datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=UTC)


def _exchange(
    url: str = "https://example.org/page",
    *,
    body: bytes = b"<p>Hello</p>",
    response_head: bytes = RESPONSE_HEAD,
    transfer_coding: str | None = None,
    truncated: str | None = None,
) -> Exchange:
    return Exchange(
        url=url,
        method="GET",
        request_head=REQUEST_HEAD,
        response_head=response_head,
        body=body,
        started_at=STARTED,
        ended_at=STARTED + timedelta(milliseconds=250),
        address="127.0.0.1",
        transfer_coding=transfer_coding,
        truncated=truncated,
    )


@pytest.fixture
def exchange() -> Callable[..., Exchange]:
    """Make an exchange with a small page."""
    return _exchange


@pytest.fixture
def spool_dir(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def segment(spool_dir: Path) -> SegmentWriter:
    """A fresh segment of example.org."""
    return SegmentWriter(spool_dir, KEY, WARCINFO)


@pytest.fixture(params=["directory", "s3"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, once of each kind."""
    if request.param == "s3":
        return str(request.getfixturevalue("s3_store_url"))
    return (tmp_path / "store").as_uri()


@pytest.fixture
def store(store_url: str) -> Store:
    return open_store(store_url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "provenance.db"
    Database.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def sqlite(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database."""
    copy = shutil.copy(migrated_file, tmp_path / "provenance.db")
    with Database.open(f"sqlite:///{copy}") as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    with Database.open(request.getfixturevalue("migrated_postgresql_url")) as opened:
        yield opened


@pytest.fixture
def directory_store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))
