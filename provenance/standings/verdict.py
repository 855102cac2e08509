"""Verdict: what holds for a document now, by which rule, and what changed it since it was fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from licences.policy.decision import Decision
from licences.policy.reach import is_about_document
from licences.policy.rules import PERMITTING
from licences.rights import RightsSet
from licences.vocabulary import Outcome

UNREADABLE = "rights-set.unreadable"
_STRICTNESS = {
    Outcome.PERMITTED: 0,
    Outcome.PERMITTED_WITH_CONDITIONS: 1,
    Outcome.NO_SIGNAL: 2,
    Outcome.NEEDS_REVIEW: 3,
    Outcome.NOT_PERMITTED: 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a policy makes of a document for one usage, with all that was learned since it was fetched."""

    outcome: Outcome
    rule: str  # the policy's rule that decided; "source.revoked" and the like where the register did
    reasons: tuple[str, ...]  # sentences
    conditions: tuple[Mapping[str, Any], ...] = ()  # to be kept with the document, ready for JSON
    conflicts: tuple[str, ...] = ()  # sentences
    licences: tuple[str, ...] = ()  # SPDX expressions stated for the document itself, or licence URLs
    since: str = ""  # what changed it, and when; "": it is as fetched
    cause: str = field(
        default="", compare=False
    )  # in one word: "host-file", "newer-exchange", "source.revoked"

    @property
    def is_permitting(self) -> bool:
        """Whether the document may be used, with its conditions if there are any."""
        return self.outcome in PERMITTING

    @property
    def strictness(self) -> int:
        """How much it withholds: 0 nothing, 4 everything."""
        return _STRICTNESS[self.outcome]

    @property
    def key(self) -> str:
        """The verdict as canonical JSON: equal verdicts, equal keys."""
        parts = (self.outcome.value, self.rule, self.reasons, self.conditions, self.conflicts)
        return json.dumps((*parts, self.licences, self.since, self.cause), sort_keys=True)


def as_decided(decision: Decision, rights: RightsSet) -> Verdict:
    """Return the verdict that is a policy's decision over a rights set as it was fetched."""
    stated = (one.licence for one in rights.statements if one.licence and is_about_document(one))
    return Verdict(
        outcome=decision.outcome,
        rule=decision.rule,
        reasons=tuple(reason.text for reason in decision.reasons),
        conditions=tuple(condition.to_json() for condition in decision.conditions),
        conflicts=decision.conflicts,
        licences=tuple(sorted(set(stated))),
    )


def unreadable() -> Verdict:
    """Return the verdict over what this release cannot read: a person has to look."""
    reason = "What was stated for it was recorded by another release, or is damaged: it cannot be read."
    return Verdict(outcome=Outcome.NEEDS_REVIEW, rule=UNREADABLE, reasons=(reason,))


def stricter(held: Verdict, other: Verdict) -> Verdict:
    """Return the one that withholds more; of equals, the one held, with whatever conditions the other adds.

    What is learned later takes away and never gives: to gain, a page is fetched again.
    """
    if held.strictness != other.strictness:
        return held if held.strictness > other.strictness else other
    added = tuple(one for one in other.conditions if one not in held.conditions)
    if not added:
        return held
    return replace(other, conditions=(*held.conditions, *added))
