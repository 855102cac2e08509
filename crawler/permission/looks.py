"""What each look at a host's own file found: every one goes on record, also one that found nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from licences.vocabulary import Retrieval
from provenance.records import MAX_SITE_DOCUMENT

ROBOTS = "robots.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at one file of one origin."""

    origin: str
    name: str  # "robots.txt", "tdmrep.json", …
    url: str  # where it was found, or asked for last
    retrieval: Retrieval
    at: float  # on the services' clock
    body: bytes | None = None  # None: no such file came, or it is unchanged
    digest: bytes | None = None  # SHA-256 of what the file holds
    capture_id: int | None = None  # None: no answer came


@dataclass(slots=True)
class Looks:
    """The looks of one visit's gate that were not yet handed on."""

    count: int = (
        0  # of all that were ever noted: what was judged under the same count was judged by the same files
    )
    _kept: list[Look] = field(default_factory=list)

    def note(self, look: Look) -> None:
        """Keep a look."""
        self.count += 1
        self._kept.append(look)

    def take(self) -> list[Look]:
        """Return what was noted since the last time, in order."""
        if not self._kept:
            return self._kept
        taken, self._kept = self._kept, []
        return taken


def body_and_digest(body: bytes) -> tuple[bytes, bytes]:
    """Return as much of a file as is kept of any, and the SHA-256 of that."""
    kept = body[:MAX_SITE_DOCUMENT]
    return kept, hashlib.sha256(kept).digest()
