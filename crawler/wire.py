"""One HTTP/1.1 exchange as it crossed the wire: the exact bytes of both heads, the body as received.

Scrapy's response object re-cases header names and moves Content-Length to the front; evidence may not.  So the
protocol keeps the head's bytes before Twisted's parser sees them, and the request's as they go to the transport.
Everything from the network is bounded here: heads, bodies, time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from twisted.internet import defer
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers

from crawler.archive.exchange import Exchange
from crawler.scrapy_internals import (
    ClientRequest,
    LenientClientProtocol,
    PlainClientFactory,
    abort,
    allow_long_lines,
    asked_on,
)

MAX_HEAD = 64 * 1024  # bytes of status line and header lines
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_INTERIM = re.compile(rb"^HTTP/1\.[01] 1\d\d\b")
_CONTENT_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d+)[ \t]*\r?$")
_TRANSFER_CODING = re.compile(rb"(?im)^transfer-encoding:[ \t]*([^\r\n]*?)[ \t]*\r?$")


class _Tee:
    """A transport that keeps what it is told to write; only a request head passes through it."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.written = b""

    def writeSequence(self, lines: list[bytes]) -> None:  # noqa: N802  # the name in Twisted's interface
        self.written = b"".join(lines)
        self._transport.write(self.written)


class WireRequest(ClientRequest):
    """A GET that remembers the bytes it became and the bytes it was answered with."""

    request_head: bytes = b""
    response_head: bytes = b""
    fault: str = ""  # what is wrong with the answer, where we are the ones to say so

    @classmethod
    def get(cls, host_header: bytes, path: bytes, headers: Headers) -> WireRequest:
        """Return a GET for a path (with query) on a host."""
        headers.setRawHeaders(b"Host", [host_header])
        return cls(b"GET", path, headers, None, persistent=True)

    def _writeHeaders(self, transport: Any, TEorCL: bytes | None) -> None:  # noqa: N802, N803  # Twisted's hook
        tee = _Tee(transport)
        super()._writeHeaders(tee, TEorCL)
        self.request_head = tee.written


class WireProtocol(LenientClientProtocol):
    """Keeps each response head's bytes, as received, on the request that it answers."""

    _head: bytearray | None = None

    def request(self, request: ClientRequest) -> defer.Deferred[Any]:
        """Send a `WireRequest`; its response head is on it before the answer fires."""
        self._head = bytearray()
        answer = super().request(request)
        allow_long_lines(self, MAX_HEAD)
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # the name in Twisted's interface
        """Keep what belongs to the head, then let the parser have everything; a flood it never gets to see."""
        if self._head is not None:
            self._keep_head(data)
            asked = asked_on(self)
            if isinstance(asked, WireRequest) and asked.fault:
                return
        super().dataReceived(data)

    def _keep_head(self, data: bytes) -> None:
        head = self._head
        if head is None:
            return
        start = max(len(head) - 3, 0)
        head += data
        while (end := _HEAD_END.search(head, start)) and end.end() <= MAX_HEAD:
            if _INTERIM.match(head):  # 100 Continue, 103 Early Hints: the head that counts comes after
                del head[: end.end()]
                start = 0
                continue
            asked = asked_on(self)
            if isinstance(asked, WireRequest):
                asked.response_head = bytes(head[: end.end()])
            self._head = None
            return
        if len(head) > MAX_HEAD:
            self._refuse_flood()

    def _refuse_flood(self) -> None:
        self._head = None
        asked = asked_on(self)
        if isinstance(asked, WireRequest):
            asked.fault = f"the head of the answer is longer than {MAX_HEAD // 1024} KiB"
        transport: Any = self.transport
        transport.abortConnection()


class WireFactory(PlainClientFactory):
    """Builds `WireProtocol`s for Twisted's connection pool."""

    noisy = False

    def buildProtocol(self, addr: Any) -> WireProtocol:  # noqa: ARG002, N802  # the signature in Twisted's interface
        """Return the protocol of a new connection."""
        return WireProtocol(self._quiescentCallback)


class BodyReader(Protocol):
    """Collects a body up to a bound; what was received before a cut is kept, and the cut is named."""

    def __init__(self, limit: int, received: Callable[[int], None]) -> None:
        self.done: defer.Deferred[str | None] = defer.Deferred(lambda _: self._abort())
        self.body = bytearray()
        self._limit = limit
        self._received = received

    def _abort(self) -> None:
        if self.transport is not None:
            abort(self.transport)

    def _finish(self, truncated: str | None) -> None:
        if not self.done.called:
            self.done.callback(truncated)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # the name in Twisted's interface
        """Take a piece of the body."""
        if self.done.called:
            return
        kept = data[: self._limit - len(self.body)]
        self._received(len(kept))
        self.body += kept
        if len(kept) < len(data):
            self.cut("length")

    def cut(self, why: str) -> None:
        """Stop reading now; keep what is here."""
        if not self.done.called:
            self._finish(why)
            self._abort()

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]  # noqa: N802  # Twisted gives no default here
        """Take the end of the body, whole or not."""
        complete = reason.check(ResponseDone, PotentialDataLoss)
        self._finish(None if complete else "disconnect")


def finished_exchange(
    url: str,
    request: WireRequest,
    body: bytes,
    *,
    started_at: datetime,
    address: str,
    transfer_coding: str | None,
    truncated: str | None,
) -> Exchange:
    """Return the evidence of one exchange; the head ends in CRLF CRLF even where a server wrote bare line feeds."""
    head = request.response_head
    if not head.endswith(b"\r\n\r\n"):
        head = head.rstrip(b"\r\n") + b"\r\n\r\n"
    return Exchange(
        url=url,
        method="GET",
        request_head=request.request_head,
        response_head=head,
        body=body,
        started_at=started_at,
        ended_at=datetime.now(UTC),
        address=address,
        transfer_coding=transfer_coding,
        truncated=truncated,
    )


def stated_length(head: bytes) -> int | None:
    """Return the length of the body that a response head states, or None.

    Where a transfer coding frames the body, Content-Length says nothing (RFC 9112 §6.3).
    """
    if transfer_coding(head) is not None:
        return None
    found = _CONTENT_LENGTH.search(head)
    return int(found[1]) if found else None


def transfer_coding(head: bytes) -> str | None:
    r"""Return the transfer coding of a response head, or None.

    >>> transfer_coding(b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n")
    'chunked'
    """
    found = _TRANSFER_CODING.search(head)
    return found[1].decode("latin-1").lower() if found else None


@lru_cache(maxsize=256)  # asked for several times while a response is at hand
def head_lines(head: bytes) -> tuple[tuple[str, str], ...]:
    r"""Return the header fields of a response head in order, repeats kept, names as sent (RFC 9112 §5).

    >>> head_lines(b"HTTP/1.1 200 OK\r\nX-a: 1\r\n 2\r\nx-A:3\r\n\r\n")
    (('X-a', '1 2'), ('x-A', '3'))
    """
    fields: list[tuple[str, str]] = []
    for raw in head.decode("latin-1").split("\n")[1:]:
        line = raw.rstrip("\r")
        if line[:1] in {" ", "\t"} and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
        elif ":" in line:
            name, _, value = line.partition(":")
            fields.append((name.strip(), value.strip()))
    return tuple(fields)
