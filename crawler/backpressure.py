"""How a slow store slows the crawl: bytes that wait for it in the spool have a bound.

Bodies that were written are given back to the process's byte budget, and new requests leave against that.  While more
than the bound lies in the spool nothing is given back, so that the budget runs out and the crawl waits; when the store
has caught up, everything is.  So a process's spool holds at most the bound, the byte budget, and what was in flight
when that ran out, however slow the store is.

Segments that are still open count as well.  Many visits may hold many of them, none full: beyond half the bound the
largest are closed early, so that there is always something that the store can take.
"""

from __future__ import annotations

from collections.abc import Callable

SPOOL_BYTES = 512 * 1024 * 1024  # of one process: eight full segments


class BackPressure:
    """Counts what a process has in the spool, and holds the crawl's bytes back while that is too much.  One thread."""

    limit = SPOOL_BYTES

    def __init__(self, give_back: Callable[[int], None]) -> None:
        self._give_back = give_back
        self.waiting = 0  # bytes in closed segments that are not stored yet
        self.open = 0  # bytes in segments that still grow
        self.segments = 0  # how many wait
        self._held = 0

    @property
    def holds(self) -> bool:
        """Whether the crawl has to wait for the store."""
        return self.waiting > 0 and self.waiting + self.open > self.limit

    @property
    def open_too_much(self) -> bool:
        """Whether the largest open segment should be closed before it is full."""
        return self.open > self.limit // 2

    def grew(self, size: int) -> None:
        """Count bytes that were added to open segments."""
        self.open += size

    def written(self, size: int) -> None:
        """Count body bytes whose records and rows are kept."""
        self._held += size
        self._ease()

    def closed(self, size: int) -> None:
        """Count a segment that begins to wait for the store."""
        self.waiting += size
        self.open -= size
        self.segments += 1

    def gone(self, size: int) -> None:
        """Count a segment that waits no longer: stored, or left to the next start."""
        self.waiting -= size
        self.segments -= 1
        self._ease()

    def release(self) -> None:
        """Give everything back: the crawl ends."""
        held, self._held = self._held, 0
        self._give_back(held)

    def __str__(self) -> str:
        """What waits, for people; "" where that is not worth a word."""
        if not self.segments:
            return ""
        many = "1 segment" if self.segments == 1 else f"{self.segments} segments"
        words = f"{many} ({self.waiting / 1e6:.1f} MB) in the spool for the store"
        return f"{words}, and the crawl waits for it" if self.holds else words

    def _ease(self) -> None:
        if self._held and not self.holds:
            self.release()
