"""What was stated, in plain words: sentences that somebody who knows rights but no protocols can read.

The raw text stands beside each of them; these words only say how we read it.  They never judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from licences.observation import Scope, ScopeLevel, Statement
from licences.vocabulary import (
    AssertedBy,
    Condition,
    ConditionType,
    Kind,
    LegalEffect,
    Retrieval,
    Usage,
    Verdict,
)

NAMED_AT_MOST = 8  # agents named in one sentence

USAGES: Mapping[Usage, str] = MappingProxyType(
    {
        Usage.CRAWL: "fetching by crawlers",
        Usage.INDEX: "listing in search",
        Usage.SNIPPET: "showing an excerpt",
        Usage.ARCHIVE: "keeping and showing a stored copy",
        Usage.TDM: "automated analysis (text and data mining)",
        Usage.AI_TRAIN: "training AI models",
        Usage.AI_TRAIN_GEN: "training AI models that generate content",
        Usage.AI_TRAIN_NONGEN: "training AI models that generate nothing",
        Usage.AI_INDEX: "an entry in an AI system's own index",
        Usage.AI_INPUT: "use as input of an AI system's answers",
        Usage.REDISTRIBUTE: "passing the content on",
        Usage.DERIVATIVE: "making adaptations",
    }
)

SPEAKERS: Mapping[AssertedBy, str] = MappingProxyType(
    {
        AssertedBy.PUBLISHER: "the publisher",
        AssertedBy.RIGHTSHOLDER: "the rightsholder",
        AssertedBy.PLATFORM: "the platform that serves the site, by default",
        AssertedBy.THIRD_PARTY: "a third party",
        AssertedBy.UNKNOWN: "a speaker who is not named",
    }
)

CONDITIONS: Mapping[ConditionType, str] = MappingProxyType(
    {
        ConditionType.ATTRIBUTION: "name the author",
        ConditionType.LINK_BACK: "link back",
        ConditionType.SHARE_ALIKE: "pass adaptations on under the same licence",
        ConditionType.NO_DERIVATIVES: "make no adaptations",
        ConditionType.NONCOMMERCIAL: "no commercial use",
        ConditionType.USER_CLASS: "only for certain users",
        ConditionType.GEO: "only in certain countries",
        ConditionType.PAYMENT: "pay",
        ConditionType.LICENCE_TOKEN: "obtain a licence token",
        ConditionType.OBTAIN_CONSENT: "ask for consent",
        ConditionType.CONTRIBUTION: "contribute",
        ConditionType.REPORTING: "report the use",
        ConditionType.PURPOSE: "only for a certain purpose",
        ConditionType.STATE_SOURCE_DATE: "state source and date",
        ConditionType.KEEP_NOTICES: "keep the notices",
        ConditionType.NO_FULL_TEXT: "not the full text",
        ConditionType.MEDIA_ONLY: "only certain media types",
        ConditionType.EMBARGO_UNTIL: "not before a date",
        ConditionType.SEE_TEXT: "as the terms say",
        ConditionType.RETENTION: "keep it for a limited time only",
    }
)

_SAYS: Mapping[tuple[LegalEffect, Verdict], str] = MappingProxyType(
    {
        (LegalEffect.ACCESS_RULE, Verdict.ALLOW): "Opens it to {usage}",
        (LegalEffect.ACCESS_RULE, Verdict.DENY): "Closes it to {usage}",
        (LegalEffect.PREFERENCE, Verdict.ALLOW): "States that {usage} is welcome",
        (LegalEffect.PREFERENCE, Verdict.DENY): "States that {usage} is not wanted",
        (LegalEffect.RESERVATION, Verdict.ALLOW): "States that no right is reserved against {usage}",
        (LegalEffect.RESERVATION, Verdict.DENY): "Reserves its rights against {usage}",
        (LegalEffect.RESERVATION, Verdict.CONDITIONAL): "Reserves its rights: {usage}",
        (LegalEffect.LICENCE_GRANT, Verdict.ALLOW): "Grants {usage}",
        (LegalEffect.LICENCE_GRANT, Verdict.CONDITIONAL): "Grants {usage}",
        (LegalEffect.LICENCE_GRANT, Verdict.DENY): "Its licence does not grant {usage}",
        (LegalEffect.LICENCE_GRANT, Verdict.UNKNOWN): "Its licence leaves open whether it grants {usage}",
        (LegalEffect.CONTRACT_TERM, Verdict.DENY): "Its terms of use forbid {usage}",
        (LegalEffect.CONTRACT_TERM, Verdict.ALLOW): "Its terms of use allow {usage}",
        (LegalEffect.NOTICE, Verdict.DENY): "Gives notice that {usage} is not allowed",
        (LegalEffect.NOTICE, Verdict.ALLOW): "Gives notice that {usage} is free to all",
        (LegalEffect.NOTICE, Verdict.UNKNOWN): "Speaks of rights, and settles nothing about {usage}",
        (LegalEffect.INFERENCE, Verdict.DENY): "Turns AI crawlers away, from which we infer a no to {usage}",
        (LegalEffect.INFERENCE, Verdict.UNKNOWN): "Names AI crawlers, and settles nothing about {usage}",
    }
)
_BY_VERDICT: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.ALLOW: "Allows {usage}",
        Verdict.DENY: "Does not allow {usage}",
        Verdict.CONDITIONAL: "Allows {usage}",
        Verdict.UNKNOWN: "Says something about {usage} that settles nothing",
    }
)
_BY_EFFECT: Mapping[LegalEffect, str] = MappingProxyType(
    {
        LegalEffect.RESERVATION_WITHDRAWN: "Reserves no right against {usage}, which grants nothing either",
        LegalEffect.PAYMENT_DEMAND: "Asks for payment for {usage}",
    }
)
_UNDER: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.ALLOW: "Names {licence}, which allows {usage}",
        Verdict.CONDITIONAL: "Names {licence}, which allows {usage}",
        Verdict.DENY: "Names {licence}, which does not allow {usage}",
        Verdict.UNKNOWN: "Names {licence}, which settles nothing about {usage}",
    }
)
_LEVELS: Mapping[ScopeLevel, str] = MappingProxyType(
    {
        ScopeLevel.ELEMENT: "a part of the page",
        ScopeLevel.PATH: "addresses that match",
        ScopeLevel.AUTHORITY: "the whole host",
        ScopeLevel.REGISTRABLE_DOMAIN: "the whole site",
        ScopeLevel.FILE: "the file",
        ScopeLevel.COLLECTION: "the collection it belongs to",
    }
)
_RETRIEVALS: Mapping[Retrieval, str] = MappingProxyType(
    {
        Retrieval.MALFORMED: "It is malformed",
        Retrieval.OVERSIZE: "It is too large to be read whole",
    }
)
_NOTES: Mapping[str, str] = MappingProxyType(
    {
        "unknown_licence": "terms that we cannot read by rule",
        "named_allow": "an opening for agents of others",
        "retired": "a licence that its author has retired",
        "unread": "it could not be read",
        "conflict": "it contradicts itself",
        "lenient_allow": "it would allow, were it written as its standard asks",
        "legacy_allow": "an allowance in a form that no standard has",
        "platform_default": "words that a platform writes into every site",
        "html_comment": "it stands in a comment of the page's source",
        "text": "it stands in words on the page",
        "no_version": "it names no version",
        "database_only": "it is for the database, not for what it holds",
        "use_full": "it speaks of the full text",
        "unavailable_after": "not to be listed after a date",
    }
)


@lru_cache(maxsize=4096)
def statement_in_words(statement: Statement) -> str:
    """Return one statement as a sentence, with whom it addresses, what it covers, its conditions and our doubts."""
    sentence = _says(statement)
    if statement.conditions:
        sentence += f" on conditions: {', '.join(map(condition_in_words, statement.conditions))}"
    elif statement.verdict is Verdict.CONDITIONAL:
        sentence += " on conditions that it does not name"
    if (named := statement.addressee).tokens:
        sentence += f", addressed to {_listed(named.tokens)}"
        sentence += ", us among them" if named.matches_us and not named.all else ""
    if scope := scope_in_words(statement.scope):
        sentence += f"; for {scope}"
    return ". ".join([sentence, *_remarks(statement)]) + "."


def usage_in_words(usage: str) -> str:
    """Return a usage as a person says it; an unknown one as it is written.

    >>> usage_in_words("ai-train"), usage_in_words("novel")
    ('training AI models', 'novel')
    """
    return USAGES[Usage(usage)] if usage in set(Usage) else usage


def condition_in_words(condition: Condition | Mapping[str, Any]) -> str:
    """Return a condition, also one read back from JSON, with its value and the address of its terms.

    >>> condition_in_words(Condition(type=ConditionType.ATTRIBUTION, value="indicate changes"))
    'name the author (indicate changes)'
    """
    told = condition.to_json() if isinstance(condition, Condition) else condition
    name = str(told.get("type", ""))
    words = CONDITIONS[ConditionType(name)] if name in set(ConditionType) else name.replace("_", " ")
    details = "; ".join(str(told[key]) for key in ("value", "url") if told.get(key))
    return f"{words} ({details})" if details else words


def scope_in_words(scope: Scope) -> str:
    """Return what a statement covers; empty for the whole document.

    >>> scope_in_words(Scope(level=ScopeLevel.PATH, selector="/essays/"))
    'addresses that match /essays/'
    """
    words = _LEVELS.get(scope.level, "")
    if scope.level is ScopeLevel.PATH and not scope.selector:
        words = "parts of the host"
    elif scope.selector:
        words = (
            f"{words} {scope.selector}" if scope.level is ScopeLevel.PATH else f"{words} ({scope.selector})"
        )
    if scope.media:
        words = f"{words}, media types {_listed(scope.media)}".removeprefix(", ")
    return words.strip()


def _says(statement: Statement) -> str:
    usage = _uses(statement)
    effect = statement.legal_effect
    if statement.kind is Kind.RIGHTS_PAYWALL:
        return "Marks the page as not free to read"
    if statement.licence and effect in {LegalEffect.LICENCE_GRANT, LegalEffect.NOTICE}:
        return _UNDER[statement.verdict].format(licence=statement.licence, usage=usage)
    if effect in _BY_EFFECT:
        return _BY_EFFECT[effect].format(usage=usage)
    return _SAYS.get((effect, statement.verdict), _BY_VERDICT[statement.verdict]).format(usage=usage)


def _uses(statement: Statement) -> str:
    """Return what it is about: the usage, and how many others the same words cover."""
    others = {*statement.covers} - {statement.usage} - statement.usage.descendants
    words = USAGES[statement.usage]
    return (
        f"{words} and {len(others)} other uses"
        if len(others) > 1
        else _listed([words, *(USAGES[one] for one in others)])
    )


def _remarks(statement: Statement) -> Iterable[str]:
    if statement.note and statement.kind is not Kind.RIGHTS_PAYWALL:
        yield f"Noted: {_NOTES.get(statement.note, statement.note.replace('_', ' '))}"
    if statement.valid_from:
        yield f"Holds from {_day(statement.valid_from)}"
    if statement.valid_until:
        yield f"Holds until {_day(statement.valid_until)}"
    if statement.retrieval is not Retrieval.OK:
        yield _RETRIEVALS.get(statement.retrieval, f"It was {statement.retrieval.value.replace('_', ' ')}")
    if statement.lenient:
        yield "It is not written as its standard asks, so that it may only count as a no"
    if statement.confidence < 1:
        yield f"We are {statement.confidence:.0%} sure of this reading"


def _day(moment: datetime) -> str:
    return f"{moment:%-d %B %Y}"


def _listed(names: Iterable[str]) -> str:
    """Return names with commas and an «and», the first few of many.

    >>> _listed(["a"]), _listed(["a", "b"]), _listed("abcdefghijk")
    ('a', 'a and b', 'a, b, c, d, e, f, g, h and 3 more')
    """
    named = list(names)
    if len(named) > NAMED_AT_MOST:
        named[NAMED_AT_MOST:] = [f"{len(named) - NAMED_AT_MOST} more"]
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]])) if named else ""
