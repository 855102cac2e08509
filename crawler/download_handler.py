"""The one way out: a request leaves only on a pass, once, to the address that was checked.

Built on Twisted's HTTP/1.1 client and connection pool.  The answer's bytes are kept as they came (`crawler.wire`);
the claim ends with the last of them, so every gap counts from the end of an answer.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.headers import Headers
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.web.client import HTTPConnectionPool
from twisted.web.http_headers import Headers as WireHeaders

from crawler import addon
from crawler.archive.exchange import Exchange
from crawler.content_coding import ACCEPT_ENCODING
from crawler.errors import CrawlerError
from crawler.frontier.itinerary import Errand
from crawler.frontier.outcome import Outcome, Trouble
from crawler.frontier.passes import Pass, pass_of
from crawler.permission.decision import PermissionDenied
from crawler.scrapy_internals import WIRE_ERRORS, abort_response, build_connections_with
from crawler.troubles import outcome_of, trouble_in_words, trouble_of
from crawler.urls import DEFAULT_PORTS
from crawler.wire import (
    BodyReader,
    WireFactory,
    WireRequest,
    finished_exchange,
    head_lines,
    stated_length,
    transfer_coding,
)

if TYPE_CHECKING:
    from crawler.visit import Visit

CONNECT_TIMEOUT = 10.0  # seconds
TOTAL_TIMEOUT = 60.0
ROBOTS_TIMEOUT = 30.0  # for the whole of a robots.txt
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class ExchangeFailed(CrawlerError):  # noqa: N818  # a result of the network, not a fault of ours
    """No usable answer came back; the message says what happened on the wire."""

    def __init__(self, words: str, trouble: Trouble = Trouble.BROKEN_OFF) -> None:
        super().__init__(words)
        self.trouble = trouble


class _Flight:
    """One request on its way, so that it can be cut from outside."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.was_told = False  # cut because somebody said so, not because of the host
        self.reader: BodyReader | None = None
        self.why: str | None = None
        self._waiting: Deferred[Any] | None = None

    async def of(self, waiting: Deferred[Any]) -> Any:
        self._waiting = waiting
        if self.why is not None:  # cut between two steps: the last one could not be cancelled any more
            waiting.cancel()
        return await waiting.asFuture(asyncio.get_running_loop())

    def cut(self, why: str) -> None:
        self.why = self.why or why
        if self.reader is not None:
            self.reader.cut(why)
        elif self._waiting is not None:
            self._waiting.cancel()


class WireDownloadHandler:
    """Sends what the frontier let go, for ``http`` and ``https``."""

    lazy = False

    def __init__(self, visit: Visit) -> None:
        from twisted.internet import reactor  # noqa: PLC0415  # importing it installs one: only once ours is there

        self._visit = visit
        self._services = visit.services
        self._reactor: Any = reactor
        self._pool = HTTPConnectionPool(reactor, persistent=True)
        self._pool.maxPersistentPerHost = 64
        self._pool.retryAutomatically = False  # a retry is a request: the frontier's to decide
        self._pool.cachedConnectionTimeout = 30
        build_connections_with(self._pool, WireFactory)
        self._flights: set[_Flight] = set()
        self._headers = _fields(visit)
        visit.cut = self._cut

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the handler of the spider's visit; not under settings that were tampered with."""
        addon.check(crawler.settings)
        spider: Any = crawler.spider
        return cls(spider.visit)

    async def download_request(self, request: Request) -> Response:
        """Send one request and return its answer, the exchange in ``request.meta["exchange"]``.

        Raises:
            PermissionDenied: no pass, or a used one.  Nothing was sent.
            ExchangeFailed: no answer.
        """
        carried = pass_of(request)
        self._ask_again(carried)
        clock = self._services.clock
        started = clock()
        if not carried.claim.start(started):
            raise PermissionDenied(f"{request.url}: its ticket was used before; a retry is a new request")
        target = carried.stop.target
        at = datetime.now(UTC)
        self._visit.loads.started(target.host, at, started)
        self._services.hosts.sent(target.host, started)
        outcome = Outcome(trouble=Trouble.CUT)
        probe = carried.stop.errand is Errand.ROBOTS
        try:
            exchange, status = await self._exchange(carried, at)
            outcome = outcome_of(exchange, status, clock() - started, probe=probe)
        except ExchangeFailed as error:
            outcome = Outcome(trouble=error.trouble, seconds=clock() - started, words=str(error), probe=probe)
            raise
        finally:
            now = clock()
            pause = self._services.hosts.took(target.host, now, outcome)
            self._visit.loads.ended(target.host, at, now, outcome.status, outcome.received)
            if pause is not None:
                self._visit.loads.paused(target.host, self._services.at(now), pause)
            carried.claim.end(now)
        request.meta["exchange"] = exchange
        fields = head_lines(exchange.response_head)
        return Response(
            request.url,
            status=status,
            headers=Headers([(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]),
            body=exchange.body,
            request=request,
            protocol="HTTP/1.1",
        )

    def _ask_again(self, carried: Pass) -> None:
        """Ask the gate once more, so that a pass which the frontier never gave opens nothing.

        Raises:
            PermissionDenied: the gate says no, now.
        """
        stop = carried.stop
        gate = self._visit.gate
        if stop.errand is Errand.ROBOTS:
            permission = gate.no_robots(stop.target) or carried.permission
        else:
            permission = gate.ask(stop.target, is_file=stop.errand is Errand.SITE_DOCUMENT)
        if not permission.granted or stop.target.url != carried.permission.url:
            carried.claim.end(self._services.clock())
            raise PermissionDenied(f"{stop.target.url}: {permission.evidence()}")

    async def _exchange(self, carried: Pass, at: datetime) -> tuple[Exchange, int]:
        target = carried.stop.target
        own_port = target.port == DEFAULT_PORTS[target.scheme]
        host_header = (
            target.origin.partition("://")[2] if own_port else f"{_bracketed(target.host)}:{target.port}"
        )
        headers = self._headers.copy()
        for name, value in carried.conditions:
            headers.addRawHeader(name.encode(), value.encode("ascii"))
        wire = WireRequest.get(host_header.encode("ascii"), target.path.encode("ascii"), headers)
        flight = _Flight(target.host)
        self._flights.add(flight)
        timer = asyncio.get_running_loop().call_later(time_limit(carried), flight.cut, "time")
        reader: BodyReader | None = None
        budget = self._services.budget
        try:
            connection = await flight.of(
                self._pool.getConnection(self._key(carried), self._endpoint(carried))
            )
            response = await flight.of(connection.request(wire))
            if not 200 <= response.code <= 999:  # noqa: PLR2004  # three digits; 1xx never comes last
                abort_response(response)
                raise ValueError(f"{response.code} is no final status")  # told like any unreadable answer
            reader = BodyReader(self._visit.body_limit(carried.stop), budget.take)
            truncated = await self._read(response, reader, flight, carried, wire.response_head)
        except WIRE_ERRORS as error:
            if reader is not None:
                budget.give_back(len(reader.body))
            raise _failed(error, flight, wire.fault, time_limit(carried)) from error
        finally:
            timer.cancel()
            self._flights.discard(flight)
        exchange = finished_exchange(
            target.url,
            wire,
            bytes(reader.body),
            started_at=at,
            address=str(carried.address),
            transfer_coding=transfer_coding(wire.response_head),
            truncated=truncated,
        )
        return exchange, int(response.code)

    async def _read(
        self, response: Any, reader: BodyReader, flight: _Flight, carried: Pass, head: bytes
    ) -> str | None:
        """Read the body as far as it is wanted; return why it was cut, or None where it is whole."""
        if response.length == 0:
            return None
        if not self._visit.wants(carried.stop, int(response.code), head):
            abort_response(response)
            return "unspecified"
        flight.reader = reader
        response.deliverBody(reader)
        truncated: str | None = await reader.done.asFuture(asyncio.get_running_loop())
        if truncated is None and (stated := stated_length(head)) is not None and len(reader.body) < stated:
            return "disconnect"
        return truncated

    def _key(self, carried: Pass) -> tuple[str, str, int, str]:
        target = carried.stop.target
        return (target.scheme, target.host, target.port, str(carried.address))

    def _endpoint(self, carried: Pass) -> Any:
        target = carried.stop.target
        endpoint: Any = TCP4ClientEndpoint if carried.address.version == 4 else TCP6ClientEndpoint  # noqa: PLR2004  # IPv4
        direct = endpoint(self._reactor, str(carried.address), target.port, timeout=CONNECT_TIMEOUT)
        if target.scheme == "http":
            return direct
        return wrapClientTLS(self._services.tls.creator(target.host), direct)

    def _cut(self, host: str | None = None) -> None:
        for flight in tuple(self._flights):
            if host is None or flight.host == host:
                flight.was_told = True
                flight.cut("time")

    async def close(self) -> None:
        """Drop idle connections."""
        self._pool.closeCachedConnections()


def _fields(visit: Visit) -> WireHeaders:
    """Return the fields of every request, in one fixed order: what a spider sets on a request never leaves."""
    headers = WireHeaders({})
    for name, value in visit.identity.headers().items():
        headers.addRawHeader(name.encode(), value.encode())
    headers.addRawHeader(b"Accept", ACCEPT.encode())
    headers.addRawHeader(b"Accept-Encoding", ACCEPT_ENCODING.encode())
    return headers


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def time_limit(carried: Pass) -> float:
    """Return how many seconds an exchange may take; a host's own file, which pages wait for, half of them."""
    return min(TOTAL_TIMEOUT, ROBOTS_TIMEOUT) if carried.stop.governs is not None else TOTAL_TIMEOUT


def _failed(error: BaseException, flight: _Flight, fault: str | None, limit: float) -> ExchangeFailed:
    """Return what happened on the wire, in words and in kind."""
    if flight.was_told:
        words = "cut before it was answered: its host was paused, or the crawl was told to stop"
        return ExchangeFailed(words, Trouble.CUT)
    if flight.why == "time":
        return ExchangeFailed(fault or f"no whole answer within {limit:.0f} s", Trouble.TIMEOUT)
    return ExchangeFailed(fault or trouble_in_words(error), trouble_of(error))
