"""Any number of host names on one loopback server, each answering as a function says; its access log is the judge."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, BinaryIO, Self

from licences.site_documents import SITE_DOCUMENTS

# A host's own files about rights, in the order in which they are asked for where none of them is there.
FILES = tuple(kind.paths[0] for kind in SITE_DOCUMENTS) + tuple(
    path for kind in SITE_DOCUMENTS for path in kind.paths[1:]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a host answers."""

    body: bytes = b""
    status: int = 200
    media_type: str = "text/html; charset=utf-8"
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One line of the access log."""

    host: str
    path: str
    method: str
    headers: Mapping[str, str]
    at: datetime  # UTC, when the request head had been read


Raw = Callable[[BinaryIO], None]  # writes what it likes; the connection closes after it
Answer = Callable[[str], Reply | Raw]  # path → reply

MISSING = Reply(status=404, body=b"<p>no such page")
PAGE = Reply(body=b"<!doctype html><title>A page</title><p>" + b"lapwings nest on open ground " * 20)


def text(body: str, **fields: Any) -> Reply:
    """Return a plain text, such as a robots.txt."""
    return Reply(body=body.encode(), media_type="text/plain", **fields)


def page(*links: str) -> Reply:
    """Return a page with links."""
    return Reply(body=PAGE.body + "".join(f'<a href="{link}">{link}</a>' for link in links).encode())


def robots(said: Reply | Raw, pages: Mapping[str, Reply | Raw] | None = None) -> Answer:
    """Return a host with a robots.txt and, unless it is told which, a page at every path."""
    return lambda path: said if path == "/robots.txt" else PAGE if pages is None else pages.get(path, MISSING)


@dataclass(slots=True)
class Hosts:
    """A running server for all host names."""

    answers: dict[str, Answer]
    log: list[Asked] = field(default_factory=list)
    port: int = 0
    address: str = "127.0.0.1"
    _server: Any = None
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._server = _Server((self.address, 0), self)
        self.port = int(self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._thread is not None
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, host: str, path: str = "/") -> str:
        """Return a URL of a host on this server."""
        return f"http://{host}:{self.port}{path}"

    def asked(self, host: str) -> list[str]:
        """Return what a host was asked for, in order."""
        return [line.path for line in list(self.log) if line.host == host]

    def mostly(self, host: str) -> list[str]:
        """Return what a host was asked for besides its own files about rights; robots.txt is not one of those."""
        return [path for path in self.asked(host) if path not in FILES]

    def pages(self, host: str) -> list[str]:
        """Return what a host was asked for besides its robots.txt and its own files about rights."""
        return [path for path in self.mostly(host) if path != "/robots.txt"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a handler may hang on purpose
    request_queue_size = 256

    def __init__(self, place: tuple[str, int], hosts: Hosts) -> None:
        self.hosts = hosts
        self._open: set[socket.socket] = set()
        super().__init__(place, _Handler)

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
        with suppress(OSError):  # the client cut the connection: that is what some of these tests are about
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):  # as above
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Print nothing."""

    def do_GET(self) -> None:
        """Answer as the host's function says."""
        self._answer()

    def do_POST(self) -> None:
        """Log it like any other: nobody should ever send one."""
        self._answer()

    def do_CONNECT(self) -> None:
        """As above: this server is no proxy."""
        self._answer()

    def _answer(self) -> None:
        host = (self.headers.get("Host") or "").partition(":")[0]
        hosts = self.server.hosts
        hosts.log.append(
            Asked(
                host=host,
                path=self.path,
                method=self.command,
                headers=dict(self.headers),
                at=datetime.now(UTC),
            )
        )
        reply = hosts.answers[host](self.path)
        if not isinstance(reply, Reply):
            self.close_connection = True
            reply(self.wfile)
            self.wfile.flush()
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()
