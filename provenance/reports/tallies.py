"""Tallies: how many documents each line of a dossier stands for, when they were met, and a few of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from provenance.queries.holdings import RightsGroup

EXAMPLES = 3  # URLs named beside a line

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Tally:
    """How many documents a line stands for, in which runs, from when to when, and a few of them."""

    documents: int = 0
    bytes: int = 0
    examples: list[int] = field(default_factory=list)  # capture ids
    runs: set[int] = field(default_factory=set)
    first_seen: datetime | None = None
    last_seen: datetime | None = None

    def add(self, group: RightsGroup) -> None:
        """Count a group's documents in."""
        self.documents += group.documents
        self.bytes += group.bytes
        self.runs.add(group.run)
        self.first_seen = min(self.first_seen or group.first_seen, group.first_seen)
        self.last_seen = max(self.last_seen or group.last_seen, group.last_seen)
        for capture in (group.least, group.latest):
            if len(self.examples) < EXAMPLES and capture not in self.examples:
                self.examples.append(capture)

    def named(self, urls: Mapping[int, str]) -> tuple[str, ...]:
        """Return the URLs of its examples, two versions of one page once."""
        return tuple(dict.fromkeys(urls[capture] for capture in self.examples if capture in urls))


class Tallies(Generic[K]):
    """Tallies by key, the largest first."""

    def __init__(self) -> None:
        self._tallies: dict[K, Tally] = {}

    def add(self, key: K, group: RightsGroup) -> None:
        """Count a group's documents under a key."""
        self._tallies.setdefault(key, Tally()).add(group)

    def lines(self) -> Iterator[tuple[K, Tally]]:
        """Yield each key with its tally, by number of documents, then in the order they came."""
        yield from sorted(self._tallies.items(), key=lambda item: -item[1].documents)

    def examples(self) -> Iterator[int]:
        """Yield the captures that examples name."""
        for tally in self._tallies.values():
            yield from tally.examples
