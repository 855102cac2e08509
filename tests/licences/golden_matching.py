"""How a reading is held against a case's labels.

A label names a ``signal`` (a row of the table, ``*`` for any) and what must hold of one statement.  Not every word
of a statement is labelled; what is not named is not compared.  Three rules:

- A label is *met* by a statement that says all of it.  What is denied for a usage is denied below it, too.
- A statement *claims* something when it allows, denies or sets conditions, or names the licence of the whole page.
  A claim that meets no label is false.  Statements about a part of the page, and notes without a verdict, are free.
- Of a licence's conditions those that matter most (noncommercial, share alike, no derivatives) are compared both
  ways: none may be lost, none invented.

A label that is ``optional`` may be met and need not be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from licences.observation import Observation, ScopeLevel
from licences.vocabulary import Channel, Kind, Usage, Verdict

Label = Mapping[str, Any]

_ROWS = {
    "robots.ai_agent_disallow": "ai agents",
    "robots": "robots lines",
    "rsl": "robots lines",
    "aipref": "aipref",
    "content_signal": "content signal",
    "tdmrep": "tdmrep",
    "robots_tag": "robots tag",
    "aitxt": "ai.txt",
    "trusttxt": "trust.txt",
    "licence.link": "link",
    "licence.header": "header",
    "licence.rdfa": "rdfa",
    "licence.dc": "dublin core",
    "licence.feed": "feed",
    "licence.spdx": "spdx",
    "licence.text": "notice",
    "rights.notice": "notice",
    "tos": "notice",
    "rights.paywall": "paywall",
    "http": "access",
    "media": "file metadata",
}
SIGNALS = (*dict.fromkeys(_ROWS.values()), "json-ld", "microdata")
_CORE = {"noncommercial", "share_alike", "no_derivatives"}
_WORDS = frozenset(
    "signal kind usage verdict effect licence conditions level us media asserted_by lenient confidence retrieval optional".split()  # noqa: SIM905 - a list of words reads better as words
)


def signal_of(seen: Observation) -> str:
    """Return the row of the table that an observation belongs to."""
    kind = seen.statement.kind
    if kind is Kind.LICENCE_SCHEMA_ORG:
        return "json-ld" if seen.source.channel is Channel.HTML_SCRIPT else "microdata"
    return _ROWS.get(kind.value) or _ROWS[kind.value.partition(".")[0]]


def meets(seen: Observation, label: Label) -> bool:
    """Tell whether an observation says all that a label asks, its usages aside."""
    if strange := label.keys() - _WORDS:
        raise ValueError(f"{sorted(strange)}: no such word in a label; see golden_matching")
    return label["signal"] in {"*", signal_of(seen)} and all(
        _CHECKS[word](seen, wanted) for word, wanted in label.items() if word in _CHECKS
    )


def reaches(seen: Observation, usage: str) -> bool:
    """Tell whether what an observation says holds for a usage."""
    statement, asked = seen.statement, Usage(usage)
    if statement.verdict is Verdict.DENY:
        return statement.usage in asked.denied_by
    return asked in {statement.usage, *statement.covers}


def usages(label: Label) -> tuple[str, ...]:
    """Return the usages that a label names; none: whatever they are."""
    named = label.get("usage", ())
    return (named,) if isinstance(named, str) else tuple(named)


def claims(seen: Observation) -> bool:
    """Tell whether an observation claims something of the whole page."""
    statement = seen.statement
    if statement.scope.level is ScopeLevel.ELEMENT:
        return False
    names = statement.licence is not None and statement.kind.value.startswith("licence.")
    return statement.verdict is not Verdict.UNKNOWN or names


def is_labelled(seen: Observation, labels: Iterable[Label]) -> bool:
    """Tell whether a claim is one that the labels make: no further usage, no other verdict."""
    fitting = [label for label in labels if meets(seen, label)]
    if any(not usages(label) for label in fitting):
        return True
    stated = {Usage(usage) for label in fitting for usage in usages(label)}
    statement = seen.statement
    if statement.verdict is Verdict.DENY:
        return not stated.isdisjoint(statement.usage.denied_by)
    below = {lower for usage in stated for lower in usage.descendants}
    return {statement.usage, *statement.covers} <= stated | below


def _has_conditions(seen: Observation, wanted: list[str]) -> bool:
    found = {condition.type.value for condition in seen.statement.conditions}
    return set(wanted) <= found and found & _CORE == set(wanted) & _CORE


_CHECKS = {
    "kind": lambda seen, wanted: seen.statement.kind.value == wanted,
    "verdict": lambda seen, wanted: seen.statement.verdict.value == wanted,
    "effect": lambda seen, wanted: seen.statement.legal_effect.value == wanted,
    "licence": lambda seen, wanted: seen.statement.licence in wanted.split("|"),
    "conditions": _has_conditions,
    "level": lambda seen, wanted: seen.statement.scope.level.value == wanted,
    "us": lambda seen, wanted: seen.statement.addressee.matches_us is wanted,
    "media": lambda seen, wanted: list(seen.statement.scope.media) == wanted,
    "asserted_by": lambda seen, wanted: seen.statement.asserted_by.value == wanted,
    "lenient": lambda seen, wanted: seen.statement.lenient is wanted,
    "confidence": lambda seen, wanted: seen.statement.confidence == wanted,
    "retrieval": lambda seen, wanted: seen.statement.retrieval.value == wanted,
}
