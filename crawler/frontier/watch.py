"""Every two seconds: keep what hosts taught us, and hear what people say (pause, park, resume a host; erase; revoke).

Off the event loop, and three small questions however many hosts there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from crawler.errors import CrawlerError
from crawler.frontier.host import Hold
from crawler.frontier.memory import HostMemory
from crawler.frontier.services import Services
from provenance.errors import ProvenanceError

if TYPE_CHECKING:
    from crawler.visit import Visit

EVERY = 2.0  # seconds; a person's word takes effect within twice that
CUT_AFTER = 10.0  # seconds that requests in flight get when their host is paused


class HostWatch:
    """Looks after the hosts of a process.

    Args:
        services: of this process.
        memory: its way to the database.
        visits: the open ones.
        failed: told when the database cannot be asked; watching ends with it.
    """

    def __init__(
        self,
        services: Services,
        memory: HostMemory,
        *,
        visits: Callable[[], Iterable[Visit]],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._services = services
        self._memory = memory
        self._visits = visits
        self._failed = failed
        self._closed: set[int] = set()  # visits whose source is out of force, as they were told

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            self._keep()
            try:
                holds, more_said = await asyncio.to_thread(self._hear)
            except (CrawlerError, ProvenanceError) as error:
                self._failed(error)
                return
            self._moved(self._services.hosts.held(holds))
            self._close_sources()
            if more_said:
                self._wake()

    def _hear(self) -> tuple[dict[str, Hold], bool]:
        """Ask the database, on a thread: which holds stand, and whether more was erased, admitted or revoked."""
        erased, said = self._memory.hear_of_erasures(), self._memory.hear_of_sources()
        return self._memory.holds(), erased or said

    def _close_sources(self) -> None:
        """Let visits whose source was revoked, or has expired, find out, and cut what is still in flight a while later."""
        for visit in self._visits():
            closed = self._services.sources.closed(visit.site) is not None
            if closed and visit.id not in self._closed:
                visit.wake()
                asyncio.get_running_loop().call_later(CUT_AFTER, visit.cut)
            (self._closed.add if closed else self._closed.discard)(visit.id)

    def _keep(self) -> None:
        """Hand over what changed; without an open visit nothing does."""
        writer = self._services.writer
        for visit in self._visits():
            if writer.takes(visit):
                writer.keep_hosts(visit, *self._memory.changed(), visit.loads.records(visit.id))

    def _moved(self, hosts: list[str]) -> None:
        if not hosts:
            return
        self._wake()
        for host in hosts:
            if self._services.hosts.is_held(host):
                asyncio.get_running_loop().call_later(CUT_AFTER, partial(self._cut, host))

    def _wake(self) -> None:
        """Let every visit look at its queues again."""
        for visit in self._visits():
            visit.wake()

    def _cut(self, host: str) -> None:
        if self._services.hosts.is_held(host):
            for visit in self._visits():
                visit.cut(host)
