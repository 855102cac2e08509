"""From a licence's terms to a statement; equal statements are one object, because every page repeats them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from licences.observation import WHOLE_DOCUMENT, Scope, ScopeLevel, Statement
from licences.terms import Terms
from licences.vocabulary import Condition, ConditionType, Kind, LegalEffect, Retrieval, Usage, Verdict

IN_WORDS = 0.7  # how surely a licence is read from an address inside a sentence
PROTOCOLS: Mapping[Kind, str] = {  # whose words a carrier's are
    Kind.LICENCE_LINK: "HTML rel=license",
    Kind.LICENCE_HEADER: "RFC 8288 rel=license",
    Kind.LICENCE_SCHEMA_ORG: "schema.org license",
    Kind.LICENCE_SPDX: "SPDX-License-Identifier",
    Kind.LICENCE_TEXT: "visible licence notice",
    Kind.LICENCE_RDFA: "ccREL",
    Kind.LICENCE_DC: "Dublin Core",
    Kind.LICENCE_FEED: "licence of a feed",
    Kind.RSL_LICENCE: "RSL",
}


@lru_cache(maxsize=4096)
def licence_statement(
    kind: Kind,
    terms: Terms,
    scope: Scope = WHOLE_DOCUMENT,
    confidence: float = 1.0,
    *,
    lenient: bool = False,
) -> Statement:
    """Return what a carrier of a kind states about a licence.

    Args:
        kind: the carrier's.
        terms: the licence's.
        scope: what it covers.
        confidence: in the carrier; that in the terms may be lower.
        lenient: whether the carrier could be read only by overlooking a mistake in it; then it allows nothing, and
            only the licence's name is kept.
    """
    if lenient and terms.verdict is Verdict.ALLOW:
        terms = replace(terms, verdict=Verdict.UNKNOWN, covers=(), conditions=(), note="lenient_allow")
    return Statement(
        kind=kind,
        protocol=PROTOCOLS[kind],
        usage=Usage.AI_TRAIN,
        verdict=terms.verdict,
        legal_effect=terms.effect if terms.verdict is not Verdict.UNKNOWN else LegalEffect.NOTICE,
        scope=scope,
        covers=terms.covers,
        conditions=terms.conditions,
        confidence=min(confidence, terms.confidence),
        lenient=lenient,
        retrieval=terms.retrieval,
        licence=terms.licence,
        note=terms.note,
    )


@lru_cache(maxsize=4096)
def rights_notice(
    protocol: str, note: str, scope: Scope = WHOLE_DOCUMENT, see: str | None = None
) -> Statement:
    """Return a statement that settles nothing and points a person to words or terms.

    Args:
        protocol: whose words they are: "schema.org usageInfo".
        note: a fixed word for what they are about: "usage_info".
        scope: what they cover.
        see: where the terms are; None: the raw text is all there is.
    """
    return Statement(
        kind=Kind.RIGHTS_NOTICE,
        protocol=protocol,
        usage=Usage.AI_TRAIN,
        verdict=Verdict.UNKNOWN,
        legal_effect=LegalEffect.NOTICE,
        scope=scope,
        conditions=(Condition(type=ConditionType.SEE_TEXT, url=see),) if see else (),
        note=note,
    )


@lru_cache(maxsize=64)
def unread_statement(kind: Kind, retrieval: Retrieval) -> Statement:
    """Return the fact that a carrier was there and could not be read."""
    return Statement(
        kind=kind,
        protocol=PROTOCOLS[kind],
        usage=Usage.AI_TRAIN,
        verdict=Verdict.UNKNOWN,
        legal_effect=LegalEffect.NOTICE,
        confidence=0.0,
        retrieval=retrieval,
    )


@lru_cache(maxsize=256)
def part_of(selector: str) -> Scope:
    """Return the scope of a part of a page: a figure, an item, an entry."""
    return Scope(level=ScopeLevel.ELEMENT, selector=selector)
