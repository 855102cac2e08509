"""Policy files: what a person can read in them, and what they say when something in them is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from licences.errors import PolicyError
from licences.policy import BUILTIN, Keep, load, read
from licences.policy.rules import RULES
from licences.vocabulary import Outcome, Usage

OBSERVE, STRICT, EUROPE = load("observe"), load("strict-optin"), load("eu-tdm")


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


@pytest.mark.parametrize("name", BUILTIN)
def test_a_profile_keeps_no_body_of_what_it_was_refused(name: str) -> None:
    policy = load(name)
    (access,) = (rule for rule in policy.rules if rule.name == "access")
    assert policy.retained(Outcome.NOT_PERMITTED, access).keep in {Keep.HEADERS, Keep.NOTHING}


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
        pytest.param(
            'outcome = "no_signal"',
            'outcome = "perhaps"',
            "key silence.outcome: write one of",
            id="no outcome",
        ),
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
        pytest.param("[retention]", "[detention]", "key retention: add a table", id="no retention"),
        pytest.param(
            'no_signal = { keep = "body", for = "30d" }',
            "",
            "key retention.no_signal: add it",
            id="an outcome without retention",
        ),
        pytest.param(
            'no_signal = { keep = "body"',
            'no_signal = { keep = "all"',
            "key retention.no_signal.keep: write one of 'body', 'headers' or 'nothing'",
            id="nothing to keep",
        ),
        pytest.param(
            'no_signal = { keep = "body", for = "30d"',
            'no_signal = { keep = "body", for = "a month"',
            "key retention.no_signal.for: write a number with h for hours or d for days",
            id="no duration",
        ),
        pytest.param(
            'no_signal = { keep = "body"',
            'no_signal = { keep = "nothing"',
            r"\[retention\]: no_signal: key for: nothing is kept; remove it",
            id="nothing for a month",
        ),
        pytest.param(
            'keep = "headers"',
            'keep = "body"',
            r"\[\[rule\]\] number 1 \(access\): key keep: of what we were refused no body is kept",
            id="a body of what we were refused",
        ),
        pytest.param(
            'keep = "headers"',
            "",
            r"\[\[rule\]\] number 1 \(access\): key keep: of what we were refused no body is kept",
            id="or by leaving it to the outcome",
        ),
        pytest.param(
            'name = "paywall"',
            'name = "paywall"\nfor = "3d"',
            r"\[\[rule\]\] number 4 \(paywall\): key for: add keep beside it",
            id="how long, but not what",
        ),
        pytest.param(
            'name = "paywall"',
            'name = "paywall"\nusages = ["training"]',
            r"\[\[rule\]\] number 4 \(paywall\): key usages.0: write one of 'crawl', 'index'",
            id="no usage",
        ),
        pytest.param(
            'name = "paywall"\noutcome = "no_signal"',
            'name = "paywall"\noutcome = "needs_review"\nadds = ["attribution"]',
            "key adds: only a permission has conditions",
            id="conditions of no permission",
        ),
        pytest.param(
            'name = "paywall"',
            'name = "reservation"',
            r"\[\[rule\]\] number 4 \(reservation\): key outcome cannot be no_signal",
            id="a reservation is no silence",
        ),
        pytest.param(
            'name = "licence"',
            'name = "unknown-licence"',
            r"\[\[rule\]\] number 6 \(unknown-licence\): it stands above already",
            id="a rule twice",
        ),
        pytest.param(
            "[trust]", '[conditions]\nbribe = "met"\n[trust]', "key conditions.bribe", id="no condition"
        ),
        pytest.param(
            "[trust]",
            '[conditions]\ngeo = "maybe"\n[trust]',
            "key conditions.geo: write one of",
            id="no stance",
        ),
        pytest.param(
            "[trust]",
            '[channels]\nneeded = ["radio"]\n[trust]',
            "key channels.needed: nobody asks 'radio'; write some of robots.txt, headers",
            id="no channel",
        ),
        pytest.param(
            "[trust]",
            '[channels]\nneeded = ["headers"]\n[trust]',
            r"key channels.needed: no rule asks for it; add a \[\[rule\]\] unanswered",
            id="channels that no rule asks for",
        ),
        pytest.param(
            'name = "paywall"',
            'name = "unanswered"',
            "key channels.needed: the rule unanswered asks for it; add it",
            id="a rule that asks for no channel",
        ),
        pytest.param(
            'name = "paywall"\noutcome = "no_signal"',
            'name = "stated-over-inferred"\nkeep = "body"',
            "key keep: this rule only sets statements aside; remove the key",
            id="keeping what is set aside",
        ),
        pytest.param(
            "[retention]",
            '[[silence.exception]]\nusages = []\noutcome = "permitted"\nsays = "x"\n[retention]',
            r"\[\[silence.exception\]\] number 1: key usages",
            id="an exception for nothing",
        ),
        pytest.param(
            'outcome = "no_signal"',
            'outcome = "permitted_with_conditions"',
            r"\[silence\]: key outcome: silence asks for no conditions",
            id="silence with conditions",
        ),
    ],
)
def test_a_wrong_policy_says_what_to_write(before: str, after: str, says: str) -> None:
    """File, key, remedy."""
    assert before in OBSERVE.text
    with pytest.raises(PolicyError, match=f"^mine.toml: .*{says}"):
        read(OBSERVE.text.replace(before, after, 1), "mine.toml")


def test_a_policy_is_a_profile_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(STRICT.text, encoding="utf-8")
    assert load(str(path)) == STRICT
    with pytest.raises(PolicyError, match=f"no such profile; write one of {', '.join(BUILTIN)}"):
        load("lenient")
    with pytest.raises(PolicyError, match="cannot be read"):
        load(str(tmp_path / "none.toml"))


def test_silence_means_what_the_policy_says_of_each_use() -> None:
    """Mining has an exception of its own; everything else wants to be stated."""
    for usage in Usage:
        mined = usage in {Usage.TDM, *Usage.TDM.descendants}
        assert EUROPE.silence_about(usage).outcome is (Outcome.PERMITTED if mined else Outcome.NOT_PERMITTED)
        assert STRICT.silence_about(usage) is STRICT.silence


def test_a_rule_may_stand_twice_for_different_uses() -> None:
    """And is asked for each use at most once."""
    text = OBSERVE.text.replace('name = "paywall"', 'name = "paywall"\nusages = ["index"]', 1)
    again = '\n[[rule]]\nname = "paywall"\nusages = ["ai-train"]\noutcome = "needs_review"\nsays = "Look."\n'
    first, second = (rule for rule in read(text + again, "mine.toml").rules if rule.name == "paywall")
    assert [first.concerns(Usage.INDEX), first.concerns(Usage.AI_TRAIN)] == [True, False]
    assert [second.concerns(Usage.INDEX), second.concerns(Usage.AI_TRAIN)] == [False, True]
