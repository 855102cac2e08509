"""One errand at a time to a host that nobody's visit owns, whichever process runs it (A7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from crawler.frontier.errands import ForeignHosts
from crawler.frontier.memory import HostMemory
from crawler.frontier.services import Services
from crawler.politeness import FOREVER
from provenance.database import Database

HOST = "cdn.org"


def process(database: Database) -> Services:
    """What one process shares; its archive is not asked for anything here."""
    services = Services(writer=cast("Any", None))
    services.memory = HostMemory(database, services)
    return services


async def settled(ready: Callable[[], float]) -> float:
    """Ask until the database has answered."""
    while (answer := ready()) == FOREVER:  # noqa: ASYNC110  # the database answers a thread
        await asyncio.sleep(0.01)
    return answer


def test_two_processes_take_turns(database: Database) -> None:
    """The second one waits until the first has given the host back, and then for the gap."""

    async def take_turns() -> None:
        first, second = process(database), process(database)
        ours, theirs = ForeignHosts(first, lambda: None), ForeignHosts(second, lambda: None)
        now = first.clock()
        assert await settled(lambda: ours.ready_at(HOST, now)) == now
        assert bool(ours)
        assert now < await settled(lambda: theirs.ready_at(HOST, now)) <= second.clock() + 5.0
        ours.ended(HOST, 0.0)
        await asyncio.gather(*ours._tasks)
        later = now + 6.0
        assert await settled(lambda: theirs.ready_at(HOST, later)) == later

    asyncio.run(take_turns())


def test_our_own_errand_does_not_hold_up_our_own_visit(database: Database) -> None:
    async def recall() -> None:
        services = process(database)
        assert services.memory is not None
        await services.memory.reserve(HOST)
        services.memory.recall([HOST])
        assert services.hosts.state(HOST).not_before is None
        other = process(database)
        assert other.memory is not None
        other.memory.recall([HOST])
        assert other.hosts.state(HOST).not_before is not None

    asyncio.run(recall())
