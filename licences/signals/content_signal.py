"""Content Signals: ``search``, ``ai-input``, ``ai-train`` and ``use`` in a robots.txt line or a response header.

Source: contentsignals.org (policy of 2025-09-24; ``use`` since July 2026).  The header is in no specification and
platforms send it unasked: its denials are honoured, its allowances are nobody's word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from licences.observation import RAW_LIMIT, Observation, Source, Statement, encodable
from licences.representation import Representation
from licences.signals.word import Word, closed_only, doubted
from licences.vocabulary import (
    AssertedBy,
    Channel,
    Condition,
    ConditionType,
    Kind,
    LegalEffect,
    Retrieval,
    Usage,
    Verdict,
)
from licences.words import fold

PROTOCOL = "Content Signals"
PROTOCOL_VERSION = "2026-07"
LONGEST = 8192  # characters of a value that are read

_LENIENT = 0.7  # confidence: not as the policy writes it, yet clear
_PAIR = re.compile(r"([a-z][a-z0-9-]*)\s*=\s*([a-z0-9]+)")
_STRICT_PAIR = re.compile(r"[a-z][a-z0-9-]*=[a-z0-9]+")
_OPEN = frozenset({"yes", "allow", "y", "true", "1"})
_CLOSED = frozenset({"no", "disallow", "n", "false", "0"})

_KEYS: Mapping[str, tuple[Usage, tuple[Usage, ...]]] = MappingProxyType(
    {
        "search": (Usage.INDEX, (Usage.SNIPPET,)),
        "ai-input": (Usage.AI_INPUT, ()),
        "ai-train": (Usage.AI_TRAIN, (Usage.AI_TRAIN_GEN, Usage.AI_TRAIN_NONGEN)),
    }
)


def signalled_by_header(representation: Representation) -> Iterator[Observation]:
    """Yield what ``Content-Signal`` headers state, each line on its own."""
    for index, value in representation.all("content-signal"):
        source = Source(
            channel=Channel.HTTP_HEADER, url=representation.url, locator=f"Content-Signal[{index}]"
        )
        for statement in _in_header(value):
            yield Observation(statement=statement, source=source, raw=encodable(value[:RAW_LIMIT]))


@lru_cache(maxsize=2048)
def signals(text: str, kind: Kind) -> tuple[Word, ...]:
    """Return what one list of signals states, a word a pair.

    Args:
        text: the list without a path; of more than `LONGEST` characters the rest is not read.
        kind: `Kind.CONTENT_SIGNAL_ROBOTS` or `Kind.CONTENT_SIGNAL_HEADER`.

    An allowance in a list with a part that cannot be read is recorded, and settles nothing.
    """
    oversize = len(text) > LONGEST
    words, unread = [], False
    for member in text[:LONGEST].split(","):
        plain = fold(member.strip())
        strict = _STRICT_PAIR.fullmatch(plain) is not None
        unread |= bool(plain) and not strict
        for key, value in _PAIR.findall(plain):
            word = _word(kind, key, value, strict=strict)
            unread |= word is None and key in {*_KEYS, "use"}
            words += [word] if word is not None else []
    if unread or oversize:
        words = [closed_only(word, _LENIENT) for word in words]
    if unread:
        words.append(Word("", (_unread(kind),)))
    return tuple(words)


def _word(kind: Kind, key: str, value: str, *, strict: bool) -> Word | None:
    """Return what one pair says; None for an unknown key or value."""
    if key == "use" and value in _LEVELS:
        statements = tuple(replace(statement, kind=kind) for statement in _LEVELS[value])
        plainly = True
    elif key in _KEYS and value in _OPEN | _CLOSED:
        usage, covers = _KEYS[key]
        plainly = value in {"yes", "no"}
        statements = (
            _statement(kind, usage, Verdict.ALLOW, LegalEffect.PREFERENCE, covers=covers)
            if value in _OPEN
            else _statement(kind, usage, Verdict.DENY),
        )
    else:
        return None
    if not (strict and plainly):
        statements = tuple(doubted(statement, _LENIENT) for statement in statements)
    open_ = not any(statement.verdict is Verdict.DENY for statement in statements)
    return Word(key, statements, lifts=open_ and strict and plainly)


def _statement(
    kind: Kind,
    usage: Usage,
    verdict: Verdict,
    effect: LegalEffect = LegalEffect.RESERVATION,
    *,
    covers: tuple[Usage, ...] = (),
    conditions: tuple[Condition, ...] = (),
    note: str | None = None,
) -> Statement:
    return Statement(
        kind=kind,
        protocol=PROTOCOL,
        protocol_version=PROTOCOL_VERSION,
        usage=usage,
        verdict=verdict,
        legal_effect=effect,
        covers=covers,
        conditions=conditions,
        note=note,
    )


def _unread(kind: Kind) -> Statement:
    unread = _statement(kind, Usage.AI_TRAIN, Verdict.UNKNOWN, LegalEffect.PREFERENCE, note="unread")
    return replace(unread, retrieval=Retrieval.MALFORMED)


def _level(*denied: Usage, limited: Usage, condition: Condition) -> tuple[Statement, ...]:
    kind = Kind.CONTENT_SIGNAL_ROBOTS
    limit = _statement(kind, limited, Verdict.CONDITIONAL, conditions=(condition,))
    return (*(_statement(kind, usage, Verdict.DENY) for usage in denied), limit)


_LEVELS: Mapping[str, tuple[Statement, ...]] = MappingProxyType(
    {
        "immediate": _level(  # act on it, keep nothing
            Usage.ARCHIVE,
            Usage.INDEX,
            Usage.AI_INDEX,
            Usage.AI_TRAIN,
            Usage.REDISTRIBUTE,
            limited=Usage.AI_INPUT,
            condition=Condition(type=ConditionType.RETENTION, value="none"),
        ),
        "reference": _level(  # index, excerpt and link
            Usage.REDISTRIBUTE,
            limited=Usage.SNIPPET,
            condition=Condition(type=ConditionType.NO_FULL_TEXT, value="use=reference"),
        ),
        "full": (
            _statement(
                Kind.CONTENT_SIGNAL_ROBOTS,
                Usage.REDISTRIBUTE,
                Verdict.UNKNOWN,
                LegalEffect.PREFERENCE,
                note="use_full",
            ),
        ),
    }
)


@lru_cache(maxsize=2048)
def _in_header(value: str) -> tuple[Statement, ...]:
    """Return what a header's value states: who wrote it is unknown, and an allowance may be a platform's default."""
    stated = [
        statement for word in signals(value, Kind.CONTENT_SIGNAL_HEADER) for statement in word.statements
    ]
    return tuple(dict.fromkeys(_by_platform(statement) for statement in stated))


def _by_platform(statement: Statement) -> Statement:
    if statement.verdict is not Verdict.ALLOW:
        return replace(statement, asserted_by=AssertedBy.UNKNOWN)
    return replace(
        statement,
        verdict=Verdict.UNKNOWN,
        covers=(),
        asserted_by=AssertedBy.PLATFORM,
        note="platform_default",
    )
