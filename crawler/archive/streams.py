"""Streams around streams: one that keeps count, one that ends early, one that puts errors into our words."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class HashingStream:
    """Keeps length and SHA-256 of what passed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._sha256 = stream, hashlib.sha256()
        self.length = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        data = self._stream.read(size)
        self._sha256.update(data)
        self.length += len(data)
        return data

    def drain(self) -> None:
        """Let the rest pass."""
        while self.read(1 << 20):
            pass

    def digest(self) -> bytes:
        """Return the SHA-256 of what passed so far."""
        return self._sha256.digest()


class LimitedStream:
    """The first ``limit`` bytes of a stream."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


class Body(Protocol):
    """A response's body as an HTTP library hands it out."""

    def read(self, amt: int | None = None) -> bytes:
        """Return at most ``amt`` bytes; none at the end."""

    def close(self) -> None:
        """Give the connection back."""


class BodyStream(io.RawIOBase):
    """A response's body as a plain raw stream; what goes wrong while it is read is told by ``words``."""

    def __init__(self, body: Body, words: Callable[[], AbstractContextManager[None]]) -> None:
        super().__init__()
        self._body, self._words = body, words

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer as far as one read goes."""
        room = memoryview(buffer)
        with self._words():
            piece = self._body.read(len(room))
        room[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Give the connection back."""
        self._body.close()
        super().close()
