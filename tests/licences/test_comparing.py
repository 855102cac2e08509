"""What would change: counts, rules on both sides, documents to look at; each rights set decided once."""

from __future__ import annotations

from policy_words import looked_up, stated

from licences.policy import load
from licences.policy.comparing import Held, Judgement, Shift, compare, tally
from licences.rights import RightsSet
from licences.vocabulary import Outcome, Usage

STRICT, EUROPE = load("strict-optin"), load("eu-tdm")
TRAINING = [Usage.AI_TRAIN_GEN]


def held(documents: int, *samples: int, words: tuple[str, ...] = (), **lookups: str) -> Held:
    answers = {name.replace("_", "."): answer for name, answer in lookups.items()}
    statements = [one for part in words for one in stated(part)]
    rights = RightsSet.of_statements(statements, looked_up(answers))
    return Held(rights=rights, documents=documents, samples=samples)


HELD = [
    held(10, 1, 2),
    held(5, 3, words=("CC-BY-4.0",)),
    held(40, 4, 5, words=("noai",)),
    held(7, 6, words=("text: all rights reserved",)),
    held(30, 7, 8, tdmrep_json="unreachable"),
    held(1, 9, words=("CC0-1.0",), tdmrep_json="unreachable"),
]


def test_what_a_policy_makes_of_everything() -> None:
    """The commonest outcome first, and in it the commonest rule; samples of the largest rights sets in turn."""
    told = tally(HELD, STRICT, TRAINING)
    assert [(one.what.outcome.value, one.what.rule, one.documents, one.rights_sets) for one in told] == [
        ("not_permitted", "silence", 47, 3),
        ("not_permitted", "reservation", 40, 1),
        ("permitted_with_conditions", "licence", 5, 1),
        ("permitted", "licence", 1, 1),
    ]
    assert told[0].samples == (7, 1, 6)
    assert told[1].samples == (4, 5)
    assert isinstance(told[0].what, Judgement)
    assert told[0].what.says == STRICT.silence.says


def test_what_another_policy_changes() -> None:
    told = compare(HELD, STRICT, EUROPE, TRAINING)
    assert [(one.what[1:5], one.documents) for one in told] == [
        ((Outcome.NOT_PERMITTED, Outcome.NEEDS_REVIEW, "silence", "unanswered"), 30),
        ((Outcome.NOT_PERMITTED, Outcome.PERMITTED, "silence", "silence"), 17),
        ((Outcome.PERMITTED, Outcome.NEEDS_REVIEW, "licence", "unanswered"), 1),
    ]
    assert isinstance(told[0].what, Shift)


def test_each_use_is_compared_on_its_own_in_the_order_asked() -> None:
    """Mining changes, passing on does not."""
    told = compare(HELD, STRICT, EUROPE, [Usage.REDISTRIBUTE, Usage.TDM])
    assert {one.what.usage for one in told if one.what.after is Outcome.PERMITTED} == {Usage.TDM}
    usages = [one.what.usage for one in told]
    assert usages == sorted(usages, key=[Usage.REDISTRIBUTE, Usage.TDM].index)


def test_the_order_of_what_is_held_does_not_matter() -> None:
    assert compare(HELD, STRICT, EUROPE, list(Usage)) == compare(HELD[::-1], STRICT, EUROPE, list(Usage))


def test_a_policy_changes_nothing_against_itself() -> None:
    assert compare(HELD, STRICT, STRICT, list(Usage)) == ()
    assert tally([], STRICT, TRAINING) == ()
