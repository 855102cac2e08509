"""Misbehaviours of header fields, and of what follows a whole answer."""

from __future__ import annotations

from doings import OK, TEXT, drip, endless, no_answer, then_close
from hostile_server import Caller, page
from misbehaviour import Fate, Misbehaviour, by_name

BODY = b"Content-Length: %d\r\n\r\n%b" % (len(TEXT), TEXT)


def document(name: str, does: str, head: bytes, *, reserved: bool = False) -> Misbehaviour:
    """Return a row whose answer is a whole document under an odd head."""
    return Misbehaviour(
        name=name,
        does=does,
        answer=b"HTTP/1.1 200 OK\r\n" + head + BODY,
        fate=Fate.DOCUMENT,
        length=range(1) if reserved else range(len(TEXT), len(TEXT) + 1),
        reserved=reserved,
    )


async def _answers_twice(caller: Caller) -> None:
    await caller.say(page(TEXT) + page(b"<a href=/never/second-answer>the second answer</a>"))


async def _junk_behind(caller: Caller) -> None:
    await caller.say(page(TEXT) + b"\x00\xff junk that no message begins with \r\n\r\n")


FIELDS = by_name(
    document(
        "nul-in-value", "puts NUL and control characters into values", b"X-Odd: a\0b\x01\x1b[31m\x7f\r\n"
    ),
    document(
        "nul-in-licence",
        "names a licence with NUL in it",
        b'Link: <https://example.org/\0l>; rel="license"\r\n',
    ),
    no_answer(
        "nul-in-name",
        "puts control characters into a field's name",
        b"HTTP/1.1 200 OK\r\nX-\x02\x03Odd: 1\r\n" + BODY,
        "cannot be read",
    ),
    document("no-colon", "sends a line that is no field", b"this is no header field\r\n"),
    no_answer(
        "empty-name",
        "sends a field without a name",
        b"HTTP/1.1 200 OK\r\n: value\r\n" + BODY,
        "cannot be read",
    ),
    document("folded", "folds a field over a thousand lines", b"X-Long: 1\r\n" + b" and on\r\n" * 1000),
    document("bytes-over-127", "sends bytes that are no text in any charset", b"X-Odd: \xff\xfe\x80\xc3\r\n"),
    document(
        "two-types", "states two media types", b"Content-Type: text/html\r\nContent-Type: image/png\r\n"
    ),
    document("no-type", "states no media type", b""),
    Misbehaviour(
        name="type-with-nul",
        does="states a media type with NUL in it",
        answer=page(TEXT, media="text/\0html"),
        fate=Fate.NOTHING,
        rule="media",
    ),
    Misbehaviour(
        name="type-long",
        does="states a media type of 30 KB",
        answer=page(TEXT, media="text/" + "x" * 30_000),
        fate=Fate.NOTHING,
        rule="media",
    ),
    document(
        "robots-tag-60k",
        "sends an X-Robots-Tag of 60 KiB",
        b"X-Robots-Tag: " + b"noai, other-bot: noindex, " * 2300 + b"noindex\r\n",
        reserved=True,
    ),
    document("robots-tag-often", "sends 2,000 X-Robots-Tag fields", b"X-Robots-Tag: x: noai\r\n" * 2000),
    document("links-2000", "sends 2,000 licence links", b"Link: </l>; rel=license\r\n" * 2000),
    document(
        "cookies",
        "sets 800 cookies, for the parent domain as well",
        b"".join(b"Set-Cookie: c%d=1; Domain=example; Path=/; Max-Age=999999\r\n" % n for n in range(800)),
    ),
    document(
        "refresh", "sends a Refresh field", b"Refresh: 0; url=/never/refreshed\r\nContent-Type: text/html\r\n"
    ),
    document("bare-line-feeds", "mixes line ends", b"X-a: 1\nX-b: 2\r\nContent-Type: text/html\n"),
    Misbehaviour(
        name="head-flood",
        does="sends header fields for ever",
        answer=endless(OK, b"X-Flood: lapwing lapwing lapwing\r\n" * 100),
        fate=Fate.NOTHING,
        rule="unreachable",
        times=3,
    ),
    Misbehaviour(
        name="head-line-10m",
        does="sends one header line of 10 MiB",
        answer=then_close(OK + b"X-Long: " + b"x" * (10 << 20) + b"\r\n" + BODY),
        fate=Fate.NOTHING,
        rule="unreachable",
        times=3,
    ),
    Misbehaviour(
        name="head-drips",
        does="sends a header byte a second",
        answer=drip(OK, b"X"),
        fate=Fate.NOTHING,
        rule="unreachable",
        words="no whole answer",
        times=3,
    ),
    Misbehaviour(
        name="answers-twice",
        does="answers one question twice on a kept connection",
        answer=_answers_twice,
        fate=Fate.DOCUMENT,
        length=range(len(TEXT), len(TEXT) + 1),
        never=("/never/second-answer",),
    ),
    Misbehaviour(
        name="junk-behind",
        does="sends junk right behind its answer",
        answer=_junk_behind,
        fate=Fate.DOCUMENT,
        length=range(len(TEXT), len(TEXT) + 1),
    ),
)
