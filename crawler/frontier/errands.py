"""Errands to hosts that no visit of ours owns: one request, on a reservation that every process honours.

A robots.txt may redirect anywhere.  The host there may be another worker's, on another machine: its row in the
database is the lane that all of them share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from crawler.frontier.services import Services
from crawler.politeness import FOREVER

ASK_AGAIN = 5.0  # seconds; whoever has the host gives it back sooner than its reservation says


class ForeignHosts:
    """The reservations of one visit."""

    def __init__(self, services: Services, wake: Callable[[], None]) -> None:
        self._services = services
        self._wake = wake
        self._ours: dict[str, datetime] = {}  # until when
        self._later: dict[str, float] = {}  # when to ask again
        self._asking: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def ready_at(self, host: str, now: float) -> float:
        """Return when a request to a host may leave: now, later, or FOREVER while the database is being asked."""
        if self._services.memory is None or host in self._ours:
            return now
        later = self._later.get(host, now)
        if later > now:
            return later
        if host not in self._asking:
            self._asking.add(host)
            self._begin(self._reserve(host))
        return FOREVER

    def __bool__(self) -> bool:
        """Whether anything is reserved."""
        return bool(self._ours)

    def ended(self, host: str, gap: float) -> None:
        """Give a reservation back: the next errand, whoever runs it, may leave after the gap."""
        reserved = self._ours.pop(host, None)
        memory = self._services.memory
        if reserved is not None and memory is not None:
            self._begin(memory.give_back(host, reserved, gap))

    async def _reserve(self, host: str) -> None:
        memory = self._services.memory
        try:
            answer = await memory.reserve(host) if memory is not None else FOREVER
            if isinstance(answer, datetime):
                self._ours[host] = answer
            else:
                self._later[host] = min(answer, self._services.clock() + ASK_AGAIN)
        finally:
            self._asking.discard(host)
            self._wake()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
