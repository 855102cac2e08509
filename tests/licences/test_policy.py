"""From a rights set to a decision: the vectors of precedence, and the laws that no policy may break."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from golden import cases
from hypothesis import given
from hypothesis import strategies as st
from pages import observed

from licences.errors import PolicyError
from licences.observation import Addressee, Observation, Scope, ScopeLevel, Source, Statement
from licences.policy import BUILTIN, Policy, decide, load, read
from licences.policy.rules import RULES
from licences.rights import Lookup, RightsSet
from licences.robots import RobotsDocument
from licences.vocabulary import (
    AssertedBy,
    Channel,
    Condition,
    ConditionType,
    Kind,
    LegalEffect,
    Outcome,
    Retrieval,
    Usage,
    Verdict,
)

ROBOTS = "https://example.org/robots.txt"
STRICT, OBSERVE = load("strict-optin"), load("observe")
TRAINING = Usage.AI_TRAIN_GEN
CREATIVE_COMMONS = {
    "CC0-1.0": "publicdomain/zero/1.0",
    "CC-PDM-1.0": "publicdomain/mark/1.0",
    "CC-BY-4.0": "licenses/by/4.0",
    "CC-BY-SA-4.0": "licenses/by-sa/4.0",
    "CC-BY-ND-4.0": "licenses/by-nd/4.0",
    "CC-BY-NC-4.0": "licenses/by-nc/4.0",
}
ALLOWED = Statement(
    kind=Kind.CONTENT_SIGNAL_ROBOTS,
    protocol="Content Signals",
    usage=Usage.AI_TRAIN,
    covers=(Usage.AI_TRAIN_GEN, Usage.AI_TRAIN_NONGEN),
    verdict=Verdict.ALLOW,
    legal_effect=LegalEffect.PREFERENCE,
)
RESERVED = Statement(
    kind=Kind.ROBOTS_TAG_HEADER,
    protocol="X-Robots-Tag",
    usage=Usage.AI_TRAIN,
    verdict=Verdict.DENY,
    legal_effect=LegalEffect.RESERVATION,
)


def _changed(statement: Statement, **changes: Any) -> Statement:
    return Statement.from_json({**statement.to_json(), **changes})


def _stated(words: str) -> list[Statement]:
    """Return what the words of the case files stand for, by the way of the real observers where there is one."""
    where, _, licence = words.rpartition(" ")
    if licence in CREATIVE_COMMONS:
        url = f"https://creativecommons.org/{CREATIVE_COMMONS[licence]}/"
        html = {
            "": f'<a rel=license href="{url}">x</a>',
            "figure": f'<figure><a rel=license href="{url}">x</a></figure>',
            "footer": f'<footer><a href="{url}">x</a></footer>',
        }[where]
        return [one.statement for one in observed(html)]
    if words.startswith("https:"):
        return [one.statement for one in observed(f'<a rel=license href="{words}">x</a>')]
    if words in {"noai", "noindex", "otherbot: noai"}:
        return [one.statement for one in observed(headers=[("X-Robots-Tag", words)])]
    if words == "GPTBot+CCBot":
        document = RobotsDocument.parse(b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /")
        return [
            one.statement for one in document.observe("https://example.org/x", ROBOTS, product_token="OurBot")
        ]
    if words == "paywall":
        html = '<script type="application/ld+json">{"@type":"Article","isAccessibleForFree":false}</script>'
        return [one.statement for one in observed(html)]
    return {
        "ai-train=yes": [ALLOWED],
        "platform ai-train=yes": [_changed(ALLOWED, asserted_by="platform")],
        "lenient noai": [_changed(RESERVED, lenient=True, confidence=0.8)],
        "access refused": [_changed(RESERVED, kind="http.access", usage="crawl", legal_effect="access_rule")],
        "agreement": [_changed(ALLOWED, kind="agreement", legal_effect="contract_term")],
    }[words]


@pytest.mark.parametrize("case", cases("policy"))
def test_precedence(case: dict[str, Any]) -> None:
    """Each profile comes to its outcome, by its rule; a contradiction is recorded."""
    rights = RightsSet.of_statements(one for words in case["statements"] for one in _stated(words))
    for name, outcome in case["outcome"].items():
        decision = decide(rights, TRAINING, load(name))
        assert decision.outcome.value == outcome, decision
        assert decision.rule == case.get("rule", {}).get(name, decision.rule)
    assert bool(decide(rights, TRAINING, STRICT).conflicts) is case.get("conflict", False)


def test_a_decision_shows_what_it_stands_on() -> None:
    """The rule's sentence first, then each statement by its reference; conditions and requirements beside them."""
    rights = RightsSet.of_statements(_stated("CC-BY-4.0"))
    decision = decide(rights, TRAINING, STRICT)
    (statement,) = rights.statements
    assert json.loads(json.dumps(decision.to_json())) == {
        "outcome": "permitted_with_conditions",
        "rule": "licence",
        "reasons": [
            {
                "text": "The document is under a licence that covers this use, and its conditions are undertaken.",
                "kind": "policy",
            },
            {
                "text": "HTML rel=license names CC-BY-4.0 (attribution, link_back, keep_notices).",
                "kind": "licence.link",
                "statement": statement.reference,
            },
        ],
        "conditions": [
            {"type": "attribution", "value": "indicate changes"},
            {"type": "link_back"},
            {"type": "keep_notices"},
        ],
        "conflicts": [],
        "enforces": ["DA-5.3.1-6", "DA-5.3.3-b"],
        "recheck_after": 2_592_000,
        "keep": "body",
        "keep_for": None,
    }


def test_host_wide_files_are_looked_at_again_within_a_day() -> None:
    asked = [Lookup(channel=Channel.ROBOTS_TXT, retrieval=Retrieval.OK)]
    assert decide(RightsSet.of([], asked), TRAINING, STRICT).recheck_after == 86_400
    assert decide(RightsSet.of([]), TRAINING, STRICT).recheck_after == 2_592_000


@pytest.mark.parametrize(
    ("usage", "outcome"),
    [
        pytest.param(Usage.AI_TRAIN_GEN, Outcome.NOT_PERMITTED, id="training is below tdm"),
        pytest.param(Usage.INDEX, Outcome.PERMITTED_WITH_CONDITIONS, id="search is not"),
        pytest.param(Usage.REDISTRIBUTE, Outcome.PERMITTED_WITH_CONDITIONS, id="passing on is not"),
    ],
)
def test_a_denial_of_tdm_leaves_search_alone(usage: Usage, outcome: Outcome) -> None:
    """Usages are separate; a licence covers what it says, for every one of them."""
    licence = [one for one in _stated("CC-BY-4.0") if usage is not Usage.AI_TRAIN_GEN]
    rights = RightsSet.of_statements([*licence, _changed(RESERVED, usage="tdm")])
    assert decide(rights, usage, STRICT).outcome is outcome


def test_an_allowance_does_not_flow_down_unless_its_protocol_says_so() -> None:
    rights = RightsSet.of_statements([_changed(ALLOWED, covers=[])])
    assert decide(rights, Usage.AI_TRAIN, STRICT).outcome is Outcome.PERMITTED
    assert decide(rights, Usage.AI_TRAIN_GEN, STRICT).outcome is Outcome.NOT_PERMITTED


def test_no_derivatives_is_silent_about_derivatives() -> None:
    rights = RightsSet.of_statements(_stated("CC-BY-ND-4.0"))
    assert decide(rights, Usage.AI_TRAIN_GEN, STRICT).rule == "conditions-unsettled"
    assert decide(rights, Usage.DERIVATIVE, STRICT).rule == "silence"


def test_words_about_images_are_not_about_the_page() -> None:
    rights = RightsSet.of(observed(headers=[("X-Robots-Tag", "noimageai")]))
    assert decide(rights, TRAINING, STRICT).rule == "silence"


def test_a_payment_demand_is_a_refusal_until_it_is_met() -> None:
    price = {"type": "payment", "value": "USD 0.01"}
    demand = _changed(RESERVED, verdict="conditional", legal_effect="payment_demand", conditions=[price])
    assert decide(RightsSet.of_statements([demand]), TRAINING, STRICT).rule == "reservation"


def test_time_matters_only_when_it_is_asked_for() -> None:
    """Whenever: a limited allowance does not count, a denial that begins later does."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    limited = RightsSet.of_statements([_changed(ALLOWED, valid_until="2027-01-01T00:00:00+00:00")])
    assert decide(limited, TRAINING, STRICT).outcome is Outcome.NOT_PERMITTED
    assert decide(limited, TRAINING, STRICT, at=now).outcome is Outcome.PERMITTED
    assert decide(limited, TRAINING, STRICT, at=now.replace(year=2028)).outcome is Outcome.NOT_PERMITTED
    later = RightsSet.of_statements([_changed(RESERVED, valid_from="2027-01-01T00:00:00+00:00"), ALLOWED])
    assert decide(later, TRAINING, STRICT).outcome is Outcome.NOT_PERMITTED
    assert decide(later, TRAINING, STRICT, at=now).outcome is Outcome.PERMITTED


def test_an_empty_policy_refuses() -> None:
    """Whatever it would make of silence, and whatever is granted."""
    text = OBSERVE.text.partition("[[rule]]")[0].replace('"no_signal"', '"permitted"')
    empty = read(text, "empty.toml")
    for rights in (RightsSet.of([]), RightsSet.of_statements(_stated("CC0-1.0"))):
        decision = decide(rights, TRAINING, empty)
        assert (decision.outcome, decision.rule) == (Outcome.NOT_PERMITTED, "empty-policy")


@pytest.mark.parametrize("name", BUILTIN)
def test_a_profile_can_be_read_by_a_person(name: str) -> None:
    """It has a summary, a sentence for every rule, and a digest over its own text."""
    policy = load(name)
    assert policy.name == name
    assert len(policy.digest) == 32
    assert policy.summary
    assert all(rule.says.strip() for rule in policy.rules)
    assert read(policy.text, "a copy.toml") == policy
    words = policy.text.lower()
    assert not any(word in words for word in ("legal ", "licensed", "safe "))


def test_every_rule_is_in_a_profile_and_no_profile_asks_them_in_another_order() -> None:
    asked = [[rule.name for rule in load(name).rules] for name in BUILTIN]
    assert {name for names in asked for name in names} == set(RULES)
    assert all(names == [name for name in RULES if name in names] for names in asked)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        pytest.param('name = "observe"', "", "key name: add it", id="a key is missing"),
        pytest.param(
            "[retention]", "mood = 1\n[retention]", "key silence.mood: remove it", id="a key too many"
        ),
        pytest.param('outcome = "no_signal"', 'outcome = "perhaps"', "key silence.outcome", id="no outcome"),
        pytest.param(
            "allow_confidence = 1.0", "allow_confidence = 3", "trust.allow_confidence", id="no probability"
        ),
        pytest.param(
            'name = "inference"', 'name = "intuition"', "write one of access, agreement", id="no rule"
        ),
        pytest.param(
            'name = "reservation"\nnumber = 3\noutcome = "not_permitted"',
            'name = "reservation"\noutcome = "permitted"',
            r"\[\[rule\]\] number 2 \(reservation\): key outcome cannot be permitted; write one of",
            id="a refusal cannot become permission",
        ),
        pytest.param("[silence]", "[silence", "not TOML", id="no TOML"),
    ],
)
def test_a_wrong_policy_says_what_to_write(before: str, after: str, says: str) -> None:
    assert before in OBSERVE.text
    with pytest.raises(PolicyError, match=f"^mine.toml: .*{says}"):
        read(OBSERVE.text.replace(before, after, 1), "mine.toml")


def test_a_policy_is_a_profile_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(STRICT.text, encoding="utf-8")
    assert load(str(path)) == STRICT
    with pytest.raises(
        PolicyError,
        match="no such profile; write one of cn-strict, eu-tdm, licence-first, observe, strict-optin",
    ):
        load("lenient")
    with pytest.raises(PolicyError, match="cannot be read"):
        load(str(tmp_path / "none.toml"))


_SPEAKING = st.sampled_from(
    [
        *(words for words in CREATIVE_COMMONS),
        *(
            "figure CC-BY-4.0",
            "footer CC-BY-4.0",
            "noai",
            "noindex",
            "otherbot: noai",
            "GPTBot+CCBot",
            "paywall",
        ),
        *("ai-train=yes", "platform ai-train=yes", "lenient noai", "https://example.org/terms"),
    ]
)
_DENIALS = st.builds(
    Statement,
    kind=st.sampled_from([Kind.ROBOTS_TAG_META, Kind.TDMREP_HEADER, Kind.HTTP_ACCESS, Kind.TOS_CLAUSE]),
    protocol=st.just("any"),
    usage=st.sampled_from(Usage),
    verdict=st.just(Verdict.DENY),
    legal_effect=st.sampled_from(LegalEffect),
    confidence=st.floats(min_value=0, max_value=1),
    lenient=st.booleans(),
    asserted_by=st.sampled_from(AssertedBy),
    addressee=st.sampled_from([Addressee(), Addressee(all=False, tokens=("x",), matches_us=False)]),
    scope=st.sampled_from([Scope(), Scope(level=ScopeLevel.ELEMENT), Scope(media=("image/*",))]),
)
_PERMISSIVE = {
    Outcome.PERMITTED: 3,
    Outcome.PERMITTED_WITH_CONDITIONS: 2,
    Outcome.NEEDS_REVIEW: 1,
    Outcome.NO_SIGNAL: 1,
    Outcome.NOT_PERMITTED: 0,
}


@given(st.lists(_SPEAKING, max_size=4), _DENIALS, st.sampled_from(Usage), st.sampled_from([STRICT, OBSERVE]))
def test_one_more_denial_never_permits_more(
    words: list[str], denial: Statement, usage: Usage, policy: Policy
) -> None:
    """The law of every profile, for every usage, whatever else was stated."""
    stated = [one for word in words for one in _stated(word)]
    before = decide(RightsSet.of_statements(stated), usage, policy).outcome
    after = decide(RightsSet.of_statements([*stated, denial]), usage, policy).outcome
    assert _PERMISSIVE[after] <= _PERMISSIVE[before]


@given(st.lists(_SPEAKING, max_size=4), st.sampled_from(Usage))
def test_watching_never_permits(words: list[str], usage: Usage) -> None:
    rights = RightsSet.of_statements(one for word in words for one in _stated(word))
    assert decide(rights, usage, OBSERVE).outcome in {Outcome.NO_SIGNAL, Outcome.NOT_PERMITTED}


@given(st.lists(_SPEAKING, max_size=4))
def test_conditions_go_with_the_outcome_that_names_them(words: list[str]) -> None:
    rights = RightsSet.of_statements(one for word in words for one in _stated(word))
    decision = decide(rights, TRAINING, STRICT)
    assert bool(decision.conditions) is (decision.outcome is Outcome.PERMITTED_WITH_CONDITIONS)
    assert decision.reasons
    assert {one.type for one in decision.conditions} <= {
        kind for kind in ConditionType if STRICT.stance(kind).value == "met"
    }


def test_a_place_is_no_part_of_a_decision() -> None:
    (one,) = observed('<a rel=license href="https://creativecommons.org/licenses/by/4.0/">x</a>')
    moved = Observation(
        statement=one.statement, source=Source(channel=Channel.FEED, url="x", locator="y"), raw="z"
    )
    assert decide(RightsSet.of([one]), TRAINING, STRICT) is decide(RightsSet.of([moved]), TRAINING, STRICT)


def test_conditions_read_back() -> None:
    condition = Condition(type=ConditionType.PAYMENT, value="USD 0.01", url="https://example.org/pay")
    assert Condition.from_json(condition.to_json()) == condition
