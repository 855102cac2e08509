"""Observation: one published statement about rights, and where it was seen.

A `Statement` is what was said; it is hashed into the rights set.  A `Source` is the place, which differs from
page to page and stays out of the set.  Silence is not an observation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any

from licences.vocabulary import (
    AssertedBy,
    Channel,
    Condition,
    Kind,
    LegalEffect,
    Retrieval,
    Usage,
    Verdict,
)

RAW_LIMIT = 64 * 1024  # characters of raw text kept with an observation


class ScopeLevel(StrEnum):
    """How much a statement covers."""

    DOCUMENT = "document"
    ELEMENT = "element"  # a part of the page: an image, a teaser
    PATH = "path"
    AUTHORITY = "authority"
    REGISTRABLE_DOMAIN = "registrable_domain"
    FILE = "file"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a statement covers."""

    level: ScopeLevel = ScopeLevel.DOCUMENT
    selector: str | None = None  # the pattern as written, or the sort of element: "figure"
    media: tuple[str, ...] = ()  # MIME ranges; empty: all


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """To whom a statement speaks."""

    all: bool = True
    tokens: tuple[str, ...] = ()  # as the list or the page spells them, sorted
    matches_us: bool = True


WHOLE_DOCUMENT = Scope()
EVERYONE = Addressee()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What was said, without the place it was said in: the part that is hashed."""

    kind: Kind
    protocol: str  # whose rules we read it by: "RFC 9309", "X-Robots-Tag"
    usage: Usage
    verdict: Verdict
    legal_effect: LegalEffect
    protocol_version: str = ""
    scope: Scope = WHOLE_DOCUMENT
    addressee: Addressee = EVERYONE
    asserted_by: AssertedBy = AssertedBy.PUBLISHER
    covers: tuple[Usage, ...] = ()  # further usages that the same words allow, on the same conditions
    conditions: tuple[Condition, ...] = ()
    confidence: float = 1.0
    lenient: bool = False  # accepted only because of a documented leniency
    retrieval: Retrieval = Retrieval.OK
    valid_from: datetime | None = None  # aware, UTC; None: always
    valid_until: datetime | None = None  # aware, UTC; None: for good
    licence: str | None = None  # SPDX expression, or the licence's canonical URL; None: not a licence
    note: str | None = None  # a fixed word that refines the reading: "named_allow", "noarchive"
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        """Hash once: statements are compared on every page of a crawl."""
        object.__setattr__(self, "_hash", hash(tuple(getattr(self, name) for name in _COMPARED)))

    def __hash__(self) -> int:
        return self._hash

    def to_json(self) -> dict[str, Any]:
        """Return the statement ready for JSON; what has its default value is left out."""
        return {
            name: _plain(value) for name in _COMPARED if (value := getattr(self, name)) != _DEFAULTS[name]
        }

    @property
    def canonical(self) -> str:
        """The statement as JSON in one form: sorted keys, no spaces, ASCII."""
        return _canonical(self)

    @property
    def reference(self) -> str:
        """Sixteen hexadecimal digits that name the statement wherever it is mentioned."""
        return sha256(self.canonical.encode()).hexdigest()[:16]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Statement:
        """Read back what `to_json` wrote; KeyError, TypeError or ValueError when it did not."""
        return cls(**{name: _READERS.get(name, _same)(value) for name, value in data.items()})


_COMPARED = tuple(entry.name for entry in fields(Statement) if entry.compare)
_DEFAULTS = {entry.name: entry.default for entry in fields(Statement)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement was seen."""

    channel: Channel
    url: str  # of the document, or of the host's file
    locator: str  # enough for a person to find it again: "X-Robots-Tag[1]", "line 4", "html > head > meta:nth-of-type(2)"


Sighting = Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One statement about rights, its place, and its raw text beside our reading."""

    statement: Statement
    source: Source
    raw: str  # verbatim as far as the parser keeps it, at most `RAW_LIMIT` characters

    def to_json(self) -> dict[str, Any]:
        """Return the observation ready for JSON."""
        source = self.source
        return {
            "statement": self.statement.to_json(),
            "source": {"channel": source.channel.value, "url": source.url, "locator": source.locator},
            "raw": self.raw,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Observation:
        """Read back what `to_json` wrote."""
        place = data["source"]
        source = Source(channel=Channel(place["channel"]), url=place["url"], locator=place["locator"])
        return cls(statement=Statement.from_json(data["statement"]), source=source, raw=data["raw"])


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold: lone surrogates, which JSON escapes and odd headers bring, become «?»."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@lru_cache(
    maxsize=16_384
)  # a crawl meets the same statements on every page, a comparison in every second set
def _canonical(statement: Statement) -> str:
    return json.dumps(statement.to_json(), allow_nan=False, separators=(",", ":"), sort_keys=True)


def _same(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Condition):
        return value.to_json()
    if isinstance(value, Scope | Addressee):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value.value if isinstance(value, StrEnum) else value


def _read_scope(data: dict[str, Any]) -> Scope:
    return Scope(level=ScopeLevel(data["level"]), selector=data["selector"], media=tuple(data["media"]))


def _read_addressee(data: dict[str, Any]) -> Addressee:
    return Addressee(all=data["all"], tokens=tuple(data["tokens"]), matches_us=data["matches_us"])


_READERS: dict[str, Any] = {
    "kind": Kind,
    "usage": Usage,
    "verdict": Verdict,
    "legal_effect": LegalEffect,
    "asserted_by": AssertedBy,
    "retrieval": Retrieval,
    "scope": _read_scope,
    "addressee": _read_addressee,
    "covers": lambda names: tuple(Usage(name) for name in names),
    "conditions": lambda parts: tuple(Condition.from_json(part) for part in parts),
    "valid_from": datetime.fromisoformat,
    "valid_until": datetime.fromisoformat,
}
