"""One crawl of the hostile web, in a process of its own, for every test that looks at it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from documents import DEPTH
from hostile_crawl import HostileCrawl, impatiently
from hostile_server import HostileServer
from outside import Workplace, job
from table import answers


@pytest.fixture(scope="session")
def hostile_database(postgresql_server: str) -> Iterator[str]:
    """A database on PostgreSQL, which refuses texts that SQLite swallows."""
    name = f"hostile_{os.getpid()}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        user, host = connection.info.user, connection.info.host
    yield f"postgresql+psycopg://{user}@/{name}?host={host}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, hostile_database: str) -> HostileCrawl:
    """Everything in the table, crawled."""
    place = Workplace(tmp_path_factory.mktemp("hostile"), {"ABOVEBOARD_DATABASE": hostile_database})
    with HostileServer(answers) as server:
        text = job(f"{server.origin}/", in_flight=8, job="max_wait_seconds = 20", site=f"max_depth = {DEPTH}")
        ended = impatiently(place, "crawl", place.write(text))
    return HostileCrawl(
        place=place,
        ended=ended,
        origin=server.origin,
        log=server.log,
        captures=place.captures(),
        refusals=place.data("--refusals"),
    )
