"""From a rights set to a decision: the vectors of precedence, and what a decision tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from golden import cases
from pages import observed
from policy_words import ALLOWED, RESERVED, changed, looked_up, stated

from licences.observation import Observation, Source
from licences.policy import Keep, decide, load, read
from licences.rights import Lookup, RightsSet
from licences.robots import RobotsState, robots_state
from licences.vocabulary import Channel, Condition, ConditionType, Kind, Outcome, Retrieval, Usage

STRICT, OBSERVE, CHINA = load("strict-optin"), load("observe"), load("cn-strict")
TRAINING = Usage.AI_TRAIN_GEN
DAY, MONTH = 86_400, 2_592_000
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("case", cases("policy"))
def test_precedence(case: dict[str, Any]) -> None:
    """Each profile comes to its outcome, by its rule; a contradiction is recorded."""
    statements = [one for words in case["statements"] for one in stated(words)]
    rights = RightsSet.of_statements(statements, looked_up(case.get("lookups", {})))
    usage = Usage(case.get("usage", TRAINING))
    for name, outcome in case["outcome"].items():
        decision = decide(rights, usage, load(name))
        assert (name, decision.outcome.value) == (name, outcome), decision
        assert decision.rule == case.get("rule", {}).get(name, decision.rule)
        assert decision.keep == case.get("keep", {}).get(name, decision.keep)
    assert bool(decide(rights, usage, STRICT).conflicts) is case.get("conflict", False)


def test_a_robots_txt_out_of_reach_is_no_permission_to_fetch() -> None:
    """P11: with an old copy that allowed us, too."""
    assert robots_state(503) is RobotsState.UNREACHABLE


def test_a_decision_shows_what_it_stands_on() -> None:
    """The rule's sentence first, then each statement by its reference; conditions and requirements beside them."""
    rights = RightsSet.of_statements(stated("CC-BY-4.0"))
    decision = decide(rights, TRAINING, STRICT)
    (statement,) = rights.statements
    assert json.loads(decision.canonical) == {
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
        "recheck_after": MONTH,
        "keep": "body",
        "keep_for": None,
    }


def test_a_decision_names_the_answer_that_is_missing() -> None:
    rights = RightsSet.of_statements([], looked_up({"tdmrep.json": "unreachable", "ai.txt": "never"}))
    decision = decide(rights, TRAINING, load("eu-tdm"))
    assert [(reason.kind, reason.text) for reason in decision.reasons[1:]] == [
        ("lookup", "ai.txt was never asked for."),
        ("lookup", "tdmrep.json was asked for, and the answer was: unreachable."),
    ]


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
    licence = [one for one in stated("CC-BY-4.0") if usage is not Usage.AI_TRAIN_GEN]
    rights = RightsSet.of_statements([*licence, changed(RESERVED, usage="tdm")])
    assert decide(rights, usage, STRICT).outcome is outcome


def test_an_allowance_does_not_flow_down_unless_its_protocol_says_so() -> None:
    rights = RightsSet.of_statements([changed(ALLOWED, covers=[])])
    assert decide(rights, Usage.AI_TRAIN, STRICT).outcome is Outcome.PERMITTED
    assert decide(rights, Usage.AI_TRAIN_GEN, STRICT).outcome is Outcome.NOT_PERMITTED


def test_permission_to_another_agent_is_no_permission_to_us() -> None:
    """Said to us by name it counts, said to another by name it does not."""
    for matches_us, outcome in ((True, Outcome.PERMITTED), (False, Outcome.NOT_PERMITTED)):
        named = {"all": False, "tokens": ["OneBot"], "matches_us": matches_us}
        rights = RightsSet.of_statements([changed(ALLOWED, addressee=named)])
        assert decide(rights, Usage.AI_TRAIN, load("strict-optin")).outcome is outcome


def test_no_derivatives_is_silent_about_derivatives() -> None:
    rights = RightsSet.of_statements(stated("CC-BY-ND-4.0"))
    assert decide(rights, Usage.AI_TRAIN_GEN, STRICT).rule == "conditions-unsettled"
    assert decide(rights, Usage.DERIVATIVE, STRICT).rule == "silence"


def test_words_about_images_are_not_about_the_page() -> None:
    rights = RightsSet.of(observed(headers=[("X-Robots-Tag", "noimageai")]))
    assert decide(rights, TRAINING, STRICT).rule == "silence"


def test_a_demand_is_a_refusal_until_it_is_met() -> None:
    """And then its condition travels with the document, beside the licence's own."""
    demand = changed(RESERVED, verdict="conditional", legal_effect="payment_demand")
    price = changed(demand, conditions=[{"type": "payment", "value": "USD 0.01"}])
    credit = changed(demand, conditions=[{"type": "state_source_date"}])
    assert decide(RightsSet.of_statements([price]), TRAINING, STRICT).rule == "reservation"
    assert decide(RightsSet.of_statements([demand]), TRAINING, STRICT).rule == "reservation"
    decision = decide(RightsSet.of_statements([*stated("CC-BY-4.0"), credit]), TRAINING, STRICT)
    assert ConditionType.STATE_SOURCE_DATE in {condition.type for condition in decision.conditions}


def test_an_author_stays_named_whatever_the_licence_waives() -> None:
    """Rights of authorship cannot be waived everywhere (DA-5.3.3-a); who asks for it already is not asked twice."""
    for licence in ("CC0-1.0", "CC-BY-4.0"):
        decision = decide(RightsSet.of_statements(stated(licence)), TRAINING, CHINA)
        named = [condition.type for condition in decision.conditions]
        assert named.count(ConditionType.ATTRIBUTION) == 1


def test_a_licence_that_does_not_cover_adaptations_is_not_enough_everywhere() -> None:
    narrow = changed(stated("CC0-1.0")[0], covers=["redistribute"])
    assert decide(RightsSet.of_statements([narrow]), TRAINING, STRICT).rule == "licence"
    assert decide(RightsSet.of_statements([narrow]), TRAINING, CHINA).rule == "licence-without-adaptations"


def test_noarchive_is_read_as_the_policy_says() -> None:
    """A flag of the policy turns the hint into a denial."""
    strict = load("eu-tdm").text.replace("noarchive_is_noai = false", "noarchive_is_noai = true")
    rights = RightsSet.of_statements(stated("noarchive"), looked_up({}))
    assert decide(rights, TRAINING, load("eu-tdm")).outcome is Outcome.PERMITTED
    assert decide(rights, TRAINING, read(strict, "mine.toml")).rule == "reservation"
    assert decide(rights, Usage.INDEX, read(strict, "mine.toml")).rule == "silence"


def test_time_matters_only_when_it_is_asked_for() -> None:
    """Whenever: a limited allowance does not count, a denial that begins later does."""
    limited = RightsSet.of_statements([changed(ALLOWED, valid_until="2027-01-01T00:00:00+00:00")])
    assert decide(limited, TRAINING, STRICT).outcome is Outcome.NOT_PERMITTED
    assert decide(limited, TRAINING, STRICT, at=NOW).outcome is Outcome.PERMITTED
    assert decide(limited, TRAINING, STRICT, at=NOW.replace(year=2028)).outcome is Outcome.NOT_PERMITTED
    later = RightsSet.of_statements([changed(RESERVED, valid_from="2027-01-01T00:00:00+00:00"), ALLOWED])
    assert decide(later, TRAINING, STRICT).outcome is Outcome.NOT_PERMITTED
    assert decide(later, TRAINING, STRICT, at=NOW).outcome is Outcome.PERMITTED


@pytest.mark.parametrize(
    ("statements", "lookups", "at", "seconds"),
    [
        pytest.param([], [], None, MONTH, id="a document alone: thirty days"),
        pytest.param([], [Channel.ROBOTS_TXT], None, DAY, id="a host's file was asked: a day"),
        pytest.param([{"valid_until": timedelta(hours=3)}], [Channel.ROBOTS_TXT], NOW, 10_800, id="it ends"),
        pytest.param([{"valid_from": timedelta(hours=2)}], [], NOW, 7_200, id="unavailable after"),
        pytest.param([{"valid_until": timedelta(hours=-3)}], [], NOW, MONTH, id="it ended long ago"),
        pytest.param([{"valid_until": timedelta(seconds=0.2)}], [], NOW, 1, id="never at once"),
        pytest.param([{"valid_until": timedelta(hours=3)}], [], None, MONTH, id="whenever"),
    ],
)
def test_when_to_look_again(
    statements: list[dict[str, timedelta]], lookups: list[Channel], at: datetime | None, seconds: int
) -> None:
    """The earliest of: a host's file (a day), what a statement's own dates say, thirty days."""
    dated = [
        changed(RESERVED, **{name: (NOW + after).isoformat() for name, after in one.items()})
        for one in statements
    ]
    asked = [Lookup(channel=channel, retrieval=Retrieval.OK) for channel in lookups]
    rights = RightsSet.of_statements(dated, asked)
    assert decide(rights, TRAINING, STRICT, at=at).recheck_after == seconds


@pytest.mark.parametrize(
    ("profile", "words", "keep", "days"),
    [
        pytest.param("strict-optin", "CC-BY-4.0", Keep.BODY, None, id="permitted: no end is set"),
        pytest.param("strict-optin", "CC-BY-ND-4.0", Keep.BODY, 180, id="a person's matter: half a year"),
        pytest.param("strict-optin", "text: all rights reserved", Keep.BODY, 180, id="silence: half a year"),
        pytest.param("strict-optin", "noai", Keep.HEADERS, None, id="refused: headers"),
        pytest.param("strict-optin", "GPTBot+CCBot", Keep.HEADERS, None, id="refused by inference: headers"),
        pytest.param("eu-tdm", "noai", Keep.HEADERS, None, id="refused, in the EU: headers"),
        pytest.param("cn-strict", "noai", Keep.NOTHING, None, id="refused, in China: nothing"),
        pytest.param("observe", "noai", Keep.BODY, 30, id="watching: a month"),
        pytest.param("observe", "access refused", Keep.HEADERS, None, id="no body of what we were refused"),
    ],
)
def test_what_may_be_kept(profile: str, words: str, keep: Keep, days: int | None) -> None:
    rights = RightsSet.of_statements(stated(words), looked_up({}))
    decision = decide(rights, TRAINING, load(profile))
    assert (decision.keep, decision.keep_for) == (keep, None if days is None else days * DAY)


def test_an_empty_policy_refuses() -> None:
    """Whatever it would make of silence, and whatever is granted."""
    text = OBSERVE.text.partition("[[rule]]")[0].replace('outcome = "no_signal"', 'outcome = "permitted"')
    empty = read(text, "empty.toml")
    for rights in (RightsSet.of([]), RightsSet.of_statements(stated("CC0-1.0"))):
        decision = decide(rights, TRAINING, empty)
        assert (decision.outcome, decision.rule) == (Outcome.NOT_PERMITTED, "empty-policy")


def test_a_place_is_no_part_of_a_decision() -> None:
    (one,) = observed('<a rel=license href="https://creativecommons.org/licenses/by/4.0/">x</a>')
    moved = Observation(
        statement=one.statement, source=Source(channel=Channel.FEED, url="x", locator="y"), raw="z"
    )
    assert decide(RightsSet.of([one]), TRAINING, STRICT) is decide(RightsSet.of([moved]), TRAINING, STRICT)


def test_conditions_read_back() -> None:
    condition = Condition(type=ConditionType.PAYMENT, value="USD 0.01", url="https://example.org/pay")
    assert Condition.from_json(condition.to_json()) == condition


def test_the_kinds_that_may_refuse_access_do() -> None:
    """A word on the page does not (it binds a reader, it shuts no door); an answer of the server does."""
    shut = changed(RESERVED, usage="crawl", legal_effect="access_rule", kind=Kind.HTTP_ACCESS.value)
    assert decide(RightsSet.of_statements([shut]), TRAINING, OBSERVE).rule == "access"
    spoken = changed(shut, legal_effect="contract_term", kind=Kind.TOS_CLAUSE.value)
    assert decide(RightsSet.of_statements([spoken]), TRAINING, OBSERVE).rule == "silence"
