"""The laws that no policy may break, whatever is stated: every profile, every usage, arbitrary statements."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st
from policy_strategies import LOOKUPS, PRICED, STATED, TIMES, USAGES, denials, openings
from policy_words import CREATIVE_COMMONS, RESERVED, looked_up, stated

from licences.observation import Statement
from licences.policy import BUILTIN, Policy, Stance, decide, load
from licences.policy.rules import PERMITTING
from licences.rights import Lookup, RightsSet
from licences.vocabulary import Condition, ConditionType, Outcome, Retrieval, Usage

PROFILES = st.sampled_from([load(name) for name in BUILTIN])
MOMENTS = st.none() | TIMES
LAWFUL = settings(max_examples=600, deadline=None)
OBSERVE, EUROPE = load("observe"), load("eu-tdm")

_PERMISSIVE = {
    Outcome.PERMITTED: 3,
    Outcome.PERMITTED_WITH_CONDITIONS: 2,
    Outcome.NEEDS_REVIEW: 1,
    Outcome.NO_SIGNAL: 1,
    Outcome.NOT_PERMITTED: 0,
}


def outcome(
    said: list[Statement],
    asked: tuple[Lookup, ...],
    usage: Usage,
    policy: Policy,
    at: datetime | None = None,
) -> Outcome:
    return decide(RightsSet.of_statements(said, asked), usage, policy, at=at).outcome


@LAWFUL
@example(
    said=[
        *stated("CC-BY-4.0"),
        PRICED,
    ],  # a licence that is read in two ways is worth as much as the worse one
    denial=RESERVED,
    asked=(),
    usage=Usage.AI_TRAIN_GEN,
    policy=load("strict-optin"),
    at=None,
)
@given(said=STATED, denial=denials(), asked=LOOKUPS, usage=USAGES, policy=PROFILES, at=MOMENTS)
def test_one_more_denial_never_permits_more(
    *,
    said: list[Statement],
    denial: Statement,
    asked: tuple[Lookup, ...],
    usage: Usage,
    policy: Policy,
    at: datetime | None,
) -> None:
    before = outcome(said, asked, usage, policy, at)
    assert _PERMISSIVE[outcome([*said, denial], asked, usage, policy, at)] <= _PERMISSIVE[before]


_NOT_OK = st.sampled_from([one for one in Retrieval if one is not Retrieval.OK])
_UNSOUND = openings(lenient=st.just(True)) | openings(retrieval=_NOT_OK)


@LAWFUL
@given(said=STATED, unsound=_UNSOUND, asked=LOOKUPS, usage=USAGES, policy=PROFILES, at=MOMENTS)
def test_an_allowance_never_comes_from_what_is_malformed_or_lenient(
    *,
    said: list[Statement],
    unsound: Statement,
    asked: tuple[Lookup, ...],
    usage: Usage,
    policy: Policy,
    at: datetime | None,
) -> None:
    """Whatever else was stated: it makes no outcome more permissive."""
    before = outcome(said, asked, usage, policy, at)
    after = outcome([*said, unsound], asked, usage, policy, at)
    assert after not in PERMITTING or _PERMISSIVE[after] <= _PERMISSIVE[before]


@given(
    st.lists(STATED.filter(bool).map(lambda said: said[0]), max_size=6), LOOKUPS, USAGES, PROFILES, st.data()
)
def test_the_order_of_what_was_stated_is_irrelevant(
    said: list[Statement], asked: tuple[Lookup, ...], usage: Usage, policy: Policy, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(said))
    first = decide(RightsSet.of_statements(said, asked), usage, policy)
    decide.cache_clear()
    again = decide(RightsSet.of_statements([*shuffled, *said], reversed(asked)), usage, policy)
    assert again.canonical == first.canonical


@given(STATED, LOOKUPS, USAGES, PROFILES, MOMENTS)
def test_a_replay_gives_the_same_bytes(
    said: list[Statement], asked: tuple[Lookup, ...], usage: Usage, policy: Policy, at: datetime | None
) -> None:
    """From the stored rights set and the stored policy, in another process or another year."""
    rights = RightsSet.of_statements(said, asked)
    first = decide(rights, usage, policy, at=at)
    decide.cache_clear()
    again = decide(RightsSet.from_json(rights.canonical), usage, load(policy.name), at=at)
    assert (again.canonical, again.canonical.encode()) == (first.canonical, first.canonical.encode())


@given(STATED, st.sampled_from([*Retrieval, None]), st.sampled_from([*Retrieval, None]))
def test_unknown_absent_and_unreachable_are_never_conflated(
    said: list[Statement], one: Retrieval | None, other: Retrieval | None
) -> None:
    """Another answer of a channel, or no question at all, is another rights set."""
    sets = [
        RightsSet.of_statements(said, looked_up({"tdmrep.json": "never" if answer is None else answer.value}))
        for answer in (one, other)
    ]
    assert (sets[0].digest == sets[1].digest) is (one is other)


@given(STATED, st.sampled_from(Retrieval), USAGES, PROFILES)
def test_an_answer_that_settles_nothing_never_permits_more(
    said: list[Statement], answer: Retrieval, usage: Usage, policy: Policy
) -> None:
    """Than an absent file does; and in silence, only an answer permits."""
    absent = outcome(said, tuple(looked_up({})), usage, policy)
    asked = tuple(looked_up({"tdmrep.json": answer.value}))
    assert _PERMISSIVE[outcome(said, asked, usage, policy)] <= _PERMISSIVE[absent]
    permits = outcome([], asked, Usage.AI_TRAIN_GEN, EUROPE) is Outcome.PERMITTED
    assert permits is (answer in {Retrieval.OK, Retrieval.ABSENT})


@given(st.lists(st.sampled_from(sorted(CREATIVE_COMMONS)), min_size=1, max_size=3), LOOKUPS)
def test_the_restrictions_of_a_licence_survive_storage(
    licences: list[str], asked: tuple[Lookup, ...]
) -> None:
    """Conditions, confidence and what is covered come back as they went."""
    rights = RightsSet.of_statements([one for name in licences for one in stated(name)], asked)
    again = RightsSet.from_json(rights.canonical)
    assert {one: one.conditions for one in again.statements} == {
        one: one.conditions for one in rights.statements
    }
    for name in licences:
        kept = {
            condition.type for one in again.statements if one.licence == name for condition in one.conditions
        }
        assert ("-NC-" in name) <= (ConditionType.NONCOMMERCIAL in kept)
        assert ("-SA-" in name) <= (ConditionType.SHARE_ALIKE in kept)
        assert ("-ND-" in name) <= (ConditionType.NO_DERIVATIVES in kept)


@given(STATED, LOOKUPS, USAGES, MOMENTS)
def test_watching_never_permits(
    said: list[Statement], asked: tuple[Lookup, ...], usage: Usage, at: datetime | None
) -> None:
    assert outcome(said, asked, usage, OBSERVE, at) in {Outcome.NO_SIGNAL, Outcome.NOT_PERMITTED}


@LAWFUL
@given(STATED, LOOKUPS, USAGES, PROFILES, MOMENTS)
def test_a_condition_that_is_not_met_is_never_permitted(
    said: list[Statement], asked: tuple[Lookup, ...], usage: Usage, policy: Policy, at: datetime | None
) -> None:
    """What is permitted with conditions names them, and the operator meets each."""
    decision = decide(RightsSet.of_statements(said, asked), usage, policy, at=at)
    assert bool(decision.conditions) is (decision.outcome is Outcome.PERMITTED_WITH_CONDITIONS)
    assert all(policy.stance(condition.type) is Stance.MET for condition in decision.conditions)


_UNMET = st.sampled_from([ConditionType.PAYMENT, ConditionType.NONCOMMERCIAL, ConditionType.GEO])


@LAWFUL
@given(openings(conditions=_UNMET.map(lambda kind: (Condition(type=kind),))), USAGES, PROFILES)
def test_what_asks_for_more_than_we_do_permits_nothing(
    priced: Statement, usage: Usage, policy: Policy
) -> None:
    """Be it a licence, an allowance or an agreement: the outcome is no better than silence."""
    found = outcome([priced], tuple(looked_up({})), usage, policy)
    assert found not in PERMITTING or found is outcome([], tuple(looked_up({})), usage, policy)


@given(STATED, LOOKUPS, USAGES, PROFILES, MOMENTS)
def test_every_decision_says_why_and_what_is_kept(
    said: list[Statement], asked: tuple[Lookup, ...], usage: Usage, policy: Policy, at: datetime | None
) -> None:
    """A sentence of the policy first; every further reason on a statement of the set, or a missing answer."""
    rights = RightsSet.of_statements(said, asked)
    decision = decide(rights, usage, policy, at=at)
    known = {one.reference for one in rights.statements}
    assert decision.reasons[0].kind == "policy"
    assert all(one.statement in known or one.kind == "lookup" for one in decision.reasons[1:])
    assert decision.rule == "silence" or decision.rule in {rule.name for rule in policy.rules}
    assert decision.recheck_after is not None
    assert 0 < decision.recheck_after <= 2_592_000
    assert decision.canonical.isascii()
    assert not any(first == second for first, second in pairwise(decision.conflicts))
