"""Creative Commons licences named in words, in six languages: «Attribution-ShareAlike 4.0 International».

A name is resolved only with its version.  Every element between the mark and the version is kept, and what cannot be
read in between makes the name unresolved: a restriction is never lost by not understanding it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from licences.creativecommons import Deed, deed_of, read_deed, table
from licences.words import fold

_MARK = re.compile(
    r"creative[ -]commons|(?<![a-z])cc(?![a-z])|知识共享|知識共享|[创創]用 ?cc|クリエイティブ ?・? ?コモンズ ?・?"
)
_ZERO = re.compile(
    r"(?:(?<![a-z])cc[ -]?(?:0|zero)|creative commons (?:public domain dedication )?(?:zero|0|cc0))(?![a-z])"
    r"(?P<rest>[^.;。]{0,24}?\b1\.0)?"
)
_PUBLIC_DOMAIN_MARK = re.compile(r"public domain mark(?: ?\(pdm\))?(?P<rest> 1\.0)?")
_SEPARATORS = re.compile(r"(?:[\s\-/|;*•,·:・()\[\]「」『』《》“”„\"'&+_]|(?:and|und|et|y|e)(?= ))*")
_FILLING = re.compile(
    r"(?:public |content )?licen[cs](?:e|es|ia)(?![a-z])|lizenz(?![a-z])|ライセンス|(?:公共)?许可(?:协议|证)?|授權條款|授权(?:条款|协议)?"
    r"|授權|版权协议|version|v(?=\.? ?\d)|\.(?= ?\d)|版本?|international|internacional|unported|generic|intl|国际|國際"
)
_VERSION = re.compile(r"(?P<version>\d\.\d)(?![\d.]\d)")
_NO_PORT = re.compile(
    r"[\s,()\-]*(?:international|internacional|unported|generic|intl|国际|國際|未本地化|通用|non transpos|no portad|licen[cs]|lizenz)"
)
_LONGEST = 160  # characters of a name


class CreativeCommonsName(NamedTuple):
    """A Creative Commons licence that a text names."""

    start: int
    end: int
    deed: Deed | None  # None: no version, or a name that could not be read to its end


def creativecommons_names(text: str) -> Iterator[CreativeCommonsName]:
    """Yield the licences that a text names, in order.

    Args:
        text: folded, with single blanks.
    """
    last = 0
    for pattern, url in ((_ZERO, "zero/1.0/"), (_PUBLIC_DOMAIN_MARK, "mark/1.0/")):
        for found in pattern.finditer(text):
            deed = read_deed(f"https://creativecommons.org/publicdomain/{url}") if found["rest"] else None
            yield CreativeCommonsName(found.start(), found.end(), deed)
    for found in _MARK.finditer(text):
        if found.start() < last or _ZERO.match(text, found.start()):
            continue
        end, elements, version = _parts(text, found.end())
        if elements or version:
            last = end
            yield CreativeCommonsName(found.start(), end, _deed(elements, version, text[end : end + 40]))
        else:
            yield CreativeCommonsName(found.start(), found.end(), None)


def _parts(text: str, at: int) -> tuple[int, frozenset[str], str | None]:
    """Return where a name ends, its elements and its version, as far as it can be read without a gap."""
    elements: set[str] = set()
    version: str | None = None
    end, limit = at, at + _LONGEST
    while at < limit:
        skipped = _SEPARATORS.match(text, at)
        at = skipped.end() if skipped else at
        if found := _elements().match(text, at):
            elements.add(_element_of(found[0]))
        elif version is None and (found := _VERSION.match(text, at)):
            version = found["version"]
        elif found := _FILLING.match(text, at):
            at = found.end()
            continue
        else:
            break
        end = at = found.end()
    return end, frozenset(elements), version


def _deed(elements: frozenset[str], version: str | None, behind: str) -> Deed | None:
    if version is None or "by" not in elements or {"nd", "sa"} <= elements:
        return None
    unit = "-".join(part for part in ("by", "nc", "nd", "sa") if part in elements)
    deed = deed_of(unit, version, _port(behind))
    return deed if deed.unit else None


def _port(behind: str) -> str:
    """Return the jurisdiction written behind a version, "" when there is none."""
    if _NO_PORT.match(behind):
        return ""
    if found := _ports().match(behind):
        return _port_of()[found[1]]
    code = re.match(r"(?:[-/]([a-z]{2,8})\b|\s([a-z]{2})(?=$|[).,;]))", behind)
    written = (code[1] or code[2]) if code else ""
    return written if written in _port_of().values() else ""


@cache
def _elements() -> re.Pattern[str]:
    words = sorted(
        (fold(word) for words in table()["elements"].values() for word in words), key=len, reverse=True
    )
    return re.compile(
        "|".join(re.escape(word) + (r"(?![a-z])" if word[-1].isascii() else "") for word in words)
    )


@cache
def _element_of(word: str) -> str:
    rows: dict[str, list[str]] = table()["elements"]
    return next(name for name, words in rows.items() if word in map(fold, words))


@cache
def _port_of() -> dict[str, str]:
    return {fold(name): port for port, names in table()["port_names"].items() for name in names}


@cache
def _ports() -> re.Pattern[str]:
    names = sorted(_port_of(), key=len, reverse=True)
    return re.compile(r"[\s,()\-]*(" + "|".join(map(re.escape, names)) + r")(?![a-z])")
