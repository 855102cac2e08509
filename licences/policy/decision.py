"""Decide: a policy's rules, in order, over the statements that bear on a usage; the first outcome stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import ceil
from typing import Any

from licences.observation import Statement
from licences.policy.evidence import Evidence, gather
from licences.policy.model import Keep, Policy, PolicyRule, Silence
from licences.policy.rules import PERMITTING, RULES
from licences.policy.sentences import Gap, gap_sentence, sentence
from licences.rights import RightsSet
from licences.vocabulary import Channel, Condition, Kind, LegalEffect, Outcome, Usage, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a decision is what it is: a sentence, and the statement it stands on."""

    text: str
    kind: (
        str  # of the statement; "policy" where the policy itself speaks, "lookup" where an answer is missing
    )
    statement: str | None = None  # `Statement.reference`; None: no statement

    def to_json(self) -> dict[str, Any]:
        """Return the reason ready for JSON."""
        parts = {"text": self.text, "kind": self.kind, "statement": self.statement}
        return {name: part for name, part in parts.items() if part is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a policy makes of a rights set for one usage."""

    outcome: Outcome
    rule: str  # the policy's rule that decided; "silence", or "empty-policy"
    reasons: tuple[Reason, ...]
    conditions: tuple[
        Condition, ...
    ] = ()  # to be kept with every document; empty unless it is permitted with them
    conflicts: tuple[str, ...] = ()  # sentences: what was set aside, or contradicts
    enforces: tuple[str, ...] = ()  # requirement ids
    recheck_after: int | None = None  # seconds; None: never
    keep: Keep  # how much of the document may be kept
    keep_for: int | None = None  # seconds; None: no end is set

    def to_json(self) -> dict[str, Any]:
        """Return the decision ready for JSON."""
        return {
            "outcome": self.outcome.value,
            "rule": self.rule,
            "reasons": [reason.to_json() for reason in self.reasons],
            "conditions": [condition.to_json() for condition in self.conditions],
            "conflicts": list(self.conflicts),
            "enforces": list(self.enforces),
            "recheck_after": self.recheck_after,
            "keep": self.keep.value,
            "keep_for": self.keep_for,
        }

    @property
    def canonical(self) -> str:
        """The decision as JSON in one form: the same bytes whenever the same policy sees the same rights set."""
        return json.dumps(self.to_json(), allow_nan=False, separators=(",", ":"), sort_keys=True)


@lru_cache(maxsize=4096)
def decide(rights: RightsSet, usage: Usage, policy: Policy, *, at: datetime | None = None) -> Decision:
    """Return what a policy makes of a rights set for one usage.

    Args:
        rights: everything stated for the document, and what was looked up.
        usage: what is asked about.
        policy: without any rule it refuses.
        at: the moment that limited statements are judged for, UTC; None: whenever.  Then every denial counts,
            and an allowance only if it has no end.
    """
    if not policy.rules:
        return _by_nothing(policy)
    evidence = gather(rights, usage, policy, at)
    conflicts = list(_conflicts(evidence))
    by: PolicyRule | Silence = policy.silence_about(usage)
    grounds: tuple[Statement | Gap, ...] = ()
    for rule in policy.rules:
        if not (rule.concerns(usage) and (speaking := RULES[rule.name].reads(evidence, policy))):
            continue
        if rule.outcome is not None:
            by, grounds = rule, speaking
            break
        against = {*evidence.denials, *evidence.inferences}
        aside = [one for one in speaking if isinstance(one, Statement) and one in against]
        conflicts += [f"{rule.says} {sentence(one)}" for one in aside]
        evidence = evidence.without(aside)
    recheck = _recheck(rights, policy, at)
    return _decision(by, grounds, evidence=evidence, conflicts=conflicts, recheck=recheck, policy=policy)


def _by_nothing(policy: Policy) -> Decision:
    reason = Reason(text=f"Policy {policy.name} has no rules: nothing is permitted.", kind="policy")
    retention = policy.retained(Outcome.NOT_PERMITTED)
    return Decision(
        outcome=Outcome.NOT_PERMITTED,
        rule="empty-policy",
        reasons=(reason,),
        keep=retention.keep,
        keep_for=retention.seconds,
    )


def _decision(
    by: PolicyRule | Silence,
    grounds: tuple[Statement | Gap, ...],
    *,
    evidence: Evidence,
    conflicts: list[str],
    recheck: int,
    policy: Policy,
) -> Decision:
    outcome = by.outcome or Outcome.NOT_PERMITTED
    conditions: tuple[Condition, ...] = ()
    if outcome in PERMITTING:
        grounds = (*grounds, *(one for one in evidence.duties if one not in grounds))
        conditions = _conditions(by, grounds)
        outcome = Outcome.PERMITTED_WITH_CONDITIONS if conditions else outcome
    if _contradict(grounds):
        conflicts = [*conflicts, by.says]
    retention = policy.retained(outcome, by)
    return Decision(
        outcome=outcome,
        rule=by.name if isinstance(by, PolicyRule) else "silence",
        reasons=(Reason(text=by.says, kind="policy"), *map(_reason, grounds)),
        conditions=conditions,
        conflicts=tuple(dict.fromkeys(conflicts)),
        enforces=by.enforces,
        recheck_after=recheck,
        keep=retention.keep,
        keep_for=retention.seconds,
    )


def _conditions(by: PolicyRule | Silence, speaking: Iterable[Statement | Gap]) -> tuple[Condition, ...]:
    """Return what the statements ask, and what the policy asks beside them; conditions add up."""
    stated = [condition for one in speaking if isinstance(one, Statement) for condition in one.conditions]
    named = {condition.type for condition in stated}
    added = by.adds if isinstance(by, PolicyRule) else ()
    return tuple(dict.fromkeys([*stated, *(Condition(type=one) for one in added if one not in named)]))


@lru_cache(maxsize=8192)  # a statement stands in many rights sets, and under every policy that is compared
def _reason(ground: Statement | Gap) -> Reason:
    if isinstance(ground, Gap):
        return Reason(text=gap_sentence(ground), kind="lookup")
    return Reason(text=sentence(ground), kind=ground.kind.value, statement=ground.reference)


def _conflicts(evidence: Evidence) -> Iterator[str]:
    """Yield what contradicts itself, whatever decides in the end."""
    for one in evidence.superseded:
        if one.legal_effect is LegalEffect.LICENCE_GRANT:
            yield f"Superseded by a better placed licence: {sentence(one)}"
        elif one.verdict is not Verdict.UNKNOWN:
            yield f"Superseded within {one.protocol}: {sentence(one)}"
    for one in (*evidence.denials, *evidence.allowances):
        if one.note == "conflict":
            yield f"Its own words contradict each other: {sentence(one)}"
    if evidence.denials:
        for one in evidence.allowances:
            yield f"Set aside, because another statement denies this use: {sentence(one)}"


def _contradict(speaking: Iterable[Statement | Gap]) -> bool:
    stated = [one for one in speaking if isinstance(one, Statement)]
    granting = [one for one in stated if one.legal_effect is LegalEffect.LICENCE_GRANT]
    denies = any(one.verdict is Verdict.DENY for one in stated)
    opens = granting or any(one.verdict is Verdict.ALLOW for one in stated)
    return bool(denies and opens) or len({one.licence for one in granting}) > 1


def _recheck(rights: RightsSet, policy: Policy, at: datetime | None) -> int:
    """Return the seconds until something may have changed: a host's file, or what a statement's own dates say."""
    host_wide = any(lookup.channel in {Channel.ROBOTS_TXT, Channel.WELL_KNOWN} for lookup in rights.lookups)
    host_wide = host_wide or any(one.kind is Kind.ROBOTS_AI_AGENT_DISALLOW for one in rights.statements)
    longest = min(policy.recheck_host_after, policy.recheck_after) if host_wide else policy.recheck_after
    if at is None:
        return longest
    turns = [moment for one in rights.statements for moment in (one.valid_from, one.valid_until)]
    ahead = [ceil((moment - at).total_seconds()) for moment in turns if moment is not None and moment > at]
    return min(longest, *ahead) if ahead else longest
