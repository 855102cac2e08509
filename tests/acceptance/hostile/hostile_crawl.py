"""What tests know of a crawl of the hostile web, and how one is run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostile_server import Seen
from outside import REPOSITORY, Ended, Workplace, finish

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileCrawl:
    """A crawl that has ended: what it said, what the server saw, what is held."""

    place: Workplace
    ended: Ended
    origin: str
    log: list[Seen]
    captures: list[dict[str, Any]]
    refusals: list[dict[str, Any]]


def impatiently(place: Workplace, *arguments: str) -> Ended:
    """Run ``aboveboard`` with a test's patience; see `impatient`."""
    place.environ["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY), str(HERE)])
    return finish(place.begin("impatient", *arguments))
