"""The visit's scheduler: decides what leaves when.

Scrapy asks for the next request; one is handed out only when its origin's address is checked and its robots.txt
decided, the URL itself is permitted, and every lane it travels on is free (host, registrable domain, address).
Pace therefore lives here and nowhere else, and a URL becomes a Scrapy request only at the moment it leaves.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from crawler import addon, politeness, scrapy_internals, urls
from crawler.frontier.addresses import Addresses
from crawler.frontier.errands import ForeignHosts
from crawler.frontier.files_first import FilesFirst
from crawler.frontier.itinerary import Errand, Queue, Stop
from crawler.frontier.lanes import Claim, Passage, Turnstile
from crawler.frontier.passes import Pass, stripped
from crawler.frontier.refusing import REFUSALS_A_TURN, Refusing
from crawler.frontier.routes import Routes
from crawler.permission.address import Address
from crawler.permission.decision import Permission
from crawler.permission.origin import OriginRules
from crawler.politeness import FOREVER, NEVER
from licences.robots import RobotsState

if TYPE_CHECKING:
    from crawler.visit import Visit

LONGEST_OPEN_WAIT = 60.0  # seconds; a visit with nothing due sooner closes, and is opened again when it is


class Frontier(BaseScheduler):
    """What is due when, for one visit."""

    def __init__(self, crawler: Crawler, visit: Visit) -> None:
        self._crawler = crawler
        self._visit = visit
        self._services = visit.services
        self._itinerary = visit.itinerary
        self._gate = visit.gate
        self._routes = Routes(visit)
        self._in_flight = 0
        self._addresses = Addresses(visit, self._routes, self.wake)
        self._turnstile = Turnstile(self.wake)
        self._foreign = ForeignHosts(self._services, self.wake)
        self._refusing = Refusing(visit, self.wake)
        self._files = FilesFirst(visit.gate, visit.itinerary)
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the frontier of the spider's visit."""
        spider: Any = crawler.spider
        return cls(crawler, spider.visit)

    # ------------------------------------------------------------------ Scrapy's side

    def open(self, spider: Any) -> None:  # noqa: ARG002  # the signature in Scrapy's interface
        """Let the visit wake us; a crawl whose settings were tampered with ends here at the latest."""
        addon.check(self._crawler.settings)
        self._visit.wake = self.wake
        self._services.budget.waiting.add(self.wake)

    def close(self, reason: str) -> None:  # noqa: ARG002  # the signature in Scrapy's interface
        """Leave nothing behind that could wake a closed engine."""
        self._visit.hand_on_looks()
        self._services.budget.waiting.discard(self.wake)
        self._turnstile.leave()
        if self._timer is not None:
            self._timer.cancel()
        self._addresses.cancel()

    def has_pending_requests(self) -> bool:
        """Whether the engine should stay open for us: more to ask, and something of it due soon enough."""
        if self._visit.stopping or self._visit.due is not None:
            return bool(self._in_flight)
        return bool(self._in_flight) or len(self._itinerary) > 0

    def enqueue_request(self, request: Request) -> bool:
        """Take a URL that a spider yields; scope, permission and pace apply to it like to any link."""
        url = urls.canonical(request.url)
        if url is None:
            return False
        asked_for = [f"meta {name}" for name in stripped(request)]
        asked_for += [f"method {request.method}"] * (request.method != "GET")
        asked_for += [f"header {name.decode('latin-1')}" for name in request.headers]
        asked_for += ["cookies"] * bool(request.cookies) + ["a body"] * bool(request.body)
        if asked_for:
            words = "the URL is asked for without what the request carried besides"
            self._visit.refuse(url, "seal.stripped", words, ", ".join(asked_for))
        return self._itinerary.offer(url, via="spider")

    def next_request(self) -> Request | None:
        """Return a request that may leave now, or None and a timer for when one may."""
        visit = self._visit
        visit.hand_on_looks()
        if visit.stopping or visit.due is not None or self._services.budget.exhausted:
            return None
        self._itinerary.drop_beyond_limits()
        now = self._services.clock()
        soonest, told = FOREVER, False
        for origin, queue in list(self._itinerary.queues.items()):
            self._refusing.give_up_files(queue, self._gate.rules(origin))
            if not queue:
                continue
            due = self._turn(origin, queue, now)
            if isinstance(due, Request):
                self._itinerary.queues[origin] = self._itinerary.queues.pop(
                    origin
                )  # the others go first next time
                return due
            soonest, told = min(soonest, due), told or due == FOREVER
        if len(self._itinerary):
            self._wait_until(soonest, now, told=told)
        return None

    # ------------------------------------------------------------------ one origin's turn

    def _turn(self, origin: str, queue: Queue, now: float) -> Request | float:
        """Give an origin its turn; where all that stands there is barred, not even its robots.txt gets one."""
        if self._refusing.refuse_barred(queue):
            return self._step(origin, queue, now)
        return now if queue else FOREVER

    def _step(self, origin: str, queue: Queue, now: float) -> Request | float:
        """Return a request of this origin, or when to look again (FOREVER: we shall be told; NEVER: a person decides)."""
        head = queue.line()[0].target
        rules = self._gate.rules(origin)
        self._gate.close_if_erased(rules)
        if rules.closed is not None:
            self._refusing.refuse_all(queue, rules)
            return FOREVER
        closure = self._routes.closure(head.host, now)
        if closure is not None:
            if closure.until - now > LONGEST_OPEN_WAIT:
                self._refusing.give_up_hops(queue, closure.words)
            return max(closure.until, rules.next_look if rules.attempts else closure.until)
        address = self._addresses.of(head.host, rules)
        if address is None:
            return self._without_address(queue, rules)
        passages = self._routes.passages(head, rules, address)
        if queue.line()[0].errand is Errand.ROBOTS:
            return self._follow_robots(queue, passages, address, now)
        probes = self._services.hosts.is_half_open(head.host, now)
        if probes or rules.asking or rules.refresh_at <= now or not rules.decided(now):
            return self._ask_robots(rules, passages, address, now)
        return self._ask_permitted(queue, rules, passages, address, now)

    def _without_address(self, queue: Queue, rules: OriginRules) -> float:
        """Wait for an address; a robots.txt that redirects to a name without one is unreachable."""
        if rules.state is not RobotsState.UNREACHABLE:
            return FOREVER
        self._refusing.give_up_hops(queue, f"{rules.origin}: {rules.reason}")
        return rules.next_look

    def _ask_robots(
        self, rules: OriginRules, passages: tuple[Passage, ...], address: Address, now: float
    ) -> Request | float:
        """Ask for an origin's robots.txt, once at a time, and not before its next look is due."""
        if rules.asking:
            return FOREVER
        ready = max(rules.next_look if rules.attempts else 0.0, self._turnstile.ready_at(passages))
        if ready > now:
            return ready
        robots = urls.parse(urls.robots_url(rules.origin))
        rules.asking = True
        stop = Stop(robots, Errand.ROBOTS, governs=rules.origin)
        return self._depart(stop, self._gate.ask_robots(rules, robots.url), passages, address, rules)

    def _ask_permitted(
        self, queue: Queue, rules: OriginRules, passages: tuple[Passage, ...], address: Address, now: float
    ) -> Request | float:
        """Ask for the next page or errand of an origin whose rules are known."""
        if rules.pace is not None and rules.pace.parked:
            self._visit.park(queue.line()[0].target.host, f"robots.txt asks for a gap of {rules.gap:.0f} s")
            return NEVER
        if not rules.is_open(self._services.at(now).time()):
            return now + politeness.OUTSIDE_VISIT_TIME
        ready = self._turnstile.ready_at(passages)
        if ready > now:
            return ready
        return self._next_permitted(queue, rules, passages, address, now)

    def _follow_robots(
        self, queue: Queue, passages: tuple[Passage, ...], address: Address, now: float
    ) -> Request | float:
        """Ask where some origin's robots.txt redirects to: permitted like its first request, paced by its target."""
        ready = self._turnstile.ready_at(passages)
        if ready <= now and not self._routes.is_ours(queue.line()[0].target.host):
            ready = self._foreign.ready_at(queue.line()[0].target.host, now)
        if ready > now:
            return ready
        stop = queue.line().popleft()
        rules = self._gate.rules(stop.governs or stop.target.origin)
        return self._depart(stop, self._gate.ask_robots(rules, stop.target.url), passages, address, rules)

    def _next_permitted(
        self, queue: Queue, rules: OriginRules, passages: tuple[Passage, ...], address: Address, now: float
    ) -> Request | float:
        for _ in range(REFUSALS_A_TURN):
            line = queue.line()
            if not line:
                return FOREVER
            stop = line.popleft()
            permission = self._gate.ask(stop.target, is_file=stop.errand is Errand.SITE_DOCUMENT)
            if permission.granted and stop.errand is Errand.PAGE and self._files.wanted(stop, now):
                line.appendleft(stop)
                if not queue.errands:
                    return FOREVER
            elif permission.granted and self._visit.planned is not None and stop.errand is Errand.PAGE:
                self._visit.planned.append(permission)
            elif permission.granted:
                return self._depart(stop, permission, passages, address, rules)
            else:
                self._refusing.refuse(stop, permission)
        return now

    def _depart(
        self,
        stop: Stop,
        permission: Permission,
        passages: tuple[Passage, ...],
        address: Address,
        rules: OriginRules,
    ) -> Request:
        spider: Any = self._crawler.spider
        now = self._services.clock()
        claim = self._services.lanes.claim(stop.target.url, passages, self._arrived, now)
        self._in_flight += 1
        if stop.errand is Errand.PAGE and not stop.attempts:  # a page counts once, however often it is tried
            self._itinerary.scopes[stop.scope].asked += 1
        passport = Pass(
            stop=stop,
            permission=permission,
            claim=claim,
            address=address,
            rules=rules,
            conditions=self._files.conditions(stop, rules),
        )
        return Request(
            stop.target.url,
            callback=spider.callback(stop.errand),
            errback=spider.failed,
            meta={"pass": passport},
            dont_filter=True,
        )

    def _arrived(self, claim: Claim, _now: float) -> None:
        self._in_flight -= 1
        if self._foreign:
            host = urls.parse(claim.url).host
            self._foreign.ended(host, self._services.hosts.state(host).gap)
        self.wake()

    # ------------------------------------------------------------------ waiting

    def wake(self) -> None:
        """Let the engine ask again now."""
        scrapy_internals.wake(self._crawler)

    def _wait_until(self, due: float, now: float, *, told: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due == FOREVER:
            return
        working = self._in_flight or self._addresses or scrapy_internals.is_working(self._crawler)
        if due - now > LONGEST_OPEN_WAIT and not told and not working:
            self._visit.due, self._visit.waits_for = due, self._waits_for(now)
            self.wake()
        elif due < NEVER:
            self._timer = asyncio.get_running_loop().call_later(max(due - now, 0.0), self.wake)

    def _waits_for(self, now: float) -> str:
        """Return in words what keeps everything that is left from leaving."""
        words = []
        for origin, queue in self._itinerary.queues.items():
            if queue:
                rules = self._gate.rules(origin)
                closure = self._routes.closure(queue.line()[0].target.host, now)
                words.append(closure.words if closure is not None else rules.reason or f"{origin}: its gap")
        return "; ".join(dict.fromkeys(words))
