"""The lines beside Allow and Disallow: which fields we know, and what those that speak of rights say.

AIPREF and Content Signals define theirs; the others are drafts that expired, customs, and announcements whose
documents are read elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from licences.observation import Statement
from licences.robots.text import Line
from licences.signals.aipref import preferences
from licences.signals.content_signal import signals
from licences.signals.word import Word
from licences.vocabulary import Kind, LegalEffect, Retrieval, Usage, Verdict

_LENIENT = 0.7  # confidence: an expired draft
_NEVER_STANDARD = 0.5


class Extension(NamedTuple):
    """A line that is no rule of RFC 9309, and the group it stands in."""

    line: Line
    group: int | None  # None: before any group


class Family(StrEnum):
    """Lines that are read together: their paths compete."""

    CONTENT_USAGE = "Content-Usage"
    CONTENT_SIGNAL = "Content-Signal"
    AI_TRAINING = "DisallowAITraining"
    NOINDEX = "Noindex"
    LICENSE = "License"
    PERMITS = "Permits"


class StatingLine(NamedTuple):
    """A line that speaks of rights, read."""

    line: Line
    pattern: str  # the path pattern as written; "": everywhere
    words: tuple[Word, ...]


def stating_line(line: Line) -> tuple[Family, StatingLine] | None:
    """Return what a line says of rights and whom it competes with; None when its field says nothing of them."""
    entry = _STATING.get(line.field)
    if entry is None:
        return None
    family, read = entry
    pattern, words = read(line.value)
    return family, StatingLine(line, pattern, words)


_Read = Callable[[str], tuple[str, tuple[Word, ...]]]


def _cut(value: str) -> tuple[str, str]:
    """Return the path pattern and what is said of it: a value that begins with a slash has one, up to a blank."""
    if not value.startswith("/"):
        return "", value
    pattern, _, said = value.replace("\t", " ").partition(" ")
    return pattern, said.strip()


def _content_usage(value: str) -> tuple[str, tuple[Word, ...]]:
    pattern, said = _cut(value)
    return pattern, preferences(said, Kind.AIPREF_ROBOTS)


def _content_signal(value: str) -> tuple[str, tuple[Word, ...]]:
    pattern, said = _cut(value)
    return pattern, signals(said, Kind.CONTENT_SIGNAL_ROBOTS)


def _of_path(word: Word) -> _Read:
    """Return the reader of a field whose value is a path; an empty one is no rule, as with Disallow.

    What is no path, such as ``DisallowAITraining: yes``, is said of everything.
    """
    return lambda value: (value if value.startswith(("/", "*")) else "", (word,) if value else ())


def _denial(kind: Kind, usage: Usage, protocol: str, confidence: float) -> Word:
    effect = LegalEffect.RESERVATION if usage is Usage.AI_TRAIN else LegalEffect.PREFERENCE
    denial = Statement(
        kind=kind,
        protocol=protocol,
        usage=usage,
        verdict=Verdict.DENY,
        legal_effect=effect,
        confidence=confidence,
        lenient=True,
    )
    return Word(protocol, (denial,))


def _noted(kind: Kind, protocol: str, note: str, retrieval: Retrieval = Retrieval.OK) -> Statement:
    return Statement(
        kind=kind,
        protocol=protocol,
        usage=Usage.AI_TRAIN,
        verdict=Verdict.UNKNOWN,
        legal_effect=LegalEffect.NOTICE,
        retrieval=retrieval,
        note=note,
    )


@lru_cache(maxsize=256)
def _license(value: str) -> tuple[str, tuple[Word, ...]]:
    """Read the announcement of an RSL document: it says that there are terms, not which."""
    absolute = value.lower().startswith(("https://", "http://"))
    retrieval = Retrieval.OK if absolute else Retrieval.MALFORMED
    return "", (Word("License", (_noted(Kind.RSL_LICENCE, "RSL", "unread", retrieval),)),) if value else ()


def _said_to_be_rsl(field: str) -> _Read:
    """Return the reader of a field that is taken for RSL but not in it: recorded, without a reading."""
    word = Word(field, (_noted(Kind.RSL_LICENCE, f"{field} in robots.txt", "not_in_rsl"),))
    return lambda value: ("", (word,) if value else ())


_TRAINING = _denial(Kind.ROBOTS_LEGACY_AI_RULE, Usage.AI_TRAIN, "DisallowAITraining in robots.txt", _LENIENT)
_TRAINING_ALLOWED = Word(
    _TRAINING.key,
    (_noted(Kind.ROBOTS_LEGACY_AI_RULE, "AllowAITraining in robots.txt", "legacy_allow"),),
    lifts=True,
)
_NOINDEX = _denial(Kind.ROBOTS_RULE, Usage.INDEX, "Noindex in robots.txt", _NEVER_STANDARD)

_STATING: Mapping[str, tuple[Family, _Read]] = MappingProxyType(
    {
        "content-usage": (Family.CONTENT_USAGE, _content_usage),
        "content-signal": (Family.CONTENT_SIGNAL, _content_signal),
        "disallowaitraining": (Family.AI_TRAINING, _of_path(_TRAINING)),
        "allowaitraining": (Family.AI_TRAINING, _of_path(_TRAINING_ALLOWED)),
        "noindex": (Family.NOINDEX, _of_path(_NOINDEX)),
        "license": (Family.LICENSE, _license),
        "permits": (Family.PERMITS, _said_to_be_rsl("Permits")),
        "prohibits": (Family.PERMITS, _said_to_be_rsl("Prohibits")),
        "compensation": (Family.PERMITS, _said_to_be_rsl("Compensation")),
    }
)
_OTHERS = frozenset({"crawl-delay", "request-rate", "visit-time", "sitemap", "host", "clean-param"})
STATING = frozenset(_STATING)  # the fields of lines that speak of rights
FIELDS = _OTHERS | STATING  # of all extension lines that we know
