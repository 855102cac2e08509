"""A reactor for the tests that send requests, and raw servers on loopback for them to talk to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from raw_server import RawServer, Step
from scrapy.utils.reactor import install_reactor
from sending import Sender


@pytest.fixture(scope="session")
def reactor_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of Twisted's asyncio reactor.

    The reactor is installed once for the whole session and never started: it needs no more than its loop, and each
    test runs that only for as long as its own coroutine takes.
    """
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor as installed  # noqa: PLC0415  # only after it was installed

    reactor: Any = installed
    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
    return loop


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    """Start a server that gives prepared answers; it ends with the test."""
    running: list[RawServer] = []

    def start(*answers: tuple[Step, ...], tls: ssl.SSLContext | None = None) -> RawServer:
        running.append(RawServer(answers, tls))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture
def sender(reactor_loop: asyncio.AbstractEventLoop) -> Iterator[Sender]:
    """Return what sends requests through the download handler, as the frontier would."""
    sending = Sender(reactor_loop)
    yield sending
    sending.close()
