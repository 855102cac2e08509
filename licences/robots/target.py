"""Paths and patterns in one form, so that octets can be compared (RFC 9309 §2.2.2)."""

from __future__ import annotations

import re
import string

_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_SETTLED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!&'()+,;=]*").fullmatch  # nothing in it would change
_UNSETTLED_IN_URL = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~:/?#\[\]@!&'()+,;=%]")
_UNSETTLED_IN_PATTERN = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~:/?#\[\]@!&'()+,;=%*]")
_RESERVED_IN_QUERY = re.compile(r"[:/?#\[\]@!'()+,;]")  # RFC 9309's table leaves & and = as they are


def target(url: str) -> str:
    r"""Return the path with its query, normalised: what rules are compared with.

    >>> target("https://example.org")
    '/'
    >>> target("http://example.org/caf\u00e9/%7ejoe?a=b#part")
    '/caf%C3%A9/~joe?a=b'
    """
    url = url.partition("#")[0]
    start = url.find("://")
    rest = url[start + 3 :] if start >= 0 else url
    slash, question = rest.find("/"), rest.find("?")
    if slash < 0 or 0 <= question < slash:
        path = "/" + rest[question:] if question >= 0 else "/"
    else:
        path = rest[slash:]
    return path if _SETTLED(path) else _UNSETTLED_IN_URL.sub(_settle, path)


def pattern_form(value: str) -> str:
    """Return a rule's value normalised; ``*`` and a closing ``$`` keep their meaning.

    >>> pattern_form("/%61b%2fc*.php$")
    '/ab%2Fc*.php$'
    """
    if _SETTLED(value):
        return value
    anchor = "$" if value.endswith("$") else ""
    return _UNSETTLED_IN_PATTERN.sub(_settle, value[: len(value) - len(anchor)]) + anchor


def strict_form(text: str) -> str:
    """Return a path or pattern with the reserved characters of its query encoded too.

    RFC 9309's example table encodes them, implementations do not: both readings are asked, and a denial wins.

    >>> strict_form("/bar?baz=https://foo.bar")
    '/bar?baz=https%3A%2F%2Ffoo.bar'
    """
    path, question, query = text.partition("?")
    return path + question + _RESERVED_IN_QUERY.sub(_triplets, query) if query else text


def has_strict_form(path: str) -> bool:
    """Tell whether the strict reading of a URL's path could match other rules than the plain one."""
    if "?" not in path:
        return False
    query = path.partition("?")[2]
    return "%" in query or _RESERVED_IN_QUERY.search(query) is not None


def _settle(match: re.Match[str]) -> str:
    found = match[0]
    if len(found) == 3:  # noqa: PLR2004 - a triplet: "%", two hexadecimal digits
        character = chr(int(found[1:], 16))
        return character if character in _UNRESERVED else found.upper()
    return _triplets(match)


def _triplets(match: re.Match[str]) -> str:
    found = match[0]
    octets = found.encode("utf-8", "surrogateescape" if "\udc80" <= found <= "\udcff" else "surrogatepass")
    return "".join(f"%{octet:02X}" for octet in octets)
