"""Text files of a host, line by line: numbered as people count them, however the lines end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from licences.observation import RAW_LIMIT
from licences.robots.text import LIMIT, decode, printable

__all__ = ["LIMIT", "MOST_LINES", "is_cut", "place", "text_lines"]

MOST_LINES = 20_000  # looked at
_LINES_SHOWN = 40
_LINE_END = re.compile(r"\r\n|\r|\n")


def text_lines(body: bytes, *, truncated: bool) -> list[str]:
    """Return the lines of a file, at most `MOST_LINES`; the last line of a file that was cut is left out."""
    text, _ = decode(body)
    lines = _LINE_END.split(text, maxsplit=MOST_LINES)
    if (truncated and len(body) < LIMIT) or len(lines) > MOST_LINES:
        lines.pop()
    return lines


def is_cut(body: bytes, *, truncated: bool) -> bool:
    """Tell whether `text_lines` leaves something of a file unread."""
    return truncated or len(body) >= LIMIT or len(_LINE_END.findall(decode(body)[0])) >= MOST_LINES


def place(numbered: Iterable[tuple[int, str]]) -> tuple[str, str]:
    """Return the locator of some lines (counted from 1) and their raw text."""
    shown = list(islice(numbered, _LINES_SHOWN))
    locator = ", ".join(f"line {number}" for number, _ in shown)
    return locator, "\n".join(printable(text) for _, text in shown)[:RAW_LIMIT]
