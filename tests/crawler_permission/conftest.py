"""A folder for a crawl whose clock the test moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from permission_crawl import Crawl


@pytest.fixture
def crawl(tmp_path: Path) -> Crawl:
    """An empty place to crawl from."""
    return Crawl(tmp_path)
