"""A server that says exactly the bytes it is given, and keeps what it was asked and when.

No HTTP library stands between: what a test writes is what crosses the wire.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum


class Then(Enum):
    """What a server does beside talking."""

    CLOSE = "hang up"
    RESET = "hang up without a word (RST)"
    SILENCE = "say nothing until the client hangs up"


Step = bytes | float | Then  # bytes are sent at once, a number is a pause in seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    head: bytes
    connection: int
    at: float  # seconds, monotonic
    answered: (
        float  # right before the last bytes of the answer went out: the client cannot have had them earlier
    )

    def fields(self) -> dict[str, str]:
        """Return the header fields, names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


class RawServer:
    """Gives one prepared answer a request, in order, over however many connections; the last one again and again."""

    address = "127.0.0.1"

    def __init__(self, answers: Sequence[tuple[Step, ...]], tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self._answers = deque(answers)
        self._tls = tls
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server((self.address, 0))
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def url(self, path: str = "/", *, host: str | None = None) -> str:
        """Return the URL of a path here, by address unless a name is given."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{host or self.address}:{self.port}{path}"

    def close(self) -> None:
        """Hang up on everybody and wait for the threads."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
                self.connections += 1
                number = self.connections
            thread = threading.Thread(target=self._serve, args=(connection, number))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self._tls is not None:
                connection = self._wrapped(self._tls, connection)
            while head := _read_head(connection):
                at = time.monotonic()
                with self._lock:
                    answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
                last = max((i for i, step in enumerate(answer) if isinstance(step, bytes)), default=0)
                _say(connection, answer[:last])
                self.asked.append(Asked(head, number, at, time.monotonic()))
                _say(connection, answer[last:])
                if any(isinstance(step, Then) for step in answer):
                    return
        except OSError:  # the client hung up
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _wrapped(self, tls: ssl.SSLContext, connection: socket.socket) -> socket.socket:
        """Return the connection under TLS, which takes the plain one's place."""
        with self._lock:
            self._open.discard(connection)
            connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self._open.add(connection)
        return connection  # the handshake comes with the first read


def _read_head(connection: socket.socket) -> bytes:
    """Return a request's head, or nothing where the client hung up."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece:
            return b""
        head += piece
    return head


def _say(connection: socket.socket, steps: tuple[Step, ...]) -> None:
    """Take some steps of an answer."""
    for step in steps:
        if isinstance(step, bytes):
            connection.sendall(step)
        elif isinstance(step, float):
            time.sleep(step)
        elif step is Then.SILENCE:
            connection.recv(1)
        elif step is Then.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
