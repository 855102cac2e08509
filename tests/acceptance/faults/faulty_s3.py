"""An S3 endpoint between crawler and server: it hands everything on, or does not, as a failing store would."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "expect"}


class S3Proxy:
    """Speaks S3 through to a server; `refuse`, `answer` and `slow` say how it fails, until `restore`."""

    def __init__(self, endpoint: str) -> None:
        self._server = _Server(endpoint)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def refuse(self) -> None:
        """Hang up on everybody: the store is down."""
        self._server.mode = ("refuse", None)

    def answer(self, status: int, code: str, *, writes_only: bool = False) -> None:
        """Answer every request, or every PUT and POST, with an error."""
        self._server.mode = ("answer", (status, code, writes_only))

    def slow(self, seconds: float) -> None:
        """Think so long about each request."""
        self._server.mode = ("slow", seconds)

    def restore(self) -> None:
        """Hand everything on again."""
        self._server.mode = ("pass", None)

    @property
    def failed(self) -> int:
        """How many requests were not handed on."""
        return self._server.failed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, endpoint: str) -> None:
        place = urlsplit(endpoint)
        self.behind = (str(place.hostname), int(place.port or 80))
        self.mode: tuple[str, Any] = ("pass", None)
        self.failed = 0
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def handle(self) -> None:
        with suppress(OSError, http.client.HTTPException):  # client or server went away: that is the subject
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Print nothing."""

    def _hand_on(self) -> None:
        kind, what = self.server.mode
        if kind == "refuse":
            self.server.failed += 1
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if kind == "answer" and (not what[2] or self.command in {"PUT", "POST"}):
            self.server.failed += 1
            self._fail(*what[:2])
            return
        if kind == "slow":
            time.sleep(what)
        connection = http.client.HTTPConnection(*self.server.behind, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():  # Host as well: the signature covers it
                if name.lower() not in _OF_THE_CONNECTION:
                    connection.putheader(name, value)
            connection.endheaders(body)
            self._return(connection.getresponse())
        finally:
            connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _hand_on  # noqa: N815  # the base class's names

    def _return(self, answer: http.client.HTTPResponse) -> None:
        body = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_THE_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(body))
        if answer.status not in {204, 304}:
            self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, status: int, code: str) -> None:
        body = (
            b""
            if self.command == "HEAD"
            else f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        )
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
