"""Compare policies over everything held: what each makes of every rights set, and what would change.

Decided once a rights set, however many documents it holds for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Generic, NamedTuple, TypeVar

from licences.policy.decision import Decision, decide
from licences.policy.model import Policy
from licences.rights import RightsSet
from licences.vocabulary import Outcome, Usage

SAMPLES = 3  # documents named with each line, if there are so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A rights set, how many documents it holds for, and a few of them."""

    rights: RightsSet
    documents: int
    samples: Sequence[int]  # keys of documents, whatever the caller finds them by


class Judgement(NamedTuple):
    """What a policy makes of some documents for a usage, and by which rule."""

    usage: Usage
    outcome: Outcome
    rule: str
    says: str  # the rule in the policy's words

    @property
    def kind(self) -> tuple[str, ...]:
        """What is seen as one line, whatever the rules: the outcome."""
        return (self.outcome,)


class Shift(NamedTuple):
    """How some documents change for a usage, and by which rules."""

    usage: Usage
    before: Outcome
    after: Outcome
    rule_before: str
    rule_after: str
    says_before: str
    says_after: str

    @property
    def kind(self) -> tuple[str, ...]:
        """What is seen as one line, whatever the rules: the pair of outcomes."""
        return (self.before, self.after)


_What = TypeVar("_What", bound=Judgement | Shift)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Generic[_What]):
    """The documents that have something in common."""

    what: _What
    documents: int
    rights_sets: int
    samples: tuple[int, ...]  # of the largest rights sets, each of another one as long as there are so many


def tally(held: Iterable[Held], policy: Policy, usages: Sequence[Usage]) -> tuple[Counted[Judgement], ...]:
    """Return what a policy makes of everything: by usage, the commonest outcome first, and in it the commonest rule."""
    groups: dict[Judgement, list[Held]] = defaultdict(list)
    for one in held:
        for usage in usages:
            found = decide(one.rights, usage, policy)
            groups[Judgement(usage, found.outcome, found.rule, _says(found))].append(one)
    return _counted(groups, usages)


def compare(
    held: Iterable[Held], before: Policy, after: Policy, usages: Sequence[Usage]
) -> tuple[Counted[Shift], ...]:
    """Return what would change by going from one policy to another: outcomes, not their wording.

    Args:
        held: every rights set once.
        before: the policy in force.
        after: the policy that is considered.
        usages: each is compared on its own.

    Returns:
        One entry for each usage, pair of outcomes and pair of rules: the pair of outcomes that most documents share
        first, and in it the commonest pair of rules.
    """
    groups: dict[Shift, list[Held]] = defaultdict(list)
    for one in held:
        for usage in usages:
            old, new = decide(one.rights, usage, before), decide(one.rights, usage, after)
            if old.outcome is not new.outcome:
                rules = (old.rule, new.rule, _says(old), _says(new))
                groups[Shift(usage, old.outcome, new.outcome, *rules)].append(one)
    return _counted(groups, usages)


def _says(decision: Decision) -> str:
    return decision.reasons[0].text


def _counted(groups: Mapping[_What, list[Held]], usages: Sequence[Usage]) -> tuple[Counted[_What], ...]:
    """Return the groups by usage as asked, then the largest first; those of one kind stand together."""
    sizes = {what: sum(one.documents for one in members) for what, members in groups.items()}
    totals = Counter[tuple[str, ...]]()
    for what, size in sizes.items():
        totals[what.usage, *what.kind] += size

    def place(what: _What) -> tuple[int, int, tuple[str, ...], int, _What]:
        return (
            usages.index(what.usage),
            -totals[what.usage, *what.kind],
            what.kind,
            -sizes[what],
            what,
        )

    return tuple(
        Counted(
            what=what,
            documents=sizes[what],
            rights_sets=len(groups[what]),
            samples=_samples(groups[what]),
        )
        for what in sorted(groups, key=place)
    )


def _samples(members: Iterable[Held]) -> tuple[int, ...]:
    largest = sorted(members, key=lambda one: (-one.documents, one.rights.digest))[:SAMPLES]
    found = [key for turn in zip_longest(*(one.samples for one in largest)) for key in turn]
    return tuple(key for key in found if key is not None)[:SAMPLES]
