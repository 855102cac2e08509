"""What tests know of a crawl that has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outside import Ended, Workplace

from crawler.demo.expectations import Expectation
from crawler.demo.server import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCrawl:
    """A crawl of the demo site that has ended: what we did, what the server saw, what it should come to."""

    place: Workplace
    ended: Ended
    origin: str
    log: list[Access]
    expected: Mapping[str, Expectation]
    captures: list[dict[str, Any]]
    refusals: list[dict[str, Any]]
