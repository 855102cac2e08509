"""A loopback proxy in front of a real S3 server: it passes on what it gets, late, never, or with an answer of its own.

Requests go on as they came (signatures hold, since the Host that was signed is the proxy's and stays in the head).
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

_PIECE = 64 * 1024


class S3Proxy:
    """Stands at an endpoint of its own; how it behaves may be changed while it runs."""

    def __init__(self, endpoint: str) -> None:
        self.upstream = str(urlsplit(endpoint).netloc)
        self.bytes_a_second: float | None = None  # of bodies that are sent to the server
        self.answer: tuple[int, str] | None = None  # status and S3's code, instead of the server's answer
        self.spared: Callable[[str, str], bool] = lambda _method, _path: False  # what is passed on even so
        self.down = False  # take the connection and hang up
        self.requests: list[tuple[str, str]] = []  # method and path with query, as they came
        self.peak = 0  # most bodies under way at once
        self.under_way = 0
        self.lock = threading.Lock()
        self._server = _Server(self)

    @property
    def endpoint(self) -> str:
        """Return "http://127.0.0.1:PORT"."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def sent(self, method: str, words: str = "") -> int:
        """Return how many requests of a method came whose path or query has the words."""
        with self.lock:
            return sum(1 for each, path in self.requests if each == method and words in path)

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, proxy: S3Proxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _pass_on(self) -> None:
        proxy = self.server.proxy
        with proxy.lock:
            proxy.requests.append((self.command, self.path))
        length = int(self.headers.get("Content-Length") or 0)
        with proxy.lock:
            proxy.under_way += bool(length)
            proxy.peak = max(proxy.peak, proxy.under_way)
        try:
            body = self._body(length)
        finally:
            with proxy.lock:
                proxy.under_way -= bool(length)
        if proxy.down:
            self.close_connection = True
            return
        if proxy.answer is not None and not proxy.spared(self.command, self.path):
            status, code = proxy.answer
            words = f"<Error><Code>{code}</Code><Message>injected</Message></Error>".encode()
            self._reply(status, [("Content-Type", "application/xml")], words)
            return
        upstream = http.client.HTTPConnection(proxy.upstream, timeout=60)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in {"expect", "connection"}:
                    upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            self._reply(answer.status, answer.getheaders(), answer.read())
        finally:
            upstream.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on  # noqa: N815  # the names http.server looks for

    def _body(self, length: int) -> bytes:
        body, proxy = bytearray(), self.server.proxy
        while len(body) < length:
            piece = self.rfile.read(min(_PIECE, length - len(body)))
            if not piece:
                raise ConnectionError("the client hung up")
            body += piece
            if proxy.bytes_a_second is not None:
                time.sleep(len(piece) / proxy.bytes_a_second)
        return bytes(body)

    def _reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        with suppress(ConnectionError):
            self.send_response_only(status)
            bare = {"connection", "transfer-encoding"} | (
                set() if self.command == "HEAD" else {"content-length"}
            )
            for name, value in headers:
                if name.lower() not in bare:
                    self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""
