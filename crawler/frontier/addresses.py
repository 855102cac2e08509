"""The checked address of each host that a visit wants to ask: looked up off to the side, never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from crawler import politeness, urls
from crawler.frontier.outcome import Outcome, Trouble
from crawler.frontier.routes import Routes
from crawler.permission.address import Address, ForbiddenAddressError, UnresolvedError
from crawler.permission.origin import OriginRules

if TYPE_CHECKING:
    from crawler.visit import Visit


class Addresses:
    """The addresses of one visit's hosts, each checked under what the site's owner granted."""

    def __init__(self, visit: Visit, routes: Routes, wake: Callable[[], None]) -> None:
        self._visit = visit
        self._services = visit.services
        self._routes = routes
        self._wake = wake
        self._resolving: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        """Whether some name is being looked up."""
        return bool(self._resolving)

    def of(self, host: str, rules: OriginRules) -> Address | None:
        """Return the checked address of a host; None while it is being looked up, or has none."""
        resolver = self._services.resolver
        known = resolver.cached(host) if self._is_recalled(host) else None
        if known is not None:
            try:
                private = self._visit.private_addresses and self._routes.is_ours(host)
                return resolver.check(host, known, private_addresses=private)
            except ForbiddenAddressError as error:
                rules.closed, rules.reason = "address", str(error)
                self._wake()
                return None
        if host not in self._resolving and not (rules.attempts and rules.next_look > self._services.clock()):
            self._resolving.add(host)
            task = asyncio.ensure_future(self._look_up(host, rules))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return None

    def _is_recalled(self, host: str) -> bool:
        return self._services.memory is None or self._services.hosts.state(host).recalled

    async def _look_up(self, host: str, rules: OriginRules) -> None:
        """Look up an address, and before that what earlier runs learned of the host."""
        services = self._services
        try:
            if services.memory is not None and not self._is_recalled(host):
                await asyncio.to_thread(services.memory.recall, [host])
            if self._routes.closure(host, services.clock()) is None:
                await services.resolver.resolve(host)
        except UnresolvedError as error:
            rules.attempts += 1
            wait = politeness.robots_retry(rules.attempts, None)
            now, words = services.clock(), f"no address: {error}"
            rules.unreachable(words, now=now, wait=wait)
            self._visit.gate.note(rules, urls.robots_url(rules.origin))
            trouble = Trouble.NO_SUCH_NAME if error.is_missing else Trouble.NO_ADDRESS
            if pause := services.hosts.took(host, now, Outcome(trouble=trouble, words=words)):
                self._visit.loads.paused(host, services.at(now), pause)
        finally:
            self._resolving.discard(host)
            self._wake()

    def cancel(self) -> None:
        """Stop looking up."""
        for task in self._tasks:
            task.cancel()
