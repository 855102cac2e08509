"""GNU licences by address and by notice: ``only`` and ``or-later`` are two licences and stay so.

An address names one text and nothing says that later ones may be used instead, so it is read as ``only``: that
never widens.  A notice is ``or-later`` only in so many words.  An address or a name without a version is no licence
that could be told; its address stays its name.

Source: SPDX identifiers of the GNU family; the notices of GPL-2.0 and GPL-3.0 («How to Apply These Terms») and of
GFDL-1.3 (addendum).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_VERSIONS = {
    "GPL": ("1.0", "2.0", "3.0"),
    "LGPL": ("2.0", "2.1", "3.0"),
    "AGPL": ("1.0", "3.0"),
    "GFDL": ("1.1", "1.2", "1.3"),
}
_FAMILIES = {"gpl": "GPL", "lgpl": "LGPL", "agpl": "AGPL", "fdl": "GFDL"}
_PATH = re.compile(
    r"/(?:licenses|copyleft)/(?:old-licenses/)?(?P<family>a?l?gpl|fdl)(?:-(?P<version>\d\.\d))?(?:[.-][a-z.-]*)?/*"
)
_LATER = (
    r"or ?,? ?\(? ?(?:at your option ?\)?,? )?(?:any|some) (?:later|newer)|\bor (?:any )?later\b|-or-later|\bor newer\b"
    r"|oder.{0,40}sp(?:a|ä|ae)ter|ou.{0,40}(?:ult[ée]rieure|post[ée]rieure)|o.{0,40}versi[oó]n(?:es)? posterior"
    r"|或.{0,16}(?:更新|更高|之后|之後|以后|以後|后续|後續|最新)(?:的)?(?:版|任何)|(?:または|もしくは|あるいは|か)?それ以降"
)
_NAMED = re.compile(
    r"(?:gnu )?(?:(?P<kind>lesser|library|affero) )?general public licen[cs]e"
    r"|(?P<fdl>(?:gnu )?free documentation licen[cs]e|gnu[- ]?自由文[档檔件](?:许可[证證]|許可[证證])|\bgfdl\b|\bfdl\b(?=[ -]?v?\d))"
    r"|\b(?:gnu )?(?P<short>a?l?gpl)(?=\b|v\d|\d)"
)
_NUMBER = re.compile(
    r"(?:版本 ?|第 ?|バージョン ?|v(?:er(?:sion|sión)?)?\.? ?|licen[cs]e,? |[- ])(?P<number>[1-3](?:\.[0-3])?)(?P<plus>\+)?(?![\d.]*\d)"
)
_AHEAD = 260  # characters behind the name in which its version stands
_NO_INVARIANTS = re.compile(r"no invariant sections?|without (?:any )?invariant sections?")
_INVARIANTS = re.compile(r"invariant sections? (?:being|are|list)|the invariant sections?")


class GnuName(NamedTuple):
    """A GNU licence that a text names."""

    start: int
    end: int
    spdx: str | None  # None: without a version, or with one that was never published


def gnu_licence_at(host: str, path: str) -> tuple[str, str | None] | None:
    """Return family ("GFDL") and SPDX identifier of an address at gnu.org; None when it is no licence's.

    Args:
        host: in lower case, without «www.».
        path: in lower case.

    >>> gnu_licence_at("gnu.org", "/licenses/old-licenses/gpl-2.0.html")
    ('GPL', 'GPL-2.0-only')
    >>> gnu_licence_at("gnu.org", "/copyleft/fdl.html")
    ('GFDL', None)
    """
    if host != "gnu.org" or not (found := _PATH.fullmatch(path)):
        return None
    if (family := _FAMILIES.get(found["family"])) is None:
        return None
    version = found["version"]
    if version is None:
        return family, None
    return (family, f"{family}-{version}-only") if version in _VERSIONS[family] else None


def gnu_licences_named(text: str) -> Iterator[GnuName]:
    """Yield the GNU licences that a sentence names, with their versions.

    Args:
        text: one sentence in lower case with single blanks.
    """
    names = list(_NAMED.finditer(text))
    for index, found in enumerate(names):
        until = names[index + 1].start() if index + 1 < len(names) else len(text)
        behind = text[found.end() : min(until, found.end() + _AHEAD)]
        number = _NUMBER.search(behind) or _NUMBER.match(text[found.end() - 1 : until])
        spdx = _spdx(_family(found), number, behind) if number else None
        yield GnuName(found.start(), found.end() + (number.end() if number else 0), spdx)


def _family(found: re.Match[str]) -> str:
    if found["fdl"]:
        return "GFDL"
    if found["short"]:
        return _FAMILIES.get(found["short"], "GPL")
    return {"lesser": "LGPL", "library": "LGPL", "affero": "AGPL"}.get(found["kind"] or "", "GPL")


def _spdx(family: str, number: re.Match[str], behind: str) -> str | None:
    version = number["number"] if "." in number["number"] else f"{number['number']}.0"
    if version not in _VERSIONS[family]:
        return None
    later = bool(number["plus"]) or bool(re.search(_LATER, behind[number.start() :]))
    end = "or-later" if later else "only"
    if family != "GFDL":
        return f"{family}-{version}-{end}"
    if _NO_INVARIANTS.search(behind):
        return f"GFDL-{version}-no-invariants-{end}"
    return f"GFDL-{version}-invariants-{end}" if _INVARIANTS.search(behind) else f"GFDL-{version}-{end}"
