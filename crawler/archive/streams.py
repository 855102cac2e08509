"""Streams around streams: one keeps count, one ends early, one is a slice of a file, one puts errors into our words."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
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


class FileSlice(io.RawIOBase):
    """Some bytes of a file as a file of its own; nothing of them is held in memory."""

    def __init__(self, path: Path, offset: int, length: int) -> None:
        super().__init__()
        self._file, self._start, self._length, self._at = path.open("rb", buffering=0), offset, length, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is: what is sent again begins again."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place within the slice."""
        self._at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence] + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer as far as the slice goes."""
        room = memoryview(buffer)[: max(self._length - self._at, 0)]
        filled = os.preadv(self._file.fileno(), [room], self._start + self._at) if len(room) else 0
        self._at += filled
        return filled

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


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
