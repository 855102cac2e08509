"""Every private name of Scrapy and Twisted that we touch, in one place.

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
    "PlainClientFactory",
    "close_spider",
    "engine_of",
    "wake",
]


def engine_of(crawler: Crawler) -> ExecutionEngine | None:
    """Return a crawler's engine, or None before it has one."""
    return crawler.engine


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
