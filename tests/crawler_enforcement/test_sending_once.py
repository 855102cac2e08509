"""One ticket, one request, one address: what the network sees of a pass, however the server ends a connection."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from raw_server import RawServer, Then
from scrapy import Request
from scrapy.utils.reactor import install_reactor
from sending import Sender, loopback_visit

from crawler.download_handler import ExchangeFailed
from crawler.frontier.itinerary import Errand
from crawler.middlewares import PermissionMiddleware
from crawler.permission.decision import PermissionDenied

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"


@pytest.fixture
def sender() -> Iterator[Sender]:
    """What sends requests through the download handler, as the frontier would."""
    if "twisted.internet.reactor" not in sys.modules:  # a second one would leave its loop open
        install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor as installed  # noqa: PLC0415  # only after it was installed

    reactor: Any = installed
    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
    sending = Sender(loop)
    yield sending
    sending.close()


def test_a_request_that_got_no_answer_is_not_sent_again_behind_our_back(sender: Sender) -> None:
    """A kept connection that ends without a word: asking again is the frontier's to decide (D4)."""
    server = RawServer([(ANSWER,), (Then.CLOSE,), (ANSWER,)])
    try:
        sender.send(server.url("/1"))
        with pytest.raises(ExchangeFailed):
            sender.send(server.url("/2"))
    finally:
        server.close()
    assert [asked.head.split(b" ", 2)[1] for asked in server.asked] == [b"/1", b"/2"]


def test_a_request_without_a_pass_ends_before_the_download_handler() -> None:
    """The first of two checks; the other one, in the download handler, has its own tests.  The attempt is on record."""
    visit = loopback_visit()
    with pytest.raises(PermissionDenied):
        PermissionMiddleware(visit).process_request(Request("http://127.0.0.1/"))
    assert visit.tally.refused == {"seal.no-pass": 1}


def test_what_calls_itself_robots_txt_and_is_none_does_not_leave(sender: Sender) -> None:
    """Whoever makes up a pass for robots.txt, which needs no other permission, gets no page with it."""
    server = RawServer([(ANSWER,), (ANSWER,)])
    try:
        with pytest.raises(PermissionDenied):
            sender.send(server.url("/closed"), errand=Errand.ROBOTS)
        sender.send(server.url("/robots.txt"), errand=Errand.ROBOTS)
    finally:
        server.close()
    assert [asked.head.split(b" ", 2)[1] for asked in server.asked] == [b"/robots.txt"]
