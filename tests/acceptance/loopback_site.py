"""Sites on loopback whose answers are functions, with one access log that judges the crawler."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from licences.site_documents import SITE_DOCUMENTS

# A host's own files about rights, besides its robots.txt: all of these are asked for where none of them is there.
FILES = frozenset(path for kind in SITE_DOCUMENTS for path in kind.paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a site answers."""

    body: bytes = b""
    status: int = 200
    media_type: str = "text/html; charset=utf-8"
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One line of the access log."""

    url: str
    path: str
    headers: Mapping[str, str]


MISSING = Reply(status=404, body=b"<p>no such page")


@dataclass(slots=True)
class Log:
    """Every request of a server, or of several, in the order in which they came in."""

    lines: list[Asked] = field(default_factory=list)

    def paths(self) -> list[str]:
        """Return what was asked for."""
        return [line.path for line in list(self.lines)]

    def mostly(self) -> list[str]:
        """Return what was asked for besides files about rights; robots.txt is not one of those."""
        return [path for path in self.paths() if path not in FILES]

    def times(self) -> Counter[str]:
        """Return how often each URL was asked for, robots.txt and the other files about rights left out."""
        aside = FILES | {"/robots.txt"}
        return Counter(line.url for line in list(self.lines) if line.path not in aside)

    def __len__(self) -> int:
        return len(self.lines)


class LoopbackSite:
    """A running server; `answer` may wait, so that a crawl stands still where a test wants it to."""

    def __init__(
        self, answer: Callable[[str], Reply], *, address: str = "127.0.0.1", log: Log | None = None
    ) -> None:
        self.log = log if log is not None else Log()
        self._server = _Server((address, 0), answer, self.log)
        self.origin = self._server.origin
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The start page."""
        return self.origin + "/"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, place: tuple[str, int], answer: Callable[[str], Reply], log: Log) -> None:
        self.answer, self.log = answer, log
        self._open: set[socket.socket] = set()
        super().__init__(place, _Handler)
        self.origin = f"http://{place[0]}:{self.server_port}"

    def server_bind(self) -> None:
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        for connection in tuple(self._open):
            with suppress(OSError):  # its client was quicker
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = 60

    def handle(self) -> None:
        with suppress(OSError):  # the client was killed: that is what these tests do
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):  # as above
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Print nothing."""

    def do_GET(self) -> None:
        asked = self.server.origin + self.path
        self.server.log.lines.append(Asked(url=asked, path=self.path, headers=dict(self.headers)))
        reply = self.server.answer(self.path)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()


def tree(pages: int, *, robots: str = "User-agent: *\nDisallow: /closed/\n") -> Callable[[str], Reply]:
    """Return the answers of a site of so many pages, each linked from several others, some with a licence."""

    def answer(path: str) -> Reply:
        if path == "/robots.txt":
            return Reply(body=robots.encode(), media_type="text/plain")
        number = 0 if path == "/" else int(name) if (name := path[1:].removesuffix(".html")).isdigit() else -1
        if not 0 <= number < pages:
            return MISSING
        hrefs = "".join(f'<a href="/{link}.html">{link}</a> ' for link in sorted(tree_links(number, pages)))
        licence = (
            '<a rel=license href="https://creativecommons.org/licenses/by/4.0/">CC BY</a>'
            if number % 3
            else ""
        )
        padding = "<p>lapwing " * 50
        closed = f"<a href='/closed/{number % 5}'>no</a>"
        return Reply(body=f"<!doctype html><title>{number}</title>{hrefs}{closed}{licence}{padding}".encode())

    return answer


def tree_links(number: int, pages: int) -> set[int]:
    """Return the pages that a page of `tree` links to."""
    links = (2 * number + 1, 2 * number + 2, (number * 7 + 3) % pages, (number * 13 + 5) % pages)
    return {link for link in links if 0 < link < pages}


def tree_urls(origin: str, pages: int) -> set[str]:
    """Return the URLs of `tree`."""
    return {f"{origin}/"} | {f"{origin}/{number}.html" for number in range(1, pages)}
