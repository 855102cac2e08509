"""From a licence's terms to a statement; equal statements are one object, because every page repeats them."""

from __future__ import annotations

from functools import lru_cache

from licences.observation import WHOLE_DOCUMENT, Scope, Statement
from licences.terms import Terms
from licences.vocabulary import Kind, LegalEffect, Usage, Verdict

_PROTOCOLS = {
    Kind.LICENCE_LINK: "HTML rel=license",
    Kind.LICENCE_HEADER: "RFC 8288 rel=license",
    Kind.LICENCE_SCHEMA_ORG: "schema.org license",
    Kind.LICENCE_SPDX: "SPDX-License-Identifier",
    Kind.LICENCE_TEXT: "visible licence notice",
}


@lru_cache(maxsize=4096)
def licence_statement(
    kind: Kind, terms: Terms, scope: Scope = WHOLE_DOCUMENT, confidence: float = 1.0
) -> Statement:
    """Return what a carrier of a kind states about a licence."""
    return Statement(
        kind=kind,
        protocol=_PROTOCOLS[kind],
        usage=Usage.AI_TRAIN,
        verdict=terms.verdict,
        legal_effect=terms.effect if terms.verdict is not Verdict.UNKNOWN else LegalEffect.NOTICE,
        scope=scope,
        covers=terms.covers,
        conditions=terms.conditions,
        confidence=min(confidence, terms.confidence),
        retrieval=terms.retrieval,
        licence=terms.licence,
        note=terms.note,
    )
