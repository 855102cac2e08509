"""From an exchange to what observers and link extraction see: decoded body, charset, one parsed tree."""

from __future__ import annotations

import asyncio
import codecs
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from selectolax.lexbor import LexborHTMLParser

from crawler.archive.exchange import Exchange
from crawler.content_coding import decode
from crawler.parsing_cost import affordable
from crawler.wire import head_lines
from licences.representation import Representation

P = ParamSpec("P")
T = TypeVar("T")

PARSE_INLINE = 1024 * 1024  # bytes; a larger page is parsed off the event loop …
DECODE_INLINE = 128 * 1024  # … and a larger body inflated there
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_APART = ThreadPoolExecutor(1, thread_name_prefix="large-page")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PRESCAN = 1024  # bytes in which a page may name its charset (HTML Living Standard, «prescan»)
_LABELS = {
    "x-sjis": "cp932",
    "windows-874": "cp874",
    "x-gbk": "gbk",
    "x-mac-roman": "mac-roman",
    "dos-874": "cp874",
}
# What a label is read as (Encoding Standard §4.2), by the name of Python's codec.  A codec that is not here is none of
# the web's: UTF-7 hides markup, `unicode_escape` rewrites it, `punycode` takes quadratic time, `idna` raises.
_READ_AS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-16-le",
    "utf-8-sig": "utf-8",
} | {
    name: name
    for name in (
        ["utf-8", "utf-16-le", "utf-16-be", "gb18030", "big5hkscs", "cp932", "cp949", "euc_jp", "iso2022_jp"]
        + [f"cp{number}" for number in (866, 874, *range(1250, 1259))]
        + [f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)]
        + ["koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"]
    )
}


def media_type_of(headers: tuple[tuple[str, str], ...]) -> str:
    """Return the media type a response states, lower-case and without parameters; "" when it states none."""
    value = next((value for name, value in headers if name.lower() == "content-type"), "")
    return value.partition(";")[0].strip().lower()[:100]


def charset_of(body: bytes, content_type: str) -> str:
    """Return the codec a page is to be read with: mark, header, meta, else UTF-8 where it is that, else cp1252."""
    for mark, marked in _BOMS:
        if body.startswith(mark):
            return marked
    named = _CHARSET.search(content_type)
    label = named[1] if named else None
    if label is None and (found := _META_CHARSET.search(body, 0, _PRESCAN)):
        label = found[1].decode("ascii")
        if label.lower().startswith("utf-16"):  # read as ASCII until here, so it cannot be that
            label = "utf-8"
    if label is not None and (name := _codec(label)) is not None:
        return name
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _codec(label: str) -> str | None:
    """Return the codec that a charset's label stands for; None where pages are not written in it."""
    try:
        return _READ_AS.get(codecs.lookup(_LABELS.get(label.lower(), label)).name)
    except (LookupError, UnicodeError):
        return None


def _parsed(body: bytes, content_type: str) -> LexborHTMLParser:
    """Parse a page; without its byte order mark, which would put everything behind it into the page's body."""
    charset = charset_of(body, content_type)
    if charset != "utf-8":
        body = body.decode(charset, "replace").encode("utf-8", "replace")
    return LexborHTMLParser(affordable(body.removeprefix(codecs.BOM_UTF8)))


async def represent(exchange: Exchange, status: int, limit: int) -> Representation:
    """Return what observers see of an answer; HTML is parsed here, once.

    A body in a coding that cannot be undone is seen as empty, and as not parsed: nobody has read what it states.

    Args:
        exchange: as archived.
        status: of the answer.
        limit: bytes of the body after its content coding is undone.
    """
    headers = head_lines(exchange.response_head)
    codings = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    content_type = next((value for name, value in headers if name.lower() == "content-type"), "")
    body, readable = exchange.body, True
    if codings:
        undone = await _apart(len(body) > DECODE_INLINE, decode, body, codings, limit)
        body, readable = undone.body, undone.complete or bool(undone.body)
    media_type = media_type_of(headers)
    tree = None
    if readable and (media_type in HTML_TYPES or (not media_type and body[:512].lstrip()[:1] == b"<")):
        tree = await _apart(len(body) > PARSE_INLINE, _parsed, body, content_type)
    return Representation(
        url=exchange.url, status=status, headers=headers, media_type=media_type, body=body, tree=tree
    )


async def _apart(large: bool, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do some work, off the event loop where it is large: one piece at a time, for each may hold a tree of 200 MiB."""
    if not large:
        return work(*args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_APART, partial(work, *args, **kwargs))
