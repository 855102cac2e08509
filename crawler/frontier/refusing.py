"""What becomes of stops that may not be asked for: each refusal is recorded, and nobody waits for a lost file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from crawler.frontier.itinerary import Errand, Queue, Stop
from crawler.permission.decision import Permission
from crawler.permission.origin import OriginRules
from licences.robots import RobotsState
from provenance.refusals import refusal_in_words

if TYPE_CHECKING:
    from crawler.visit import Visit


REFUSALS_A_TURN = 200  # URLs judged and refused before the event loop gets a turn


class Refusing:
    """Takes stops out of one visit's queues."""

    def __init__(self, visit: Visit, wake: Callable[[], None]) -> None:
        self._visit = visit
        self._gate = visit.gate
        self._wake = wake

    def refuse(self, stop: Stop, permission: Permission) -> None:
        """Record a denied stop; a file that may not be asked for is not waited for."""
        record = permission.record
        self._visit.refuse(
            stop.target.url,
            record.rule,
            refusal_in_words(record.rule),
            permission.evidence(),
            permission=record,
        )
        self._give_up(stop, record.rule)

    def refuse_barred(self, queue: Queue) -> bool:
        """Refuse what stands first in a queue and was erased, or whose source is out: for that, not even robots.txt is asked.

        Return whether something stands first that may be asked for as far as that goes.
        """
        for _ in range(REFUSALS_A_TURN):
            denied = self._gate.barred(queue.line()[0].target) if queue else None
            if denied is None:
                break
            self.refuse(queue.line().popleft(), denied)
        else:
            return False
        return bool(queue)

    def refuse_all(self, queue: Queue, rules: OriginRules) -> None:
        """Refuse what is queued for an origin that is closed to us."""
        rule = rules.closed or "robots.unreachable"
        for line in (queue.errands, queue.pages):
            while line:
                stop = line.popleft()
                self._give_up(stop, rules.reason or rule)
                self._visit.refuse(stop.target.url, rule, refusal_in_words(rule), rules.reason)

    def give_up_hops(self, queue: Queue, why: str) -> None:
        """Let no origin wait for a file that redirects to where nothing can be asked for now."""
        self._give_up_those(queue, _is_hop, why)

    def give_up_files(self, queue: Queue, rules: OriginRules) -> None:
        """The same for files that an unreachable robots.txt would have to allow; a robots.txt needs nobody's leave."""
        if queue.errands and rules.state is RobotsState.UNREACHABLE:
            self._give_up_those(queue, lambda stop: stop.document is not None and _is_hop(stop), rules.reason)

    def _give_up_those(self, queue: Queue, lost: Callable[[Stop], bool], why: str) -> None:
        for stop in queue.errands:
            if lost(stop):
                self._give_up(stop, why)
        queue.errands = deque(stop for stop in queue.errands if not lost(stop))

    def _give_up(self, stop: Stop, why: str) -> None:
        if stop.governs is None:
            return
        if stop.document is None:
            self._gate.give_up(self._gate.rules(stop.governs), f"redirects to {why}")
        else:
            self._gate.files.give_up(self._gate.files.file(stop.governs, stop.document), stop.target.url)
        self._wake()


def _is_hop(stop: Stop) -> bool:
    """Whether some origin's file is asked for here; its own host keeps the file waiting like its pages."""
    if stop.errand is Errand.SITE_DOCUMENT:
        return stop.governs != stop.target.origin
    return stop.governs is not None
