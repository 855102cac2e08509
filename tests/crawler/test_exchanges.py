"""Exchanges as they cross the wire, against servers that say exactly these bytes (N3, A3, P1, design §3.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from raw_server import RawServer, Step, Then
from scrapy import Request
from sending import Sender

from crawler import download_handler
from crawler.download_handler import ExchangeFailed
from crawler.errors import CrawlerError
from crawler.frontier.itinerary import Errand
from crawler.permission.decision import PermissionDenied
from crawler.politeness import Limits
from crawler.visit import MAX_PAGE
from crawler.wire import MAX_HEAD, head_lines

Serve = Callable[..., RawServer]
HI = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TEN = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"


# ---------------------------------------------------------------------- what is kept of an answer


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nsErVeR: Odd\r\nCONTENT-LENGTH: 2\r\n\r\n", id="names in odd case"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nZ: 1\r\nContent-Length: 2\r\nA: 2\r\n\r\n", id="in the server's order"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 2\r\nx: 1\r\nX: 2\r\n\r\n", id="repeated"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: 1\r\n\t 2\r\nContent-Length: 2\r\n\r\n", id="folded"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX:no space  \r\nContent-Length:2\r\n\r\n", id="white space as it was"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: \xe9\xff\r\nContent-Length: 2\r\n\r\n", id="bytes beyond ASCII"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n", id="no reason phrase"),
        pytest.param(b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n", id="an empty reason phrase"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n", id="HTTP/1.0"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\n", id="a line that is no field"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000 + b"\r\nContent-Length: 2\r\n\r\n", id="a line of 40 KB"
        ),
    ],
)
def test_a_head_is_kept_byte_for_byte(sender: Sender, serve: Serve, head: bytes) -> None:
    """Decision 15: Scrapy's response re-cases names and moves Content-Length; evidence may not."""
    exchange = sender.exchange(serve((head + b"hi",)).url())
    assert exchange.response_head == head
    assert (exchange.body, exchange.truncated) == (b"hi", None)


def test_bare_line_feeds_end_a_head_as_well(sender: Sender, serve: Serve) -> None:
    """Only the empty line is written anew, because an archived head ends in CR LF CR LF."""
    exchange = sender.exchange(serve((b"HTTP/1.1 200 OK\nX: 1\nContent-Length: 2\n\nhi",)).url())
    assert exchange.response_head == b"HTTP/1.1 200 OK\nX: 1\nContent-Length: 2\r\n\r\n"
    assert head_lines(exchange.response_head) == (("X", "1"), ("Content-Length", "2"))


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((b"HTTP/1.1 100 Continue\r\n\r\n" + HI,), id="100 in one packet with the answer"),
        pytest.param(
            (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 0.02, HI), id="103 in a packet of its own"
        ),
        pytest.param((b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nX: 1\r\n\r\n" + HI,), id="two of them"),
        pytest.param(tuple(HI[i : i + 1] for i in range(len(HI))), id="byte by byte"),
        pytest.param((HI[:36], 0.02, HI[36:]), id="cut between CR and LF"),
    ],
)
def test_the_head_is_that_of_the_final_answer(sender: Sender, serve: Serve, pieces: tuple[Step, ...]) -> None:
    exchange = sender.exchange(serve(pieces).url())
    assert exchange.response_head + exchange.body == HI


@pytest.mark.parametrize(
    ("answer", "body", "coding"),
    [
        pytest.param((CHUNKED + b"2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n",), b"hi!", "chunked", id="chunks"),
        pytest.param(
            (CHUNKED + b"2;name=value\r\nhi\r\n0\r\n\r\n",), b"hi", "chunked", id="chunk extensions"
        ),
        pytest.param((CHUNKED + b"2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n",), b"hi", "chunked", id="trailers"),
        pytest.param(
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            ),
            b"hi",
            "chunked",
            id="chunks outrank Content-Length: RFC 9112 §6.3",
        ),
        pytest.param(
            (b"HTTP/1.1 200 OK\r\n\r\nhello", Then.CLOSE), b"hello", None, id="no length: until the end"
        ),
        pytest.param(
            (b"HTTP/1.0 200 OK\r\n\r\nhello", Then.CLOSE), b"hello", None, id="HTTP/1.0: until the end"
        ),
        pytest.param((b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",), b"", None, id="an empty body"),
        pytest.param((b"HTTP/1.1 204 No Content\r\n\r\n",), b"", None, id="204 has none"),
        pytest.param(
            (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",), b"", None, id="304 has none"
        ),
        pytest.param((HI + b"surplus",), b"hi", None, id="bytes behind the end are not the body's"),
    ],
)
def test_a_whole_body_is_whole(
    sender: Sender, serve: Serve, answer: tuple[Step, ...], body: bytes, coding: str | None
) -> None:
    """The transfer coding is undone, and named."""
    exchange = sender.exchange(serve(answer).url())
    assert (exchange.body, exchange.transfer_coding, exchange.truncated) == (body, coding, None)


@pytest.mark.parametrize(
    ("answer", "body", "why"),
    [
        pytest.param((TEN + b"hi", Then.CLOSE), b"hi", "disconnect", id="shorter than Content-Length"),
        pytest.param((TEN + b"hi", 0.05, Then.RESET), b"hi", "disconnect", id="a reset connection"),
        pytest.param((CHUNKED + b"5\r\nhi", Then.CLOSE), b"hi", "disconnect", id="within a chunk"),
        pytest.param((CHUNKED + b"2\r\nhi\r\n", Then.CLOSE), b"hi", "disconnect", id="no last chunk"),
        pytest.param(
            (CHUNKED + b"2\r\nhi\r\nzz\r\n", Then.CLOSE), b"hi", "disconnect", id="a chunk of no length"
        ),
        pytest.param((TEN + b"hi", Then.SILENCE), b"hi", "time", id="a body that never ends"),
        pytest.param((TEN + b"h", 0.2, b"i", 0.2, b"!", Then.SILENCE), b"hi!", "time", id="a body in drips"),
    ],
)
def test_a_cut_body_is_kept_as_far_as_it_came_and_the_cut_is_named(
    sender: Sender,
    serve: Serve,
    *,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[Step, ...],
    body: bytes,
    why: str,
) -> None:
    """WARC-Truncated: «disconnect» and «time»; nobody takes a torn page for the whole one."""
    monkeypatch.setattr(download_handler, "TOTAL_TIMEOUT", 0.5)
    exchange = sender.exchange(serve(answer).url())
    assert exchange.truncated == why
    assert body.startswith(exchange.body)
    assert exchange.body


@pytest.mark.parametrize(
    ("errand", "limit"),
    [
        pytest.param(Errand.PAGE, MAX_PAGE, id="N3: 10 MiB of a page"),
        pytest.param(Errand.ROBOTS, 512 * 1024, id="B4: 512 KiB of a robots.txt"),
    ],
)
@pytest.mark.parametrize(
    "length", [b"", b"Content-Length: 99999999\r\n"], ids=["no length", "a length stated"]
)
def test_a_body_is_read_up_to_its_limit(
    sender: Sender, serve: Serve, errand: Errand, limit: int, length: bytes
) -> None:
    """What lies beyond is neither kept nor counted, so the byte budget gets back what it gave."""
    server = serve((b"HTTP/1.1 200 OK\r\n" + length + b"\r\n", bytes(limit + 100_000), Then.SILENCE))
    exchange = sender.exchange(server.url("/robots.txt"), errand=errand)
    assert (len(exchange.body), exchange.truncated) == (limit, "length")
    assert sender.visit.services.budget.held == limit


def test_a_body_that_ends_at_its_limit_is_whole(sender: Sender, serve: Serve) -> None:
    limit = 512 * 1024
    server = serve((b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % limit, bytes(limit)))
    exchange = sender.exchange(server.url("/robots.txt"), errand=Errand.ROBOTS)
    assert (len(exchange.body), exchange.truncated) == (limit, None)


def test_a_form_that_nobody_asked_for_is_not_read(sender: Sender, serve: Serve) -> None:
    """The head says what it would have been; the body stays with the server."""
    server = serve(
        (b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 99999999\r\n\r\nmp4", Then.SILENCE)
    )
    exchange = sender.exchange(server.url())
    assert (exchange.body, exchange.truncated) == (b"", "unspecified")


# ---------------------------------------------------------------------- no usable answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param((Then.CLOSE,), "hung up", id="no answer"),
        pytest.param((Then.RESET,), "hung up", id="a reset"),
        pytest.param((b"HTTP/1.1 200 OK\r\nX: 1\r\n", Then.CLOSE), "hung up", id="half a head"),
        pytest.param((Then.SILENCE,), "within", id="silence"),
        pytest.param((b"HTTP/1.1 200 OK\r\n", Then.SILENCE), "within", id="a head that never ends"),
        pytest.param(
            (b"HTTP/1.1 103 E\r\n\r\n" * 200, Then.SILENCE), "within", id="nothing but interim answers"
        ),
        pytest.param((b"hello\r\n\r\n",), "cannot be read", id="no HTTP at all"),
        pytest.param((b"\r\n" + HI,), "cannot be read", id="an empty line first"),
        pytest.param((b"HTTP/1.1 OK\r\n\r\n",), "cannot be read", id="no status"),
        pytest.param((b"HTTP/1.1 0 Odd\r\nContent-Length: 2\r\n\r\nhi",), "no final status", id="status 0"),
        pytest.param(
            (b"HTTP/1.1 2000 Odd\r\nContent-Length: 2\r\n\r\nhi",), "no final status", id="four digits"
        ),
        pytest.param((b"HTTP/x 200 OK\r\n\r\n",), "cannot be read", id="no version"),
        pytest.param((b"HTTP/1.1 200 OK\r\n folded\r\n\r\n",), "cannot be read", id="a fold of nothing"),
        pytest.param(
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",),
            "conflicting",
            id="two lengths",
        ),
        pytest.param(
            (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",), "cannot be read", id="a negative length"
        ),
        pytest.param(
            (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",),
            "cannot be read",
            id="5000 digits",
        ),
        pytest.param(
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",),
            "cannot be read",
            id="a coding not asked",
        ),
        pytest.param(
            (b"HTTP/1.1 200 OK\r\n" + b"X: a header flood\r\n" * 9000 + b"\r\n",),
            "64 KiB",
            id="N3: a header flood",
        ),
        pytest.param((b"HTTP/1.1 200 OK\r\nX: " + b"a" * MAX_HEAD * 2,), "64 KiB", id="N3: one endless line"),
    ],
)
def test_no_usable_answer_is_told_in_words(
    sender: Sender, serve: Serve, monkeypatch: pytest.MonkeyPatch, answer: tuple[Step, ...], told: str
) -> None:
    """The lane is free again, the budget is whole, and nothing half-read is taken for an answer."""
    monkeypatch.setattr(download_handler, "TOTAL_TIMEOUT", 0.5)
    server = serve(answer)
    with pytest.raises(ExchangeFailed, match=told):
        sender.send(server.url())
    services = sender.visit.services
    assert services.lanes.lane("host:127.0.0.1").in_flight == 0
    assert services.budget.held == 0
    assert len(server.asked) <= 1


def test_a_refused_connection_is_told(sender: Sender, serve: Serve) -> None:
    server = serve((HI,))
    url = server.url()
    server.close()
    with pytest.raises(ExchangeFailed, match="refused"):
        sender.send(url)


def test_what_is_in_flight_is_cut_when_the_visit_is_told_to_end(sender: Sender, serve: Serve) -> None:
    """Decision 14: a waiting request fails, one that is being read is kept as far as it came."""
    waiting = sender.pass_for(serve((Then.SILENCE,)).url())
    reading = sender.pass_for(serve((TEN + b"hi", Then.SILENCE)).url())

    async def both() -> list[object]:
        sent = [
            asyncio.ensure_future(
                sender.handler.download_request(Request(carried.stop.target.url, meta={"pass": carried}))
            )
            for carried in (waiting, reading)
        ]
        while sender.visit.services.budget.held < 2:  # noqa: ASYNC110  # the budget tells nobody that it was taken from
            await asyncio.sleep(0.01)
        sender.visit.cut()
        return await asyncio.gather(*sent, return_exceptions=True)

    failed, answered = sender.run(both())
    assert isinstance(failed, ExchangeFailed)
    assert not isinstance(answered, BaseException)
    assert answered.meta["exchange"].truncated == "time"  # type: ignore[attr-defined]  # a response, as was just seen


# ---------------------------------------------------------------------- what leaves


def test_a_request_says_who_asks_and_nothing_else(sender: Sender, serve: Serve) -> None:
    """N5, P10: no cookie, no referer, no language; the archived request is the one that left."""
    server = serve((HI,))
    exchange = sender.exchange(server.url("/a?b=%C3%BC"))
    (asked,) = server.asked
    assert asked.head == exchange.request_head
    assert asked.head.startswith(b"GET /a?b=%C3%BC HTTP/1.1\r\n")
    fields = asked.fields()
    assert fields.pop("user-agent") == sender.visit.identity.user_agent
    assert fields.pop("from") == "crawler@example.org"
    assert fields.pop("host") == f"127.0.0.1:{server.port}"
    assert fields.pop("accept-encoding") == "gzip, deflate"
    assert set(fields) <= {"accept", "connection"}


def test_what_a_spider_sets_on_a_request_does_not_leave(sender: Sender, serve: Serve) -> None:
    """C-IDENT: headers, cookies, a body, an authority: none of them is a spider's to choose."""
    server = serve((HI,))
    carried = sender.pass_for(server.url())
    request = Request(
        carried.stop.target.url,
        headers={
            "User-Agent": "Mozilla/5.0",
            "Authorization": "Basic c2VjcmV0",
            "Host": "other.example",
            "X-Odd": "1",
        },
        cookies={"session": "secret"},
        body=b"secret",
        meta={
            "pass": carried,
            "proxy": "http://127.0.0.1:1/",
            "bindaddress": ("127.0.0.2", 0),
            "download_timeout": 1,
        },
    )
    sender.dispatch(request)
    (asked,) = server.asked
    for word in (b"Mozilla", b"Authorization", b"other.example", b"X-Odd", b"secret", b"Cookie"):
        assert word not in asked.head


def test_a_name_is_asked_for_by_its_name_at_the_address_that_was_checked(
    sender: Sender, serve: Serve
) -> None:
    """N2: no second look-up between check and connection; the name need not even exist."""
    server = serve((HI,))
    exchange = sender.send(server.url(host="docs.example.org")).meta["exchange"]
    assert server.asked[0].fields()["host"] == f"docs.example.org:{server.port}"
    assert exchange.address == "127.0.0.1"


def test_connections_are_kept_and_used_again(sender: Sender, serve: Serve) -> None:
    """Five pages, one connection; a surplus behind an answer is nobody's next answer."""
    server = serve((HI + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",), (HI,))
    bodies = [sender.exchange(server.url(f"/{number}")).body for number in range(5)]
    assert bodies == [b"hi"] * 5
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", Then.CLOSE), id="asked"
        ),
        pytest.param((TEN + b"hi", Then.CLOSE), id="cut short"),
        pytest.param(
            (b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n", Then.SILENCE), id="not read to its end"
        ),
    ],
)
def test_a_connection_that_is_not_at_its_end_is_not_used_again(
    sender: Sender, serve: Serve, answer: tuple[Step, ...]
) -> None:
    server = serve(answer, (HI,))
    sender.send(server.url("/first"))
    assert sender.exchange(server.url("/second")).body == b"hi"
    assert server.connections == 2


# ---------------------------------------------------------------------- nothing without a pass


def _no_pass(sender: Sender, url: str) -> Request:
    return Request(url)


def _forged_pass(sender: Sender, url: str) -> Request:
    return Request(url, meta={"pass": True})


def _refused(sender: Sender, url: str) -> Request:
    return Request(url, meta={"pass": sender.pass_for(url, granted=False)})


def _for_another_url(sender: Sender, url: str) -> Request:
    return Request(url, meta={"pass": sender.pass_for(url + "other")})


def _leading_elsewhere(sender: Sender, url: str) -> Request:
    carried, other = sender.pass_for(url), sender.pass_for(url + "other")
    carried.stop = other.stop
    return Request(url, meta={"pass": carried})


def _with_anothers_ticket(sender: Sender, url: str) -> Request:
    carried, other = sender.pass_for(url), sender.pass_for(url + "other")
    carried.claim = other.claim
    return Request(url, meta={"pass": carried})


def _post(sender: Sender, url: str) -> Request:
    return Request(url, method="POST", body=b"a=1", meta={"pass": sender.pass_for(url)})


def _head(sender: Sender, url: str) -> Request:
    return Request(url, method="HEAD", meta={"pass": sender.pass_for(url)})


@pytest.mark.parametrize(
    "request_with",
    [
        _no_pass,
        _forged_pass,
        _refused,
        _for_another_url,
        _leading_elsewhere,
        _with_anothers_ticket,
        _post,
        _head,
    ],
)
def test_nothing_leaves_without_its_own_pass(
    sender: Sender, serve: Serve, request_with: Callable[[Sender, str], Request]
) -> None:
    """A3: asserted where requests leave; the server never hears of it."""
    server = serve((HI,))
    with pytest.raises(PermissionDenied) as raised:
        sender.dispatch(request_with(sender, server.url()))
    assert isinstance(raised.value, CrawlerError)
    assert server.connections == 0


def test_a_pass_is_good_for_one_request(sender: Sender, serve: Serve) -> None:
    """No immediate retry anywhere (D4): a retry is a new request with a permission of its own."""
    server = serve((HI,))
    carried = sender.pass_for(server.url())
    request = Request(carried.stop.target.url, meta={"pass": carried})
    sender.dispatch(request)
    with pytest.raises(PermissionDenied, match="used before"):
        sender.dispatch(request)
    assert len(server.asked) == 1


# ---------------------------------------------------------------------- pace, as the server sees it


def test_the_gap_counts_from_the_end_of_an_answer(sender: Sender, serve: Serve) -> None:
    """P1: a slow answer is no part of the gap; nobody else is in flight meanwhile."""
    gap = 0.1
    server = serve((HI[:-1], 0.15, HI[-1:]))
    limits = Limits(max_in_flight=1, gap=gap)
    clock = sender.visit.services.clock
    lane = sender.visit.services.lanes.lane("host:127.0.0.1")

    async def ask(number: int) -> None:
        while (wait := lane.ready_at(limits) - clock()) > 0:  # noqa: ASYNC110  # time is what is waited for
            await asyncio.sleep(min(wait, 1.0))
        carried = sender.pass_for(server.url(f"/{number}"), limits=limits)
        await sender.handler.download_request(Request(carried.stop.target.url, meta={"pass": carried}))

    for number in range(4):
        sender.run(ask(number))
    starts = [asked.at for asked in server.asked[1:]]
    ends = [asked.answered for asked in server.asked[:-1]]
    assert all(start - end >= gap for start, end in zip(starts, ends, strict=True))
