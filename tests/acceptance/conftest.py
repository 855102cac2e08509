"""Workplaces for commands, and one crawl of the demo site for every test that only looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from crawled import DemoCrawl
from outside import Workplace

from crawler.demo import DemoServer
from crawler.demo.expectations import expectations
from crawler.demo.job import job_text


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """An empty folder to run commands in."""
    return Workplace(tmp_path)


@pytest.fixture(scope="session")
def demo_crawl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoCrawl]:
    """The demo site, crawled by a process of its own with a job file."""
    place = Workplace(tmp_path_factory.mktemp("demo-crawl"))
    with DemoServer() as server:
        origin = server.url.rstrip("/")
        ended = place.run("crawl", place.write(job_text(server.url)), "--log-file", "crawl.log")
        yield DemoCrawl(
            place=place,
            ended=ended,
            origin=origin,
            log=server.log,
            expected=expectations(origin),
            captures=place.captures(),
            refusals=place.data("--refusals"),
        )
