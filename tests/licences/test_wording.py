"""What was stated, in plain words: every statement is a sentence, and no sentence judges."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from licences.observation import Addressee, Scope, ScopeLevel, Source, Statement
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
from licences.whereabouts import lookup_in_words, whereabouts
from licences.wording import (
    CONDITIONS,
    SPEAKERS,
    USAGES,
    condition_in_words,
    scope_in_words,
    statement_in_words,
    usage_in_words,
)


def stated(**changes: Any) -> Statement:
    """A header that reserves training, unless told otherwise."""
    values: dict[str, Any] = {
        "kind": Kind.ROBOTS_TAG_HEADER,
        "protocol": "X-Robots-Tag",
        "usage": Usage.AI_TRAIN,
        "verdict": Verdict.DENY,
        "legal_effect": LegalEffect.RESERVATION,
    }
    return Statement(**values | changes)


LICENCE = {
    "kind": Kind.LICENCE_LINK,
    "protocol": "HTML rel=license",
    "legal_effect": LegalEffect.LICENCE_GRANT,
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({}, "Reserves its rights against training AI models.", id="a reservation"),
        pytest.param(
            LICENCE
            | {
                "verdict": Verdict.CONDITIONAL,
                "licence": "CC-BY-SA-4.0",
                "conditions": (
                    Condition(type=ConditionType.ATTRIBUTION, value="indicate changes"),
                    Condition(type=ConditionType.SHARE_ALIKE),
                ),
                "covers": (Usage.AI_TRAIN_GEN, Usage.AI_TRAIN_NONGEN, Usage.TDM, Usage.REDISTRIBUTE),
            },
            "Names CC-BY-SA-4.0, which allows training AI models and 2 other uses on conditions: "
            "name the author (indicate changes), pass adaptations on under the same licence.",
            id="a licence keeps every condition it has",
        ),
        pytest.param(
            LICENCE
            | {"verdict": Verdict.UNKNOWN, "licence": "https://example.org/terms", "note": "unknown_licence"},
            "Names https://example.org/terms, which settles nothing about training AI models. "
            "Noted: terms that we cannot read by rule.",
            id="terms of one's own",
        ),
        pytest.param(
            {
                "legal_effect": LegalEffect.INFERENCE,
                "usage": Usage.AI_TRAIN_GEN,
                "scope": Scope(level=ScopeLevel.PATH, selector="/essays/"),
                "addressee": Addressee(all=False, tokens=("CCBot", "GPTBot"), matches_us=False),
                "confidence": 0.75,
            },
            "Turns AI crawlers away, from which we infer a no to training AI models that generate content, "
            "addressed to CCBot and GPTBot; for addresses that match /essays/. We are 75% sure of this reading.",
            id="an inference says that it is one",
        ),
        pytest.param(
            {
                "verdict": Verdict.UNKNOWN,
                "legal_effect": LegalEffect.RESERVATION_WITHDRAWN,
                "usage": Usage.TDM,
            },
            "Reserves no right against automated analysis (text and data mining), which grants nothing either.",
            id="a reservation withdrawn grants nothing",
        ),
        pytest.param(
            {"lenient": True, "valid_until": datetime(2027, 1, 2, tzinfo=UTC)},
            "Reserves its rights against training AI models. Holds until 2 January 2027. "
            "It is not written as its standard asks, so that it may only count as a no.",
            id="doubts are told",
        ),
        pytest.param(
            {"addressee": Addressee(all=False, tokens=("Aboveboard",), matches_us=True)},
            "Reserves its rights against training AI models, addressed to Aboveboard, us among them.",
            id="we are addressed",
        ),
        pytest.param(
            {"kind": Kind.RIGHTS_PAYWALL, "legal_effect": LegalEffect.NOTICE, "note": "paywall"},
            "Marks the page as not free to read.",
            id="a paywall",
        ),
    ],
)
def test_a_statement_is_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert statement_in_words(stated(**changes)) == sentence


@pytest.mark.parametrize("effect", LegalEffect)
@pytest.mark.parametrize("verdict", Verdict)
def test_whatever_is_stated_has_words(effect: LegalEffect, verdict: Verdict) -> None:
    """Every combination, with and without a licence; nothing pronounces a verdict of law."""
    for usage, licence in itertools.product(Usage, (None, "CC0-1.0")):
        words = statement_in_words(stated(usage=usage, verdict=verdict, legal_effect=effect, licence=licence))
        assert re.fullmatch(r"[A-Z][^{}]+\.", words)
        assert not re.search(r"\b(?:il)?legal|\bsafe\b|\blicensed\b|\blawful", words, re.IGNORECASE)


def test_a_no_never_reads_like_a_yes() -> None:
    """What denies and what allows are two sentences, whatever it is stated as."""
    for effect in LegalEffect:
        said = {
            verdict: statement_in_words(stated(verdict=verdict, legal_effect=effect))
            for verdict in (Verdict.ALLOW, Verdict.DENY)
        }
        alike = effect in {LegalEffect.RESERVATION_WITHDRAWN, LegalEffect.PAYMENT_DEMAND}
        assert alike or said[Verdict.ALLOW] != said[Verdict.DENY]


def test_every_word_of_the_vocabulary_is_spelt_out() -> None:
    assert set(USAGES) == set(Usage)
    assert set(SPEAKERS) == set(AssertedBy)
    assert set(CONDITIONS) == set(ConditionType)
    assert usage_in_words("tdm").startswith("automated analysis")
    assert condition_in_words({"type": "novel_thing", "url": "https://example.org/"}) == (
        "novel thing (https://example.org/)"
    )


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        pytest.param(Scope(), "", id="the document"),
        pytest.param(
            Scope(level=ScopeLevel.ELEMENT, selector="figure"), "a part of the page (figure)", id="a part"
        ),
        pytest.param(Scope(level=ScopeLevel.AUTHORITY), "the whole host", id="a host"),
        pytest.param(Scope(media=("image/*",)), "media types image/*", id="some media"),
    ],
)
def test_what_a_statement_covers(scope: Scope, words: str) -> None:
    assert scope_in_words(scope) == words


@pytest.mark.parametrize(
    ("channel", "locator", "where", "at"),
    [
        pytest.param(Channel.ROBOTS_TXT, "line 4, line 9", "robots.txt", "line 4, line 9", id="lines"),
        pytest.param(Channel.HTTP_HEADER, "Link[0]", "response headers", "Link", id="a header"),
        pytest.param(Channel.HTTP_HEADER, "Link[1]", "response headers", "the second Link", id="its second"),
        pytest.param(Channel.HTTP_HEADER, "Link[10]", "response headers", "the 11th Link", id="its eleventh"),
        pytest.param(
            Channel.HTML_META, "html > head > meta", "the page's head", "html > head > meta", id="a tag"
        ),
        pytest.param(
            Channel.HTML_META,
            "body: html > body > meta",
            "the page's body",
            "html > body > meta",
            id="in the body",
        ),
        pytest.param(
            Channel.HTML_LINK, "footer#end > a", "the page", "footer#end > a", id="somewhere in the page"
        ),
        pytest.param(
            Channel.HTML_SCRIPT,
            "html > head > script $.license",
            "the page's structured data",
            "html > head > script $.license",
            id="structured data",
        ),
        pytest.param(
            Channel.HTML_TEXT, "html > body > p text", "the words on the page", "html > body > p", id="words"
        ),
        pytest.param(
            Channel.HTML_TEXT, "comment[2]", "comments in the page's source", "comment[2]", id="a comment"
        ),
        pytest.param(Channel.WELL_KNOWN, "$[2]", "tdmrep.json", "entry 3", id="an entry of a host's file"),
        pytest.param(Channel.WELL_KNOWN, "$", "tdmrep.json", "", id="all of a host's file"),
        pytest.param(Channel.HTTP_STATUS, "status", "the answer's status", "status", id="a status"),
    ],
)
def test_a_place_has_two_steps(channel: Channel, locator: str, where: str, at: str) -> None:
    """What to open, and where to look in it."""
    source = Source(channel=channel, url="https://example.org/.well-known/tdmrep.json", locator=locator)
    assert whereabouts(source) == (where, at)


def test_absent_unreachable_and_malformed_are_three_words() -> None:
    """And so is every other way in which looking may end, for every channel."""
    for channel in Channel:
        said = {lookup_in_words(Lookup(channel=channel, retrieval=state)) for state in Retrieval}
        assert len(said) == len(Retrieval)
