"""A process that crawls, and folders for crawls whose clock the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from permission_crawl import Crawl, CrawlerProcess


@pytest.fixture(scope="session")
def crawler_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrawlerProcess]:
    """One crawler for all tests of this folder."""
    process = CrawlerProcess(tmp_path_factory.mktemp("crawler") / "log")
    yield process
    process.close()


@pytest.fixture
def crawl(crawler_process: CrawlerProcess, tmp_path: Path) -> Crawl:
    """An empty place to crawl from."""
    return Crawl(tmp_path, crawler_process)
