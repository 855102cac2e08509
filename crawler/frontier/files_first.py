"""A host's own files about rights come before its pages: queued where they are due, and waited for.

TDMRep asks a miner to look at the file before it takes a page; the other files deserve no less.
"""

from __future__ import annotations

from crawler.frontier.itinerary import Errand, Itinerary, Stop
from crawler.permission.gate import Gate
from crawler.permission.origin import OriginRules


class FilesFirst:
    """Stands between the pages of one visit and the files of their hosts."""

    def __init__(self, gate: Gate, itinerary: Itinerary) -> None:
        self._gate = gate
        self._itinerary = itinerary

    def wanted(self, page: Stop, now: float) -> bool:
        """Whether a page waits for its host's files; those that are due are queued ahead of it."""
        origin, files = page.target.origin, self._gate.files
        if files.hold(origin, now):
            return False
        for file in files.due(origin, now):
            self._itinerary.file(file.target, governs=origin, document=file.kind.name)
        return True

    def conditions(self, stop: Stop, rules: OriginRules) -> tuple[tuple[str, str], ...]:
        """Return the fields that make a request for a host's own file conditional: where that very file is held."""
        if stop.errand is Errand.ROBOTS:
            return self._gate.conditions(rules, stop.target.url)
        if stop.document is not None and stop.governs is not None:
            return self._gate.files.file(stop.governs, stop.document).conditions(stop.target.url)
        return ()
