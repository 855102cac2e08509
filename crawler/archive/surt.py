r"""The key that replay tools sort and look URLs up by: Sort-friendly URI Reordering Transform (SURT).

Two URLs that the Wayback family of tools takes for one have one key: host reversed and without "www.", letters
lowered, escapes undone and done again once, session ids and trailing slashes gone, query arguments sorted.
The rules are those of the Internet Archive's canonicaliser (pywb, OpenWayback); a key of other rules is never found.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

_UNESCAPED = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"  # besides letters and digits
_PARTS = re.compile(r"([^:]*://[^/?#]*)([^?#]*)\??([^#]*)(?:#.*)?", re.DOTALL)
_NORMAL = re.compile(
    r"(?:/(?!\.)[A-Za-z0-9._~!$&'()*+,;=:@-]+)+/?|/"
)  # a path that is so already but for its case
_PLAIN = re.compile(r"[A-Za-z0-9!\"$&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]*")
_WWW = re.compile(r"^www\d*\.")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PATH_SESSIONS = (
    re.compile(r"^(.*/)(?:\((?:[a-z]\([0-9a-z]{24}\))+\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
    re.compile(r"^(.*/)(?:\([0-9a-z]{24}\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
)
_QUERY_SESSIONS = tuple(
    re.compile(rf"^(.*)(?:{session})(?:&(.*))?$", re.IGNORECASE)
    for session in (
        "jsessionid=[0-9a-z]{32}",
        "phpsessid=[0-9a-z]{32}",
        "sid=[0-9a-z]{32}",
        "aspsessionid[a-z]{8}=[a-z]{24}",
        "cfid=[^&]+&cftoken=[^&]+",
    )
)


def surt(url: str) -> str:
    """Return the key of an absolute http or https URL; no blank is in it.

    >>> surt("https://www.Example.org:443/Über/./x/?b=2&a=1#top")
    'org,example)/%c3%9cber/x?a=1&b=2'
    >>> surt("http://127.0.0.1:8080/")
    '1,0,0,127:8080)/'
    """
    origin, path, query = _PARTS.fullmatch(url).groups()  # type: ignore[union-attr]  # it matches whatever comes
    return f"{_origin(origin)}){_path(path)}{_query(query) if query else ''}"


@lru_cache(maxsize=1024)  # a segment is of one site
def _origin(origin: str) -> str:
    parts = urlsplit(origin)
    name = _escaped(parts.hostname or "").lower().replace("..", ".").strip(".")
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return ",".join(reversed(_WWW.sub("", name).split("."))) + port


def _path(path: str) -> str:
    normal = path.lower() if _NORMAL.fullmatch(path) else _normal(path)
    if "(" in normal:
        for session in _PATH_SESSIONS:
            normal = session.sub(r"\1\2", normal)
    return normal[:-1] if len(normal) > 1 and normal.endswith("/") else normal


def _normal(path: str) -> str:
    kept: list[bytes] = []
    for segment in _unescaped(path).split(b"/")[1:]:
        if segment == b".." and kept:
            kept.pop()
        elif segment != b".":
            kept.append(segment)
    return _escape(b"/" + b"/".join([*filter(None, kept[:-1]), *kept[-1:]])).lower()


def _query(query: str) -> str:
    normal = _escaped(query)
    for session in _QUERY_SESSIONS:
        if found := session.match(normal):
            normal = found[1] + (found[2] or "")
    arguments = sorted(argument.partition("=") for argument in normal.lower().split("&"))
    joined = "&".join("".join(argument) for argument in arguments)
    return f"?{joined}" if joined else ""


def _escaped(text: str) -> str:
    """Undo every escape, and those that come to light, then escape once what has to be."""
    return text if _PLAIN.fullmatch(text) else _escape(_unescaped(text))


def _unescaped(text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    while (once := unquote_to_bytes(data)) != data:
        data = once
    return data


def _escape(data: bytes) -> str:
    return quote_from_bytes(data, safe=_UNESCAPED)
