"""The demo's server keeps the rules of HTTP/1.1 that a crawl leans on, and its log tells what really happened."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from threading import enumerate as living_threads
from urllib.parse import urlsplit

import pytest

from crawler.demo import DemoServer


@pytest.fixture
def connection(site: DemoServer) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection(urlsplit(site.url).netloc, timeout=10)) as opened:
        yield opened


def fetch(
    connection: HTTPConnection, target: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (names lower-case) and body of one exchange."""
    connection.request(
        method, target, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def test_a_connection_persists_over_answers_of_every_kind(connection: HTTPConnection) -> None:
    """RFC 9112 §9.3: one connection, many requests; also behind errors, redirects, HEAD and chunks."""
    ports = set()
    for target, method, status in [
        ("/", "GET", 200),
        ("/absent", "GET", 404),
        ("/workshop/in-pieces.html", "GET", 200),
        ("/shop/latest", "GET", 302),
        ("/workshop/empty.html", "GET", 200),
        ("/books/", "HEAD", 200),
        ("/members/", "GET", 401),
    ]:
        assert fetch(connection, target, method)[0] == status
        assert connection.sock is not None
        ports.add(connection.sock.getsockname()[1])
    assert len(ports) == 1


def test_head_promises_what_get_sends(connection: HTTPConnection) -> None:
    """RFC 9110 §9.3.2: the same header fields, no content."""
    _, promised, nothing = fetch(connection, "/books/", "HEAD")
    _, sent, body = fetch(connection, "/books/")
    assert nothing == b""
    assert int(promised["content-length"]) == len(body)
    assert {**promised, "date": ""} == {**sent, "date": ""}


def test_an_unchanged_page_is_not_sent_again(connection: HTTPConnection) -> None:
    """RFC 9110 §13.1.2: If-None-Match with the current entity tag."""
    _, headers, _ = fetch(connection, "/books/")
    status, _, body = fetch(connection, "/books/", If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")
    assert fetch(connection, "/books/", If_None_Match='"another"')[0] == 200


@pytest.mark.parametrize(
    ("target", "headers", "starts"),
    [
        pytest.param("/workshop/packed.html", {"content-encoding": "gzip"}, b"\x1f\x8b", id="content coding"),
        pytest.param(
            "/workshop/in-pieces.html", {"transfer-encoding": "chunked"}, b"<!doctype", id="transfer coding"
        ),
        pytest.param(
            "/sitemap-backlist.xml.gz", {"content-type": "application/gzip"}, b"\x1f\x8b", id="a packed file"
        ),
        pytest.param(
            "/journal/quiet-hours.html",
            {"x-robots-tag": "noai, noimageai"},
            b"<!doctype",
            id="a rights header",
        ),
        pytest.param("/shop/by-the-page.html", {"crawler-price": "USD 0.01"}, b"<!doctype", id="a price"),
        pytest.param(
            "/shop/to-the-printer", {"location": "http://printer.example/order"}, b"", id="a redirect"
        ),
        pytest.param(
            "/ja/", {"content-type": "text/html; charset=Shift_JIS"}, b"<!doctype", id="another charset"
        ),
        pytest.param("/media/lapwing.png", {"content-type": "image/png"}, b"\x89PNG", id="an image"),
        pytest.param("/media/press-release.pdf", {"content-type": "application/pdf"}, b"%PDF-", id="a PDF"),
    ],
)
def test_answers_carry_what_their_row_says(
    connection: HTTPConnection, target: str, headers: dict[str, str], starts: bytes
) -> None:
    _, got, body = fetch(connection, target)
    assert {name: got[name] for name in headers} == headers
    assert body.startswith(starts)


def test_absolute_addresses_name_the_server_that_answers(
    site: DemoServer, connection: HTTPConnection
) -> None:
    """Sitemaps need absolute URLs; the port is known only when the server runs."""
    assert f"Sitemap: {site.url}sitemap.xml".encode() in fetch(connection, "/robots.txt")[2]
    assert b"{{" not in fetch(connection, "/sitemap-harbour.xml")[2]


def test_the_log_tells_who_asked_for_what_and_when() -> None:
    before = datetime.now(UTC)
    with DemoServer() as server, closing(HTTPConnection(urlsplit(server.url).netloc)) as connection:
        fetch(connection, "/robots.txt", User_Agent="Tester/1")
        fetch(connection, "/absent?x=1", "HEAD")
        first, second = server.log
    assert (first.method, first.target, first.status) == ("GET", "/robots.txt", 200)
    assert (second.method, second.target, second.status) == ("HEAD", "/absent?x=1", 404)
    assert first.headers["User-Agent"] == "Tester/1"
    assert before <= first.at <= second.at <= datetime.now(UTC)
    assert first.started <= first.ended <= second.started <= second.ended


def test_only_reading_is_offered(connection: HTTPConnection) -> None:
    assert fetch(connection, "/", "POST")[0] == 501


def test_stopping_closes_idle_connections_and_leaves_nothing_behind() -> None:
    before = set(living_threads())
    server = DemoServer()
    address = urlsplit(server.url)
    assert address.hostname is not None
    assert address.port is not None
    with (
        socket.create_connection((address.hostname, address.port)) as idle,
        closing(HTTPConnection(address.netloc)) as busy,
    ):
        fetch(busy, "/")
        server.stop()
        server.stop()
        assert idle.recv(1) == b""
    assert set(living_threads()) <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))
