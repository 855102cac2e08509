"""How far a request to forget, or a duty to preserve, reaches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

from provenance.errors import ScopeError
from provenance.models.base import storable

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ScopeKind(StrEnum):
    """What the value of a scope is."""

    URL = "url"  # exactly this one, as requested
    PREFIX = "prefix"  # every URL that begins so
    SITE = "site"  # every exchange of its visits, and every URL of its hosts in other visits
    DIGEST = "digest"  # every exchange with this payload
    RETENTION = "retention"  # the exchanges whose time is over, given by their keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a request covers: now for erasing, from now on for fetching."""

    kind: ScopeKind
    value: (
        str  # a URL, a URL's beginning, a site, "sha256:" and hex; for retention what it enforces, in words
    )

    @classmethod
    def parse(cls, kind: ScopeKind, value: str) -> Self:
        """Return a scope that makes sense.

        Raises:
            ScopeError: the value is none of its kind, or reaches further than anybody can mean.
        """
        value = storable(value.strip())
        if kind is ScopeKind.URL:
            value = value.partition("#")[0]  # a fragment is never requested
        if kind in {ScopeKind.URL, ScopeKind.PREFIX}:
            _check_address(kind, value)
        elif kind is ScopeKind.DIGEST:
            value = value.lower()
            if not _DIGEST.fullmatch(value):
                raise ScopeError(f"{value!r} is no digest: write sha256: and 64 hexadecimal digits")
        elif kind is ScopeKind.SITE:
            value = value.lower().rstrip(".")
            if not value or re.search(r"[\s/?#@]", value):
                raise ScopeError(f"{value!r} is no site: write a registrable domain such as example.org")
        elif not value:
            raise ScopeError("say which retention is enforced")
        return cls(kind=kind, value=value)

    @property
    def digest(self) -> bytes | None:
        """The payload's SHA-256; None for other kinds."""
        if self.kind is not ScopeKind.DIGEST:
            return None
        return bytes.fromhex(self.value.removeprefix("sha256:"))

    def covers_url(self, url: str) -> bool:
        """Whether a URL lies in it by its name alone.

        >>> Scope.parse(ScopeKind.SITE, "example.org").covers_url("https://www.example.org/a")
        True
        >>> Scope.parse(ScopeKind.PREFIX, "https://example.org/a/").covers_url("https://example.org/b")
        False
        """
        if self.kind is ScopeKind.URL:
            return url == self.value
        if self.kind is ScopeKind.PREFIX:
            return url.startswith(self.value)
        if self.kind is ScopeKind.SITE:
            host = _host(url)
            return host == self.value or host.endswith(f".{self.value}")
        return False

    def overlaps(self, other: Scope) -> bool:
        """Whether two scopes meet by their names alone; what exchanges they share is a question to the database."""
        if self.kind is other.kind is ScopeKind.SITE:
            return _is_within(self.value, other.value) or _is_within(other.value, self.value)
        if self.kind is other.kind is ScopeKind.PREFIX:
            return self.value.startswith(other.value) or other.value.startswith(self.value)
        return self == other or self.covers_url(other.value) or other.covers_url(self.value)

    def __str__(self) -> str:
        """For people.

        >>> str(Scope.parse(ScopeKind.SITE, "example.org"))
        'site example.org'
        """
        return f"{self.kind.value} {self.value}"


def _check_address(kind: ScopeKind, value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ScopeError(f"{value!r} is no address: write it with https:// and a host")
    if not parts.path.startswith("/"):
        raise ScopeError(
            f"{value!r} ends within its host: write {value}/ for everything of this {kind.value}"
        )


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_within(host: str, site: str) -> bool:
    return host == site or host.endswith(f".{site}")
