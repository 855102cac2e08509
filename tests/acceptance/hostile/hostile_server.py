"""A server that may do anything: no HTTP library stands between a misbehaviour and the wire."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self


class Gone(Exception):  # noqa: N818  # an ending, no fault
    """The connection is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it arrived."""

    path: str
    head: bytes
    at: float  # seconds, monotonic
    connection: int

    def names(self) -> set[str]:
        """Return the names of its header fields, lower-case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        return {line.partition(":")[0].lower() for line in lines}


class Caller:
    """Who asked, and the means to mistreat them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    @staticmethod
    async def wait(seconds: float) -> None:
        """Say nothing for a while."""
        await asyncio.sleep(seconds)

    async def hold(self) -> None:
        """Say nothing until the caller leaves."""
        while await self._reader.read(4096):
            pass
        raise Gone

    def hang_up(self) -> None:
        """End the connection."""
        raise Gone

    def reset(self) -> None:
        """End the connection without a word (RST)."""
        plain = self._writer.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._writer.transport.abort()
        raise Gone


Behaviour = Callable[[Caller], Awaitable[None]]
Answer = bytes | Behaviour  # bytes are said, and the connection goes on


class HostileServer:
    """Answers by path, in a thread of its own; what it does not know is a 404."""

    def __init__(
        self,
        answers: Callable[[str], Mapping[str, Answer]],
        *,
        address: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.log: list[Seen] = []
        self._connections = 0
        self._tls = tls
        self._listening = socket.create_server((address, 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self.origin = f"{'https' if tls else 'http'}://{address}:{self.port}"
        self._answers = answers(self.origin)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hostile-server")

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def paths(self) -> list[str]:
        """Return what was asked for, in order."""
        return [seen.path for seen in list(self.log)]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, sock=self._listening, ssl=self._tls)
        )
        self._loop.call_soon(self._started.set)
        self._loop.run_forever()
        server.close()
        for task in tuple(self._tasks):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._connections += 1
        caller, number = Caller(reader, writer), self._connections
        with suppress(Gone, OSError, EOFError, asyncio.CancelledError, asyncio.LimitOverrunError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode("latin-1")
                self.log.append(Seen(path=path, head=head, at=time.monotonic(), connection=number))
                answer = self._answers.get(path, MISSING)
                await (caller.say(answer) if isinstance(answer, bytes) else answer(caller))
        self._tasks.discard(task)
        with suppress(OSError, RuntimeError):
            writer.close()


def page(
    body: bytes, *headers: str, status: str = "200 OK", media: str | None = "text/html; charset=utf-8"
) -> bytes:
    """Return a whole and proper answer; each header is a line."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    if media is not None:
        lines.append(f"Content-Type: {media}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


MISSING = page(b"<p>no such page", status="404 Not Found")
