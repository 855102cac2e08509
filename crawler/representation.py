"""From an exchange to what observers and link extraction see: decoded body, charset, one parsed tree."""

from __future__ import annotations

import asyncio
import codecs
import re

from selectolax.lexbor import LexborHTMLParser

from crawler.archive.exchange import Exchange
from crawler.content_coding import decode
from crawler.wire import head_lines
from licences.representation import Representation

PARSE_INLINE = 1024 * 1024  # bytes; a larger page is parsed off the event loop
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PRESCAN = 1024  # bytes in which a page may name its charset (HTML Living Standard, «prescan»)
# A page that claims latin-1 means this one (Encoding Standard).
_WEB_NAMES = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "windows-874": "cp874",
}
# What a page may ask to be read as: the Encoding Standard's encodings by their Python names.  Python has more codecs,
# and a page may not choose among them: Punycode takes quadratic time, ``idna`` raises, ``unicode_escape`` runs escapes.
_CODECS = frozenset(
    "utf-8 utf-16 utf-16-le utf-16-be gbk gb2312 gb18030 hz big5 big5hkscs euc_jp iso2022_jp shift_jis cp932 euc_kr "
    "cp949 koi8-r koi8-u mac-roman mac-cyrillic cp866 cp874 tis-620 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 "
    "cp1257 cp1258 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 "
    "iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16".split()
)


def media_type_of(headers: tuple[tuple[str, str], ...]) -> str:
    """Return the media type a response states, lower-case and without parameters; "" when it states none."""
    value = next((value for name, value in headers if name.lower() == "content-type"), "")
    return value.partition(";")[0].strip().lower()[:100]


def charset_of(body: bytes, content_type: str) -> str:
    """Return the codec a page is to be read with: mark, header, meta, else UTF-8 where it is that, else cp1252."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return name
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
    """Return the codec of a charset's label; None where pages are not written in it."""
    try:
        name = codecs.lookup(_WEB_NAMES.get(label.lower(), label)).name
    except (LookupError, UnicodeError):
        return None
    return name if name in _CODECS else None


def _parsed(body: bytes, content_type: str) -> LexborHTMLParser:
    charset = charset_of(body, content_type)
    if charset == "utf-8":
        return LexborHTMLParser(body)
    return LexborHTMLParser(body.decode(charset, "replace"))


async def represent(exchange: Exchange, status: int, limit: int) -> Representation:
    """Return what observers see of an answer; HTML is parsed here, once.

    Args:
        exchange: as archived.
        status: of the answer.
        limit: bytes of the body after its content coding is undone.
    """
    headers = head_lines(exchange.response_head)
    fields = {name.lower(): value for name, value in headers}
    body = exchange.body
    if coding := fields.get("content-encoding", ""):
        body = decode(body, coding, limit).body
    media_type = media_type_of(headers)
    tree = None
    if media_type in HTML_TYPES or (not media_type and body[:512].lstrip()[:1] == b"<"):
        content_type = fields.get("content-type", "")
        inline = len(body) <= PARSE_INLINE
        tree = _parsed(body, content_type) if inline else await asyncio.to_thread(_parsed, body, content_type)
    return Representation(
        url=exchange.url, status=status, headers=headers, media_type=media_type, body=body, tree=tree
    )
