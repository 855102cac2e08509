"""Where in a page's text a notice about rights may stand: a few plain searches, before anything is read.

A licence is looked for everywhere, everything else only where notices stand: at both ends of the text.  Most pages
hold none of these words, and cost a search for each.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from licences.words import INVISIBLE

_EVERYWHERE = (b"licen",)
_EVERYWHERE_ACCENTED = (b"lizenz",)  # pages in German hold a letter beyond ASCII
# (a bare «train» would find every constraint, a bare «mining» whatever is being examined)
_AT_THE_ENDS = tuple(
    word.encode()
    for word in (
        "reserv", "copyright", "(c)", " train", "-train", " mining", "-mining", "scrap", "crawl", "reproduc", "use only", "cc by", "cc-by",
        "cc0", "vorbehalt", "gemeinfrei", "nachdruck", "droits", "public domain", "domaine public", "dominio p", "prohib", "untersagt", "interdi", "lizenz",
    )
)  # fmt: skip
_AT_THE_ENDS_ACCENTED = tuple(
    word.encode()
    for word in (
        "©", "entra", "fouille", "verboten", "rastre", "aspira", "entren", "inteligencia", "prohíb", "miner", "personnel", "gebrauch",
    )
)  # fmt: skip
_SIGNS = "权權转轉載転禁许許得ラ开開仅僅供必著創创署断"  # no phrase in Chinese or Japanese without one
_EAST_ASIAN = tuple(
    word.encode()
    for word in ("版权", "版權", "转载", "轉載", "転載", "许可", "許可", "授权", "授權", "ライセンス", "复制", "複製", "cc by", "cc-by")
)  # fmt: skip
_EAST_ASIAN_AT_THE_ENDS = tuple(
    word.encode()
    for word in (
        "著作", "权利", "權利", "禁止", "禁じ", "不得", "仅供", "僅供", "只供", "必究", "商用", "严禁", "嚴禁", "谢绝", "謝絕", "开放属性", "条件开放",
        "开放类型", "开放条件", "开放方式", "创用", "創用", "知识共享", "署名", "お断り",
    )
)  # fmt: skip
_HEAD, _TAIL = 1000, 3000  # bytes that are the ends
_MOST = 60  # spots looked at


def spots(text: str) -> list[int]:
    """Return where in a text a notice may stand, in order; bounded.

    >>> spots("All rights reserved.")
    [11]
    >>> spots("A walk in the hills.")
    []
    """
    data = text.encode("utf-8", "surrogatepass").lower()  # of ASCII only, which is all that the words need
    if len(data) == len(text):
        return _places(data)
    gaps: list[int] = []
    if hidden := [sign.encode() for sign in INVISIBLE if sign in text]:
        data, gaps = _behind_hidden(data, hidden)
    places = _places(data, accented=True, east_asian=any(sign in text for sign in _SIGNS))
    found = list(_in_characters(data, places))
    if not gaps:
        return found
    # each sign that was taken out is one character
    return [spot + bisect_right(gaps, place) for spot, place in zip(found, places, strict=True)]


def _places(data: bytes, *, accented: bool = False, east_asian: bool = False) -> list[int]:
    """Return the places in bytes, in order, the last ones: notices stand at the end."""
    found: list[int] = []
    tail = max(0, len(data) - _TAIL)
    ends = ((data[:_HEAD], 0), (data[tail:], tail)) if tail > _HEAD else ((data, 0),)
    _search(data, _EVERYWHERE, 0, found)
    if accented:
        _search(data, _EVERYWHERE_ACCENTED + (_EAST_ASIAN if east_asian else ()), 0, found)
    for part, start in ends:
        _search(part, _AT_THE_ENDS, start, found)
        if accented:
            _search(part, _AT_THE_ENDS_ACCENTED, start, found)
        if east_asian:
            _search(part, _EAST_ASIAN_AT_THE_ENDS, start, found)
    return sorted(set(found))[-_MOST:]


def _search(data: bytes, words: tuple[bytes, ...], start: int, found: list[int]) -> None:
    for word in words:
        at, count = data.find(word), 0
        while at >= 0 and count < _MOST:
            found.append(start + at)
            count += 1
            at = data.find(word, at + len(word))


def _behind_hidden(data: bytes, hidden: list[bytes]) -> tuple[bytes, list[int]]:
    """Return bytes without the invisible signs, and where in them a sign was taken out."""
    pieces = data.split(hidden[0]) if len(hidden) == 1 else re.split(b"|".join(hidden), data)
    gaps: list[int] = []
    size = 0
    for piece in pieces[:-1]:
        size += len(piece)
        gaps.append(size)
    return b"".join(pieces), gaps


def _in_characters(data: bytes, places: list[int]) -> Iterator[int]:
    """Yield places in bytes, given in order, as places in the text."""
    last = characters = 0
    for place in places:
        characters += len(data[last:place].decode("utf-8", "surrogatepass"))
        last = place
        yield characters
