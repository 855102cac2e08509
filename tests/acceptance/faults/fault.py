"""One fault: what happens to a crawl, where it can happen, and what an operator is to hear of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stage import Stage

STORES = ("directory", "s3")
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A row of the matrix."""

    name: str
    happens: Callable[
        [Stage], None
    ]  # begins the crawl, does its worst, and lets the command complete the run
    words: tuple[str, ...] = ()  # people are told each of these; none: there was nobody left to tell
    stores: tuple[str, ...] = STORES
    databases: tuple[str, ...] = DATABASES

    def cells(self) -> list[tuple[str, str]]:
        """Return the store and database of each cell."""
        return [(store, database) for store in self.stores for database in self.databases]
