"""The demo site, served once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crawler.demo import DemoServer


@pytest.fixture(scope="module")
def site() -> Iterator[DemoServer]:
    """A running demo server."""
    with DemoServer() as server:
        yield server
