"""Misbehaviours of status lines and interim answers."""

from __future__ import annotations

from doings import TEXT, endless, no_answer, then_hold
from hostile_server import page
from misbehaviour import Fate, Misbehaviour, by_name

STATUS_LINES = by_name(
    Misbehaviour(
        name="status-099",
        does="answers with the status 099",
        answer=page(TEXT, status="099 Too Early For Numbers"),
        fate=Fate.NOTHING,
        rule="unreachable",
        words="is no final status",
        times=3,
    ),
    Misbehaviour(
        name="status-999",
        does="answers with the status 999",
        answer=page(TEXT, status="999 Request denied"),
        fate=Fate.FAILURE,
    ),
    Misbehaviour(
        name="status-huge",
        does="answers with a status of twenty digits",
        answer=page(TEXT, status="20000000000000000000 OK"),
        fate=Fate.NOTHING,
        rule="unreachable",
        words="is no final status",
        times=3,
    ),
    Misbehaviour(
        name="status-negative",
        does="answers with the status -1",
        answer=page(TEXT, status="-1 OK"),
        fate=Fate.NOTHING,
        rule="unreachable",
        words="is no final status",
        times=3,
    ),
    no_answer("status-abc", "answers with the status abc", page(TEXT, status="abc OK"), "non-integer status"),
    no_answer("http-0.9", "answers as in 1991: the page, no head", TEXT + b"\n<p>more"),
    no_answer(
        "http-2-preface",
        "answers with the preface of HTTP/2",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "non-integer status",
    ),
    no_answer(
        "http-2-frames", "answers with frames of HTTP/2", b"\0\0\x0c\x04" + bytes(5) + b"\0\x03\0\0\0\x64" * 2
    ),
    no_answer("status-line-only-spaces", "answers with a status line of spaces", b"   \r\n\r\n"),
    Misbehaviour(
        name="status-204-with-body",
        does="answers 204 with a body, which begins like another answer",
        answer=b"HTTP/1.1 204 No Content\r\nContent-Length: 90\r\n\r\n"
        + page(b"<a href=/never/smuggled>no</a>"),
        fate=Fate.DOCUMENT,
        length=range(1),
        never=("/never/smuggled",),
    ),
    Misbehaviour(
        name="status-304-unasked",
        does="answers 304 to a question without conditions",
        answer=b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',
        fate=Fate.FAILURE,
        length=range(1),
    ),
    Misbehaviour(
        name="status-401-basic",
        does="asks for a password",
        answer=page(TEXT, 'WWW-Authenticate: Basic realm="\\"><script>"', status="401 Unauthorized"),
        fate=Fate.FAILURE,
        rule="site.http-401",
        words="401 Unauthorized",
        length=range(1),
    ),
)

INTERIM = by_name(
    Misbehaviour(
        name="early-hints",
        does="sends 103 Early Hints with a link before the answer",
        answer=b"HTTP/1.1 103 Early Hints\r\nLink: </never/hinted>; rel=preload\r\n\r\n" + page(TEXT),
        fate=Fate.DOCUMENT,
        length=range(len(TEXT), len(TEXT) + 1),
        never=("/never/hinted",),
    ),
    Misbehaviour(
        name="continue-some",
        does="sends a hundred times 100 Continue before the answer",
        answer=b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + page(TEXT),
        fate=Fate.DOCUMENT,
        length=range(len(TEXT), len(TEXT) + 1),
    ),
    Misbehaviour(
        name="continue-flood",
        does="sends 100 Continue for ever",
        answer=endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500),
        fate=Fate.NOTHING,
        rule="unreachable",
        times=3,
    ),
    Misbehaviour(
        name="switching-protocols",
        does="says 101 and speaks WebSocket from there on",
        answer=then_hold(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"),
        fate=Fate.NOTHING,
        rule="unreachable",
        words="no whole answer",
        times=3,
    ),
)
