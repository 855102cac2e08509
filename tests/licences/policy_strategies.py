"""Arbitrary statements and lookups: everything that the vocabulary can say, sensible or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from licences.observation import Addressee, Scope, ScopeLevel, Statement
from licences.rights import Lookup
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

TIMES = st.sampled_from([datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2026, 2030)])
_SCOPES = st.sampled_from(
    [
        Scope(),
        Scope(level=ScopeLevel.ELEMENT, selector="figure"),
        Scope(media=("image/*",)),
        Scope(level=ScopeLevel.PATH, selector="/"),
        Scope(level=ScopeLevel.PATH, selector="/essays/"),
        *(Scope(level=level) for level in ScopeLevel),
    ]
)
_ADDRESSEES = st.sampled_from(
    [
        Addressee(),
        Addressee(all=False, tokens=("OurBot",), matches_us=True),
        Addressee(all=False, tokens=("GPTBot",), matches_us=False),
    ]
)
_CONDITIONS = st.builds(Condition, type=st.sampled_from(ConditionType), value=st.sampled_from([None, "x"]))
_NOTES = st.sampled_from(
    [None, "text", "noarchive", "unknown_licence", "conflict", "retired", "platform_default", "unread"]
)


def statements(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Statement]:
    """Return arbitrary statements; some fields may be drawn otherwise."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "kind": st.sampled_from(Kind),
        "protocol": st.just("any"),
        "usage": st.sampled_from(Usage),
        "verdict": st.sampled_from(Verdict),
        "legal_effect": st.sampled_from(LegalEffect),
        "scope": _SCOPES,
        "addressee": _ADDRESSEES,
        "asserted_by": st.sampled_from(AssertedBy),
        "covers": st.lists(st.sampled_from(Usage), max_size=3, unique=True).map(tuple),
        "conditions": st.lists(_CONDITIONS, max_size=2, unique=True).map(tuple),
        "confidence": st.sampled_from([0.0, 0.3, 0.5, 0.6, 0.7, 0.75, 1.0]),
        "lenient": st.booleans(),
        "retrieval": st.sampled_from(Retrieval),
        "valid_from": st.none() | TIMES,
        "valid_until": st.none() | TIMES,
        "licence": st.sampled_from([None, "CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0"]),
        "note": _NOTES,
    }
    return st.builds(Statement, **(fields | fixed))


def effective(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Statement]:
    """Return statements of which nothing keeps them from counting: well-formed, for all, about the document, always."""
    plain: dict[str, st.SearchStrategy[Any]] = {
        "scope": st.sampled_from([Scope(), Scope(level=ScopeLevel.PATH, selector="/")]),
        "addressee": st.just(Addressee()),
        "asserted_by": st.sampled_from([AssertedBy.PUBLISHER, AssertedBy.UNKNOWN]),
        "confidence": st.just(1.0),
        "lenient": st.just(False),
        "retrieval": st.just(Retrieval.OK),
        "valid_from": st.none(),
        "valid_until": st.none(),
        "note": st.none(),
    }
    return statements(**(plain | fixed))


def grants() -> st.SearchStrategy[Statement]:
    """Return what opens something: licences, allowances, agreements."""
    met = st.sampled_from([(), (Condition(type=ConditionType.ATTRIBUTION),)])
    return effective(
        kind=st.sampled_from(
            [Kind.LICENCE_LINK, Kind.LICENCE_TEXT, Kind.AIPREF_HEADER, Kind.AGREEMENT, Kind.TDMREP_HEADER]
        ),
        verdict=st.sampled_from([Verdict.ALLOW, Verdict.CONDITIONAL, Verdict.UNKNOWN]),
        legal_effect=st.sampled_from(
            [LegalEffect.LICENCE_GRANT, LegalEffect.PREFERENCE, LegalEffect.RESERVATION_WITHDRAWN]
        ),
        conditions=met,
    )


STATED = st.lists(statements() | effective() | grants(), max_size=5)
LOOKUPS = st.fixed_dictionaries(
    {
        name: st.sampled_from([None, Retrieval.OK, Retrieval.ABSENT, *Retrieval])
        for name in ("robots.txt", "headers", "tdmrep.json", "ai.txt")
    }
).map(
    lambda answers: tuple(
        Lookup(
            channel={"robots.txt": Channel.ROBOTS_TXT, "headers": Channel.HTTP_HEADER}.get(
                name, Channel.WELL_KNOWN
            ),
            retrieval=answer,
            document=name if name.endswith((".json", "ai.txt")) else None,
        )
        for name, answer in answers.items()
        if answer is not None
    )
)
