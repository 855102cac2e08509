"""The words of ``X-Robots-Tag`` and robots meta elements: cut into directives, each with its addressee.

An agent prefix holds until the next one or the end of the line; dates contain commas and colons.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from licences.observation import encodable

LONGEST = 8192  # characters of a value that are read
_WORD = 100  # characters of a name or a date that are kept

VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
WEIGHTLESS = frozenset(
    {"all", "index", "follow", "archive", "snippet", "imageindex", "cache", "translate", "noodp", "noydir"}
)
RESTRICTIVE = frozenset(
    {
        "disallowaitraining",
        "noai",
        "noarchive",
        "nocache",
        "nofollow",
        "noimageai",
        "noimageindex",
        "noindex",
        "noml",
        "none",
        "nosnippet",
        "notranslate",
    }
)
_KNOWN = VALUED | WEIGHTLESS | RESTRICTIVE
_NAMED = re.compile(r"([A-Za-z_*][^\s:,;=]*)\s*:\s*(.*)", re.DOTALL)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


class Directive(NamedTuple):
    """One directive as it stands in a value."""

    agent: str | None  # as written; None: addressed to all
    name: str  # lower-case
    value: str  # of a directive that takes one, else ""
    lenient: bool  # separated by blanks where a comma belongs


def read_directives(text: str, *, prefixes: bool) -> Iterator[Directive]:
    """Yield the directives of one value in order; empty pieces are passed over.

    Args:
        text: one header line's value or one meta element's content.
        prefixes: whether words before a colon name an agent, as they do in the header.
    """
    agent: str | None = None
    pieces = re.split(r"[,;]", _plain(text[:LONGEST]))
    while pieces:
        piece = pieces.pop(0).strip()
        while (named := _NAMED.fullmatch(piece)) and prefixes and named[1].lower() not in VALUED:
            agent, piece = encodable(named[1][:_WORD]), named[2].strip()
        if named and named[1].lower() in VALUED:
            value = named[2].strip()
            if named[1].lower() == "unavailable_after":
                while pieces and not _begins_anew(pieces[0]):
                    value += "," + pieces.pop(0)
            yield Directive(agent, named[1].lower(), encodable(value.strip()[:_WORD]), lenient=False)
        elif piece.lower() in _KNOWN or not piece or not set(piece.lower().split()) <= _KNOWN:
            if piece:
                yield Directive(agent, piece.lower()[:_WORD], "", lenient=False)
        else:
            for word in piece.lower().split():
                yield Directive(agent, word, "", lenient=True)


def _begins_anew(piece: str) -> bool:
    """Tell whether a piece is no longer part of a date."""
    piece = piece.strip()
    return bool(_NAMED.fullmatch(piece)) or piece.lower() in _KNOWN


def _plain(text: str) -> str:
    return text if text.isascii() else _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
