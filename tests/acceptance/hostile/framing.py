"""Misbehaviours of connections and message framing: lengths, chunks, endings, time."""

from __future__ import annotations

from doings import OK, TEXT, drip, endless, no_answer, then_close, then_hold, then_reset
from hostile_server import Caller
from misbehaviour import Fate, Misbehaviour, by_name

LIMIT = 10 * 1024 * 1024  # bytes of a body
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
_CHUNK = b"%x\r\n%b\r\n" % (len(TEXT), TEXT)
_64K = b"10000\r\n" + b"lapwing " * 8192 + b"\r\n"
_WHOLE = range(len(TEXT), len(TEXT) + 1)


def torn(name: str, does: str, said: bytes, length: range = _WHOLE) -> Misbehaviour:
    """Return a row whose body breaks off: what came is kept, and the break is named."""
    return Misbehaviour(
        name=name,
        does=does,
        answer=then_close(said),
        fate=Fate.DOCUMENT,
        truncated="disconnect",
        length=length,
    )


async def _reset_at_once(caller: Caller) -> None:
    caller.reset()


LENGTHS = by_name(
    torn("length-too-long", "states a longer body than it sends", OK + b"Content-Length: 999\r\n\r\n" + TEXT),
    Misbehaviour(
        name="length-too-short",
        does="states a shorter body than it sends",
        answer=then_close(OK + b"Content-Length: 10\r\n\r\n" + TEXT),
        fate=Fate.DOCUMENT,
        length=range(10, 11),
    ),
    no_answer("length-negative", "states a negative length", OK + b"Content-Length: -5\r\n\r\n" + TEXT),
    no_answer(
        "length-twice",
        "states two different lengths",
        OK + b"Content-Length: 5\r\nContent-Length: 47\r\n\r\n" + TEXT,
    ),
    no_answer("length-words", "states a length in words", OK + b"Content-Length: many\r\n\r\n" + TEXT),
    torn(
        "length-30-digits",
        "states a length of 30 digits",
        OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n" + TEXT,
    ),
    torn("nothing-behind-head", "hangs up behind the head", OK + b"Content-Length: 99\r\n\r\n", range(1)),
)

CHUNKS = by_name(
    Misbehaviour(
        name="chunks-with-trailers",
        does="ends its chunks with trailers, a cookie among them",
        answer=CHUNKED + _CHUNK + b"0\r\nSet-Cookie: a=b\r\nX-Robots-Tag: noindex\r\n\r\n",
        fate=Fate.DOCUMENT,
        length=_WHOLE,
    ),
    Misbehaviour(
        name="chunks-and-length",
        does="states a length beside its chunks",
        answer=OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + _CHUNK + b"0\r\n\r\n",
        fate=Fate.DOCUMENT,
        length=_WHOLE,
    ),
    torn("chunk-size-broken", "writes a chunk size that is none", CHUNKED + _CHUNK + b"zz\r\n" + TEXT),
    torn("chunk-size-negative", "writes a negative chunk size", CHUNKED + _CHUNK + b"-5\r\n" + TEXT),
    torn("chunk-size-huge", "writes a chunk size of 40 digits", CHUNKED + _CHUNK + b"f" * 40 + b"\r\n"),
    torn(
        "chunk-without-end",
        "ends a chunk without CRLF",
        CHUNKED + _CHUNK + b"2\r\nabXX0\r\n\r\n",
        range(47, 50),
    ),
    torn("chunks-torn", "hangs up between two chunks", CHUNKED + _CHUNK),
    Misbehaviour(
        name="chunk-extension-flood",
        does="never ends a chunk's extension",
        answer=endless(CHUNKED + _CHUNK + b"5;", b"a=b;" * 1000),
        fate=Fate.DOCUMENT,
        truncated="disconnect",
        length=_WHOLE,
    ),
    Misbehaviour(
        name="trailer-flood",
        does="never ends its trailers",
        answer=endless(CHUNKED + _CHUNK + b"0\r\n", b"X-Trailer: lapwing\r\n" * 100),
        fate=Fate.DOCUMENT,
        truncated="disconnect",
        length=_WHOLE,
    ),
    no_answer(
        "transfer-coding-unknown",
        "uses a transfer coding that nobody asked for",
        OK + b"Transfer-Encoding: brotli\r\n\r\n" + TEXT,
    ),
)

ENDINGS = by_name(
    no_answer("close-at-once", "hangs up without a word", b""),
    no_answer("close-in-head", "hangs up in the middle of the head", OK[:30]),
    Misbehaviour(
        name="reset-at-once",
        does="resets the connection when asked",
        answer=_reset_at_once,
        fate=Fate.NOTHING,
        rule="unreachable",
        times=3,
    ),
    Misbehaviour(
        name="reset-in-body",
        does="resets the connection in the body",
        answer=then_reset(OK + b"Content-Length: 9999\r\n\r\n" + TEXT),
        fate=Fate.DOCUMENT,
        truncated="disconnect",
        length=_WHOLE,
    ),
    Misbehaviour(
        name="close-delimited",
        does="ends its body by hanging up, and states no length",
        answer=then_close(OK + b"\r\n" + TEXT),
        fate=Fate.DOCUMENT,
        length=_WHOLE,
    ),
)

TIME = by_name(
    Misbehaviour(
        name="silence",
        does="takes the question and says nothing",
        answer=then_hold(b""),
        fate=Fate.NOTHING,
        rule="unreachable",
        words="no whole answer",
        times=3,
    ),
    Misbehaviour(
        name="silence-in-body",
        does="falls silent in the body",
        answer=then_hold(OK + b"Content-Length: 9999\r\n\r\n" + TEXT),
        fate=Fate.DOCUMENT,
        truncated="time",
        length=_WHOLE,
    ),
    Misbehaviour(
        name="body-drips",
        does="sends a byte of its body every two seconds, for ever",
        answer=drip(OK + b"\r\n" + TEXT, b"x"),
        fate=Fate.DOCUMENT,
        truncated="time",
        length=range(len(TEXT) + 1, len(TEXT) + 8),
    ),
    Misbehaviour(
        name="body-endless",
        does="sends a body for ever, as fast as it goes",
        answer=endless(OK + b"\r\n" + TEXT, b"lapwing " * 8192),
        fate=Fate.DOCUMENT,
        truncated="length",
        length=range(LIMIT, LIMIT + 1),
    ),
    Misbehaviour(
        name="chunks-endless",
        does="sends chunks for ever",
        answer=endless(CHUNKED + _CHUNK, _64K),
        fate=Fate.DOCUMENT,
        truncated="length",
        length=range(LIMIT, LIMIT + 1),
    ),
)
