"""Content codings undone within a bound: gzip and deflate, what we ask for (RFC 9110 §8.4).

A bomb is cut at the bound; a torn or lying stream yields what could be read.  Nothing raises: the archive keeps the
bytes as received whatever becomes of them here.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

ACCEPT_ENCODING = "gzip, deflate"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_PIECE = 64 * 1024  # bytes
MAX_MEMBERS = 1_000  # of one gzip body; more are there to keep us busy
MAX_CODINGS = 4  # one over another; nobody honest needs two


class Decoded(NamedTuple):
    """A body without its content coding."""

    body: bytes
    complete: bool  # False: cut at the bound, torn, or in a coding that we did not ask for


def _inflate(body: bytes, window: int, limit: int) -> Decoded:
    """Inflate piece by piece, so that what lies behind a member is copied a piece at a time."""
    parts: list[bytes] = []
    size, members = 0, 1
    stream = zlib.decompressobj(window)
    for at in range(0, len(body), _PIECE):
        data = body[at : at + _PIECE]
        while data:
            if stream.eof:  # several gzip members make one body
                data = data.lstrip(b"\0")
                if window == _RAW or not data:
                    break
                stream, members = zlib.decompressobj(window), members + 1
            try:
                part = stream.decompress(data, limit - size + 1)
            except zlib.error:
                return Decoded(b"".join(parts), complete=False)
            parts.append(part)
            size += len(part)
            if size > limit or members > MAX_MEMBERS:
                return Decoded(b"".join(parts)[:limit], complete=False)
            data = stream.unused_data
    return Decoded(b"".join(parts), complete=stream.eof or not body)


def decode(body: bytes, codings: str, limit: int) -> Decoded:
    """Undo the codings of a ``Content-Encoding`` value, last applied first.

    Args:
        body: as received, transfer coding removed.
        codings: the field's value; "" for none.
        limit: bytes after decoding; what exceeds it is cut.

    >>> import gzip
    >>> decode(gzip.compress(b"hello"), "gzip", 100)
    Decoded(body=b'hello', complete=True)
    >>> decode(gzip.compress(bytes(10**6)), "x-gzip", 10).body == bytes(10)
    True
    """
    complete = True
    applied = [name.strip().lower() for name in codings.split(",") if name.strip()]
    if len(applied) > MAX_CODINGS:
        return Decoded(b"", complete=False)
    for coding in reversed(applied):
        if coding in {"gzip", "x-gzip"}:
            body, ok = _inflate(body, _GZIP_OR_ZLIB, limit)
        elif coding == "deflate":
            body, ok = _inflate(body, _GZIP_OR_ZLIB if body[:1] == b"\x78" else _RAW, limit)
        elif coding == "identity":
            ok = True
        else:
            return Decoded(b"", complete=False)
        complete = complete and ok
    return Decoded(body[:limit], complete and len(body) <= limit)
