"""Licences that are neither Creative Commons nor GNU ones, by address and by name: ``known.toml`` lists them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from licences.gnu import gnu_licence_at
from licences.vocabulary import ConditionType, LegalEffect, Verdict

_EXTENSIONS = re.compile(r"(?:\.(?:[a-z]{2}(?:-[a-z]{2})?\.)?(?:html?|pdf|txt|md|php|aspx?|do))?/*$")
_GNU_PAGES = {"GPL": "gpl", "LGPL": "lgpl", "AGPL": "agpl", "GFDL": "fdl"}
_GNU_LIKE = {"GPL": "GPL-3.0-only", "LGPL": "LGPL-3.0-only", "AGPL": "AGPL-3.0-only", "GFDL": "GFDL-1.3-only"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A licence that we know: an SPDX identifier, or an address with conditions of its own."""

    spdx: str | None = None
    like: str | None = None  # the address names no version: whose conditions it has
    url: str | None = None  # its name where SPDX has none
    verdict: Verdict = Verdict.CONDITIONAL
    effect: LegalEffect = LegalEffect.LICENCE_GRANT
    conditions: tuple[ConditionType, ...] = ()
    confidence: float = 1.0
    note: str | None = None


class KnownName(NamedTuple):
    """A licence that a text names."""

    start: int
    end: int
    licence: Known


def known_at(url: str) -> Known | None:
    """Return the licence that an address names, None when it names none that we know.

    >>> known_at("http://www.opendatacommons.org/licenses/odbl/1-0/").spdx
    'ODbL-1.0'
    >>> known_at("https://www.gnu.org/licenses/gpl-2.0.html").spdx
    'GPL-2.0-only'
    >>> known_at("https://evil.example/www.gnu.org/licenses/gpl-2.0.html") is None
    True
    """
    try:
        parts = urlsplit(url.strip())
        plain = parts.port is None and "@" not in parts.netloc
    except ValueError:
        return None
    if not plain or parts.scheme not in {"", "http", "https"} or not parts.hostname:
        return None
    host, path = parts.hostname.removeprefix("www."), unquote(parts.path).lower()
    if (gnu := gnu_licence_at(host, path)) is not None:
        family, spdx = gnu
        page = f"https://www.gnu.org/licenses/{_GNU_PAGES[family]}.html"
        return Known(spdx=spdx) if spdx else Known(like=_GNU_LIKE[family], url=page)
    exact, below = _addresses()
    key = _EXTENSIONS.sub("", host + path)
    return exact.get(key) or next((found for start, found in below if key.startswith(start)), None)


def known_names(text: str) -> Iterator[KnownName]:
    """Yield the licences that a text names with their versions, in order.

    Args:
        text: in lower case with single blanks.
    """
    if not any(word in text for word in _HINTS):
        return
    for found in _names().finditer(text):
        yield KnownName(found.start(), found.end(), _listed()[int(str(found.lastgroup)[1:])])


_HINTS = (  # one of them stands in every name
    "government", "ouverte", "etalab", "datenlizenz", "dl-de", "norwegian", "norsk", "nlod", "open data", "iodl", "database",
    "odbl", "odc-", "pddl", "public domain dedication", "data licen", "cdla", "of data", "-uda", "kogl", "公共データ", "공공누리", "政府",
    "pdl", "ogl", "apache", "mit licen", "python software", "psf", "bsd", "mozilla", "union public", "eupl",
)  # fmt: skip


@cache
def _rows() -> list[dict[str, object]]:
    data = tomllib.loads(files("licences").joinpath("known.toml").read_text(encoding="utf-8"))
    rows: list[dict[str, object]] = data["licence"]
    return rows


@cache
def _listed() -> tuple[Known, ...]:
    return tuple(_known(row) for row in _rows())


def _known(row: dict[str, object]) -> Known:
    asked = row.get("conditions", [])
    return Known(
        spdx=_text(row, "id"),
        like=_text(row, "like"),
        url=_text(row, "url"),
        verdict=Verdict(_text(row, "verdict") or "conditional"),
        effect=LegalEffect(_text(row, "effect") or "licence_grant"),
        conditions=tuple(map(ConditionType, asked if isinstance(asked, list) else ())),
        confidence=float(str(row.get("confidence", 1.0))),
        note=_text(row, "note"),
    )


def _text(row: dict[str, object], name: str) -> str | None:
    return str(row[name]) if name in row else None


def _several(row: dict[str, object], name: str) -> list[str]:
    value = row.get(name, [])
    return value if isinstance(value, list) else []


@cache
def _addresses() -> tuple[dict[str, Known], tuple[tuple[str, Known], ...]]:
    pairs = [
        (key, known) for row, known in zip(_rows(), _listed(), strict=True) for key in _several(row, "urls")
    ]
    exact = {key: known for key, known in pairs if not key.endswith("*")}
    return exact, tuple((key[:-1], known) for key, known in pairs if key.endswith("*"))


@cache
def _names() -> re.Pattern[str]:
    groups = [
        f"(?P<n{index}>{'|'.join(names)})"
        for index, row in enumerate(_rows())
        if (names := _several(row, "names"))
    ]
    return re.compile("|".join(groups))
