"""From an exchange to a parsed page: charsets, codings, size (HTML Living Standard, «encoding sniffing»)."""

from __future__ import annotations

import asyncio
import codecs
import gzip
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import representation
from crawler.archive.exchange import Exchange
from crawler.representation import PARSE_INLINE, charset_of, media_type_of, represent
from licences.representation import Representation

HTML = ("Content-Type", "text/html")


def read(body: bytes, *headers: tuple[str, str], limit: int = 50_000_000) -> Representation:
    """Return what observers see of an answer."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    now = datetime.now(UTC)
    exchange = Exchange(
        url="https://example.org/",
        method="GET",
        request_head=b"GET / HTTP/1.1\r\n\r\n",
        response_head=f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode("latin-1"),
        body=body,
        started_at=now,
        ended_at=now,
        address="127.0.0.1",
        transfer_coding=None,
        truncated=None,
    )
    return asyncio.run(represent(exchange, 200, limit))


def title(page: Representation) -> str:
    """Return the text of a page's title."""
    assert page.tree is not None
    node = page.tree.css_first("title")
    return node.text() if node is not None else ""


def titled(text: str, charset: str, meta: str = "") -> bytes:
    """Return a page in a charset."""
    return f"<!doctype html><html><head>{meta}<title>{text}</title></head></html>".encode(charset)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        pytest.param(titled("Grüße", "utf-8"), "text/html; charset=utf-8", "Grüße", id="header"),
        pytest.param(titled("Grüße", "latin-1"), "text/html; charset=ISO-8859-1", "Grüße", id="latin-1"),
        pytest.param(
            titled("“q” €", "cp1252"), "text/html; charset=latin1", "“q” €", id="latin-1 means cp1252"
        ),
        pytest.param(titled("“q”", "cp1252"), "text/html; charset=us-ascii", "“q”", id="so does ASCII"),
        pytest.param(titled("許諾", "shift_jis"), "text/html; charset=Shift_JIS", "許諾", id="Shift_JIS"),
        pytest.param(
            titled("①髙", "cp932"), "text/html; charset=x-sjis", "①髙", id="Shift_JIS means Windows-31J"
        ),
        pytest.param(titled("许可", "gb18030"), "text/html; charset=gb18030", "许可", id="GB 18030"),
        pytest.param(
            titled("許€", "gb18030"), "text/html; charset=gb2312", "許€", id="GB 2312 means GB 18030"
        ),
        pytest.param(titled("許可", "big5"), "text/html; charset=big5", "許可", id="Big5"),
        pytest.param(titled("허락", "euc_kr"), "text/html; charset=euc-kr", "허락", id="EUC-KR"),
        pytest.param(titled("Привет", "koi8-r"), "text/html; charset=koi8-r", "Привет", id="KOI8-R"),
        pytest.param(
            titled("Grüße", "utf-16-le"), "text/html; charset=utf-16", "Grüße", id="UTF-16 by header"
        ),
        pytest.param(titled("Grüße", "utf-8"), 'text/html; charset="utf-8"', "Grüße", id="in quotes"),
        pytest.param(
            titled("许可", "gb18030", '<meta charset="gbk">'), "text/html", "许可", id="meta charset"
        ),
        pytest.param(
            titled("許諾", "euc_jp", "<meta http-equiv=Content-Type content='text/html; charset=euc-jp'>"),
            "text/html",
            "許諾",
            id="meta http-equiv",
        ),
        pytest.param(
            titled("Grüße", "utf-8", '<meta charset="utf-16">'),
            "text/html",
            "Grüße",
            id="a meta that cannot be",
        ),
        pytest.param(
            titled("Grüße", "utf-8", "<meta charset=latin1>"),
            "text/html; charset=utf-8",
            "Grüße",
            id="header first",
        ),
        pytest.param(
            codecs.BOM_UTF8 + titled("Grüße", "utf-8"), "text/html; charset=latin1", "Grüße", id="a mark"
        ),
        pytest.param(
            codecs.BOM_UTF16_LE + titled("Grüße", "utf-16-le"),
            "text/html; charset=utf-8",
            "Grüße",
            id="UTF-16 LE mark",
        ),
        pytest.param(
            codecs.BOM_UTF16_BE + titled("Grüße", "utf-16-be"), "text/html", "Grüße", id="UTF-16 BE mark"
        ),
        pytest.param(titled("Grüße", "utf-8"), "text/html", "Grüße", id="nothing said: UTF-8 where it is"),
        pytest.param(
            titled("Grüße", "latin-1"), "text/html", "Grüße", id="nothing said: cp1252 where it is not"
        ),
        pytest.param(titled("Grüße", "utf-8"), "text/html; charset=klingon", "Grüße", id="an unknown label"),
    ],
)
def test_a_page_is_read_in_its_charset(body: bytes, content_type: str, text: str) -> None:
    """Mark, then header, then meta, then a guess."""
    assert title(read(body, ("Content-Type", content_type))) == text


@pytest.mark.parametrize(
    "label",
    [
        "utf-7",
        "unicode_escape",
        "raw_unicode_escape",
        "punycode",
        "idna",
        "undefined",
        "rot13",
        "base64",
        "zlib",
        "hz",
    ],
)
def test_pythons_own_codecs_are_none_of_the_webs(label: str) -> None:
    """They would run escapes over a page, raise, or take quadratic time."""
    page = read(titled(r"+ADw- \u003c 1", "ascii"), ("Content-Type", f"text/html; charset={label}"))
    assert title(page) == r"+ADw- \u003c 1"


def test_a_label_that_lies_costs_characters_not_the_page() -> None:
    page = read(titled("Grüße", "latin-1"), ("Content-Type", "text/html; charset=utf-8"))
    assert title(page).startswith("Gr")


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE], ids=["UTF-8", "UTF-16"])
def test_a_byte_order_mark_stays_out_of_the_tree(mark: bytes) -> None:
    """Else the head's statements would stand in the body."""
    charset = "utf-8" if mark == codecs.BOM_UTF8 else "utf-16-le"
    page = read(mark + "<meta name=robots content=noindex><p>x".encode(charset), HTML)
    assert page.tree is not None
    assert page.tree.css_first("head > meta") is not None


@given(st.binary(max_size=200), st.text(alphabet="abcdefuts-_0123456789=;\" '.:/", max_size=40))
def test_whatever_is_claimed_a_codec_comes_of_it(body: bytes, content_type: str) -> None:
    body.decode(charset_of(body, content_type), "replace")


@pytest.mark.parametrize(
    ("headers", "body", "parsed"),
    [
        pytest.param([HTML], b"<p>x", True, id="HTML"),
        pytest.param([("content-type", "Application/XHTML+XML")], b"<p>x", True, id="XHTML, in odd case"),
        pytest.param([], b"\n <!doctype html>", True, id="nothing stated, but it looks like it"),
        pytest.param([], b"hello", False, id="nothing stated, and it does not"),
        pytest.param([("Content-Type", "text/plain")], b"<p>x", False, id="text is text"),
        pytest.param([("Content-Type", "text/plain"), HTML], b"<p>x", False, id="the first of two types"),
        pytest.param([HTML, ("Content-Encoding", "br")], b"<p>x", False, id="a coding that cannot be undone"),
        pytest.param([HTML, ("Content-Encoding", "gzip")], b"<p>x", False, id="a coding that is not there"),
        pytest.param([HTML, ("Content-Encoding", "gzip")], gzip.compress(b"<p>x"), True, id="gzip"),
        pytest.param(
            [HTML, ("Content-Encoding", "gzip"), ("content-encoding", "gzip")],
            gzip.compress(gzip.compress(b"<p>x")),
            True,
            id="two fields are one list",
        ),
    ],
)
def test_what_is_html_and_readable_is_parsed(
    headers: list[tuple[str, str]], body: bytes, *, parsed: bool
) -> None:
    """Where nobody could read the page, nobody says that it was read: the rights set would claim silence."""
    page = read(body, *headers)
    assert (page.tree is not None) is parsed
    assert page.headers == tuple(headers)
    if parsed and body != b"\n <!doctype html>":
        assert page.body == b"<p>x"


def test_a_media_type_is_what_the_first_header_says() -> None:
    assert (
        media_type_of((("X", "1"), ("CONTENT-TYPE", " Text/HTML ; charset=x"), ("Content-Type", "b")))
        == "text/html"
    )
    assert media_type_of(()) == ""


@pytest.mark.parametrize(
    ("size", "apart"),
    [
        pytest.param(PARSE_INLINE - 100, False, id="below 1 MiB"),
        pytest.param(PARSE_INLINE + 1, True, id="decision 9: above 1 MiB"),
    ],
)
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_large_page_is_parsed_off_the_event_loop(
    monkeypatch: pytest.MonkeyPatch, coding: str, size: int, *, apart: bool
) -> None:
    threads: list[bool] = []
    parse = representation._parsed

    def noted(body: bytes, content_type: str) -> object:
        threads.append(threading.current_thread() is not threading.main_thread())
        return parse(body, content_type)

    monkeypatch.setattr(representation, "_parsed", noted)
    body = b"<p>" + b"x" * (size - 3)
    read(gzip.compress(body) if coding else body, HTML, ("Content-Encoding", coding))
    assert threads == [apart]


def test_a_bomb_becomes_no_more_than_the_limit() -> None:
    page = read(
        gzip.compress(b"<p>" + bytes(20_000_000)), HTML, ("Content-Encoding", "gzip"), limit=1_000_000
    )
    assert len(page.body) == 1_000_000
    assert page.tree is not None
