"""How the database cuts URLs: origin and path, which joined are the URL again, byte for byte."""

from __future__ import annotations

LONGEST_SCHEME = 32
LONGEST_ORIGIN = 300  # a host name has at most 253; a longer one must not break the origins' index


def split(url: str) -> tuple[str, str]:
    """Return origin and path; their concatenation is the URL, whatever it is.

    >>> split("https://example.org/a?b")
    ('https://example.org', '/a?b')
    >>> split("https://example.org?b")
    ('https://example.org', '?b')
    >>> split("mailto:a@example.org")
    ('mailto:', 'a@example.org')
    """
    scheme, colon, rest = url.partition(":")
    if not colon or len(scheme) > LONGEST_SCHEME:
        return "", url
    if not rest.startswith("//"):
        return f"{scheme}:", rest
    end = min((at for at in (rest.find(mark, 2) for mark in "/?#\\") if at >= 0), default=len(rest))
    if len(scheme) + 1 + end > LONGEST_ORIGIN:
        end = 2
    return f"{scheme}:{rest[:end]}", rest[end:]
