"""Arbitrary statements and lookups: everything that the vocabulary can say, sensible or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from policy_words import changed, stated

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


_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(Kind),
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
_SAID = [
    "CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-PDM-1.0", "footer CC-BY-4.0", "site CC-BY-4.0",
    "ai-train=yes", "header Content-Usage: train-ai=y, search=y", "header Content-Usage: train-ai=n",
    'tdmrep.json [{"location": "/", "tdm-reservation": 1}]', "header tdm-reservation: 0", "header tdm-reservation: 1",
    "GPTBot+CCBot", "noai", "noarchive", "access refused", "agreement", "text: no crawling", "paywall",
    "https://example.org/terms", "terms: no AI training", "RSL: ai-all for payment",
]  # fmt: skip
PRICED = changed(stated("CC-BY-4.0")[0], conditions=[{"type": "payment"}])  # one licence, read in two ways
_HEARD = [PRICED, *(one for words in _SAID for one in stated(words))]
_REAL = st.sampled_from(_HEARD)
_OPENING = st.sampled_from([one for one in _HEARD if one.verdict in {Verdict.ALLOW, Verdict.CONDITIONAL}])
_DENYING = st.sampled_from([one for one in _HEARD if one.verdict is Verdict.DENY])


def altered(
    told: st.SearchStrategy[Statement], *, at_most: int = 2, **fixed: st.SearchStrategy[Any]
) -> st.SearchStrategy[Statement]:
    """Return statements with a few of their fields drawn from all that there is, and some drawn as told."""
    names = st.lists(st.sampled_from(sorted(_FIELDS.keys() - fixed.keys())), max_size=at_most, unique=True)
    changes = names.flatmap(
        lambda chosen: st.fixed_dictionaries({name: _FIELDS[name] for name in chosen} | fixed)
    )
    return st.builds(lambda one, fields: replace(one, **fields), told, changes)


def statements(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Statement]:
    """Return statements as sites make them, with a few fields altered, or with every field drawn from all there is."""
    anything = st.builds(Statement, protocol=st.just("any"), **(_FIELDS | fixed))
    return altered(_REAL, **fixed) | altered(_REAL, at_most=0, **fixed) | anything


def openings(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Statement]:
    """Return what allows or grants something, as sites say it; some fields as told."""
    return altered(_OPENING, at_most=0, **fixed)


def denials() -> st.SearchStrategy[Statement]:
    """Return what denies something, as sites say it or otherwise."""
    deny = st.just(Verdict.DENY)
    return (
        altered(_DENYING, at_most=0) | altered(_DENYING, at_most=1, verdict=deny) | statements(verdict=deny)
    )


STATED = st.lists(altered(_REAL) | altered(_REAL, at_most=0) | statements(), max_size=4)
USAGES = st.just(Usage.AI_TRAIN_GEN) | st.sampled_from([Usage.AI_TRAIN, Usage.INDEX]) | st.sampled_from(Usage)
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
