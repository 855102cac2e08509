"""The demo site's own web server: HTTP/1.1, persistent connections, loopback, and an access log that judges us."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self

from crawler.demo.responses import Answer, answers

_NOT_FOUND = Answer(
    status=404,
    headers=(("Content-Type", "text/html; charset=utf-8"),),
    body=b"<!doctype html><title>Not found</title><p>No such page at the Lapwing Press.\n",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One line of the server's access log: what a client really asked for."""

    at: datetime  # UTC, when the request head had been read
    method: str
    target: str  # path and query as they came over the wire
    status: int
    headers: Mapping[str, str]  # the request's, in the client's order and case
    started: float  # seconds of the monotonic clock, as `at`
    ended: float  # the same clock, when the answer was handed to the network


class DemoServer:
    """Serves the bundled site in threads of its own until stopped.

    >>> from urllib.request import urlopen
    >>> with DemoServer() as server:  # doctest: +SKIP
    ...     urlopen(server.url).status
    200
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = _Server((host, port))
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="demo-site", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The start page: ``http://127.0.0.1:PORT/``."""
        return self._server.origin + "/"

    @property
    def log(self) -> list[Access]:
        """Every request answered so far, in the order in which they came in."""
        return self._server.accesses()

    def stop(self) -> None:
        """Close the port and every connection; may be called twice."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    """A thread a connection; knows its open connections, so that stopping does not wait for idle ones."""

    daemon_threads = False
    block_on_close = True  # server_close() joins the threads: nothing outlives the server
    request_queue_size = 128

    def __init__(self, address: tuple[str, int]) -> None:
        self._lock = Lock()
        self._accesses: list[Access] = []
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)
        self.origin = f"http://{address[0]}:{self.server_port}"
        self.answers = answers(self.origin)

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of the host's name: loopback needs no DNS."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def note(self, access: Access) -> None:
        with self._lock:
            self._accesses.append(access)

    def accesses(self) -> list[Access]:
        with self._lock:
            return sorted(self._accesses, key=lambda access: access.started)

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any
    ) -> None:
        """Remember a connection before its thread starts, so that none can be missed when stopping."""
        if isinstance(request, socket.socket):
            with self._lock:
                self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Forget a connection when it is closed."""
        if isinstance(request, socket.socket):
            with self._lock:
                self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Hang up on clients that keep a connection open, then wait for the threads."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # the client hung up first
                    connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD from the site's table; refuses every other method."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # bytes: more than any answer of the site, so that head and body leave in one write
    timeout = 60
    server_version = "LapwingPress/1"
    sys_version = ""

    def finish(self) -> None:
        with suppress(OSError):  # the client hung up first: its right
            super().finish()

    def handle(self) -> None:
        with suppress(OSError):  # as above
            super().handle()

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Print nothing: the log is `DemoServer.log`."""

    def _answer(self, *, with_body: bool) -> None:
        at, started = datetime.now(UTC), monotonic()
        answer = self.server.answers.get(self.path, _NOT_FOUND)
        fresh = answer.status == 200 and self.headers.get("If-None-Match") == answer.entity_tag  # noqa: PLR2004 -- 200 OK
        status = 304 if fresh else answer.status
        self._write(answer, status, with_body=with_body and not fresh)
        self.server.note(  # before the client can know of its answer: who has one finds it in the log
            Access(
                at=at,
                method=self.command,
                target=self.path,
                status=status,
                headers=dict(self.headers),
                started=started,
                ended=monotonic(),
            )
        )
        self.wfile.flush()

    def _write(self, answer: Answer, status: int, *, with_body: bool) -> None:
        """Put head and body into the buffer."""
        self.send_response(status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("ETag", answer.entity_tag)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if with_body:
            self.wfile.write(_chunks(answer.body) if answer.chunked else answer.body)


def _chunks(body: bytes, size: int = 256) -> bytes:
    r"""Frame a body as RFC 9112 §7.1 chunks, small enough that there are several.

    >>> _chunks(b"abc", 2)
    b'2\r\nab\r\n1\r\nc\r\n0\r\n\r\n'
    """
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])
