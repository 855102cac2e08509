"""Every private name of Scrapy and Twisted that we touch, in one place; `crawler.wire` overrides two hooks as well.

`tests/crawler/test_scrapy_internals.py` is the canary: it fails on an upgrade that moves one of them.
"""

from __future__ import annotations

import asyncio
from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientProtocol as LenientClientProtocol,
)
from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import Crawler
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.web._newclient import ParseError, RequestNotSent, _WrapperException
from twisted.web._newclient import Request as ClientRequest
from twisted.web.client import HTTPConnectionPool
from twisted.web.client import _HTTP11ClientFactory as PlainClientFactory

# What a network, or a server, can do to an exchange; anything else is a fault of ours and stays one.
WIRE_ERRORS = (
    ConnectError,
    ConnectionClosed,
    CancelledError,
    asyncio.CancelledError,
    _WrapperException,
    RequestNotSent,
    ParseError,
    OSError,
    ValueError,
)

__all__ = [
    "WIRE_ERRORS",
    "ClientRequest",
    "LenientClientProtocol",
    "ParseError",
    "PlainClientFactory",
    "abort",
    "abort_response",
    "allow_long_lines",
    "asked_on",
    "build_connections_with",
    "close_spider",
    "engine_of",
    "is_working",
    "wake",
]


def asked_on(protocol: LenientClientProtocol) -> ClientRequest | None:
    """Return the request that a connection is waiting for the answer of, or None."""
    request: ClientRequest | None = protocol._currentRequest  # noqa: SLF001  # Twisted keeps it to itself
    return request


def allow_long_lines(protocol: LenientClientProtocol, length: int) -> None:
    """Let one header line of the next answer be as long as all of them may be together (Twisted: 16 KiB)."""
    parser: Any = protocol._parser  # noqa: SLF001  # it is made anew for every request, with no way to ask for this
    parser.MAX_LENGTH = length


def abort(proxy: Any) -> None:
    """Drop the connection behind a body's transport, unless the answer is complete and it went back to the pool."""
    connection = proxy._producer  # noqa: SLF001  # Twisted's own proxy offers no public abort
    if connection is not None:
        connection.abortConnection()


def abort_response(response: Any) -> None:
    """Drop the connection of a response whose body nobody reads."""
    abort(response._transport)  # noqa: SLF001  # without a reader, the response alone knows its transport


def build_connections_with(pool: HTTPConnectionPool, factory: type[PlainClientFactory]) -> None:
    """Let a pool's new connections speak our protocol."""
    pool._factory = factory  # noqa: SLF001  # the pool's documented hook has no public name


def engine_of(crawler: Crawler) -> ExecutionEngine | None:
    """Return a crawler's engine, or None before it has one."""
    return crawler.engine


def is_working(crawler: Crawler) -> bool:
    """Return whether an answer is still on its way to the spider, with it, or in the pipelines: it may lead to more."""
    engine = crawler.engine
    if engine is None or engine.scraper.slot is None:
        return False
    return bool(engine.downloader.active) or not engine.scraper.slot.is_idle()


def wake(crawler: Crawler) -> None:
    """Let the engine ask its scheduler again now, instead of at its next heartbeat (5 s)."""
    engine = crawler.engine
    slot: Any = engine._slot if engine is not None else None  # noqa: SLF001  # no public way to wake an engine
    if slot is not None and slot.closing is None:
        slot.nextcall.schedule()


def close_spider(crawler: Crawler, reason: str) -> asyncio.Task[None] | None:
    """Ask the engine to close its spider, once, in a task of its own."""
    engine = crawler.engine
    if engine is None or engine.spider is None:
        return None
    slot: Any = engine._slot  # noqa: SLF001  # closing twice waits for ever otherwise
    if slot is None or slot.closing is not None:
        return None
    return asyncio.ensure_future(engine.close_spider_async(reason=reason))
