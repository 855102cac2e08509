"""The text of a robots.txt: bytes decoded, cut at the limit, split into numbered lines (RFC 9309 §2.2, §2.5)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

LIMIT = 512 * 1024  # bytes read, after content decoding; RFC 9309 §2.5 asks for 500 KiB at least

_LINE_END = re.compile(r"\r\n|\r|\n")  # nothing else: U+2028 or a form feed does not end a line
_MARKS = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PLATFORM_MARK = re.compile(r"\s*#\s*(begin|end) cloudflare managed content\s*", re.IGNORECASE)
_BLANK = " \t\v\f\0"  # NUL bytes are no reason to miss a rule


class RobotsFlag(StrEnum):
    """What a reviewer should know about a robots.txt."""

    TRUNCATED = "truncated"  # longer than the limit: cut at the last complete line
    UTF_16_OR_32 = "utf_16_or_32"  # not UTF-8, but its byte order mark says how to read it
    NUL_BYTES = "nul_bytes"  # unreadable: no mark, yet NUL bytes
    NOT_UTF_8 = "not_utf_8"  # some bytes are no UTF-8; they match as the octets they are
    WRONG_TYPE = "wrong_type"  # HTML, without any line that we know


class Line(NamedTuple):  # a tuple, because half a megabyte may hold a hundred thousand of them
    """One line that has a field."""

    number: int  # from 1
    text: str  # verbatim, without its end
    field: str  # lower-case
    value: str  # without comment and surrounding blanks


def decode(body: bytes) -> tuple[str, frozenset[RobotsFlag]]:
    """Return the text and what was odd about its bytes.  Bytes that are no UTF-8 become lone surrogates."""
    flags = set()
    if len(body) >= LIMIT:  # a reader that stopped at the limit hands over exactly that much
        flags.add(RobotsFlag.TRUNCATED)
        body = body[:LIMIT]
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    if encoding is not None:
        flags.add(RobotsFlag.UTF_16_OR_32)
        text = body.decode(encoding, "replace")
    else:
        if b"\0" in body:
            flags.add(RobotsFlag.NUL_BYTES)
        text = body.decode("utf-8", "surrogateescape")
        if not text.isascii() and re.search("[\udc80-\udcff]", text):
            flags.add(RobotsFlag.NOT_UTF_8)
    if RobotsFlag.TRUNCATED in flags:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    return text.removeprefix("\ufeff"), frozenset(flags)


def printable(text: str) -> str:
    """Return a line as evidence can keep it: bytes that are no UTF-8 show as U+FFFD, NUL bytes too."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "\ufffd")


def lines(text: str) -> Iterator[Line]:
    """Yield the lines with a field and a colon; comments, blank lines and prose are passed over."""
    for number, line in enumerate(_LINE_END.split(text), start=1):
        name, colon, value = (line if "#" not in line else line[: line.index("#")]).partition(":")
        if colon:
            yield Line(number, line, name.strip(_BLANK).lower(), value.strip(_BLANK))


def platform_lines(text: str) -> frozenset[int]:
    """Return the numbers of the lines that a platform wrote: from its mark that begins to the one that ends.

    Without an end they run to the end of the file.
    """
    if "cloudflare managed content" not in text.casefold():
        return frozenset()
    found: set[int] = set()
    within = False
    for number, line in enumerate(_LINE_END.split(text), start=1):
        mark = _PLATFORM_MARK.fullmatch(line)
        within = mark[1].lower() == "begin" if mark else within
        if within:
            found.add(number)
    return frozenset(found)
