"""One server behind many names and addresses, with a log of when each request came and when its answer had left."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from licences.site_documents import SITE_DOCUMENTS

# A host's own files about rights, besides its robots.txt.
FILES = frozenset(path for kind in SITE_DOCUMENTS for path in kind.paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a host answers; ``seconds`` (real ones) is how long it takes over it."""

    body: str = "<!doctype html><p>lapwing"
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    seconds: float = 0.0
    media_type: str = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, on the real monotonic clock."""

    host: str  # by its Host field
    address: str
    path: str
    began: float
    ended: float


def mostly(lines: Sequence[Asked]) -> list[str]:
    """Return what was asked for, without the files about rights that come before a host's pages."""
    return [line.path for line in lines if line.path not in FILES]


@dataclass(slots=True)
class Log:
    """Every request, in the order in which they ended."""

    lines: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, **wanted: str) -> list[Asked]:
        """Return the requests of a host or an address, in the order in which they began."""
        with self.lock:
            lines = list(self.lines)
        chosen = [line for line in lines if all(getattr(line, key) == value for key, value in wanted.items())]
        return sorted(chosen, key=lambda line: line.began)

    def in_domain(self, domain: str) -> list[Asked]:
        """Return the requests to a name or any below it."""
        return [line for line in self.of() if line.host == domain or line.host.endswith(f".{domain}")]


def gaps(lines: Sequence[Asked]) -> list[float]:
    """Return the real seconds from the latest end so far to each next start; 0 where one was still under way."""
    found, latest = [], None
    for line in lines:
        if latest is not None:
            found.append(max(line.began - latest, 0.0))
        latest = line.ended if latest is None else max(latest, line.ended)
    return found


def most_at_once(lines: Sequence[Asked]) -> int:
    """Return how many requests were ever under way together."""
    moves = sorted([(line.began, 1) for line in lines] + [(line.ended, -1) for line in lines])
    most = flying = 0
    for _, move in moves:
        flying += move
        most = max(most, flying)
    return most


class Hosts:
    """Servers on some loopback addresses, all on one port, whose answers depend on the Host field and the path."""

    def __init__(
        self, answers: Mapping[str, Callable[[str], Reply]], addresses: Sequence[str] = ("127.0.0.1",)
    ) -> None:
        self.log = Log()
        self._servers: list[_Server] = []
        self.port = 0
        for address in addresses:
            server = _Server((address, self.port), answers, self.log)
            self.port = server.server_address[1]
            self._servers.append(server)
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            for server in self._servers
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
        for thread in self._threads:
            thread.join()
        for server in self._servers:
            server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, place: tuple[str, int], answers: Mapping[str, Callable[[str], Reply]], log: Log
    ) -> None:
        self.answers, self.log = answers, log
        super().__init__(place, _Handler)

    def server_bind(self) -> None:
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients are killed here on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = 60

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Print nothing."""

    def do_GET(self) -> None:
        began = time.monotonic()
        host = self.headers["Host"].partition(":")[0]
        reply = self.server.answers[host](self.path)
        time.sleep(reply.seconds)
        payload = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)
        ended = time.monotonic()  # before the last bytes leave: the crawler's end is later still
        with self.server.log.lock:
            self.server.log.lines.append(
                Asked(
                    host=host,
                    address=str(self.connection.getsockname()[0]),
                    path=self.path,
                    began=began,
                    ended=ended,
                )
            )
        with suppress(OSError):
            self.wfile.flush()


NO_RULES = Reply(status=404, body="")


def pages(count: int, *, robots: Reply = NO_RULES, page: Reply | None = None) -> Callable[[str], Reply]:
    """Return the answers of a host whose start page links to ``/1`` … ``/count - 1``."""
    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(1, count))
    start = Reply(body=f"<!doctype html><p>{links}")

    def answer(path: str) -> Reply:
        if path == "/robots.txt":
            return robots
        return start if path == "/" else page or Reply()

    return answer
