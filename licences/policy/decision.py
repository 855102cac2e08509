"""Decide: a policy's rules, in order, over the statements that bear on a usage; the first outcome stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from licences.observation import Statement
from licences.policy.evidence import gather
from licences.policy.model import Policy, PolicyRule
from licences.policy.rules import RULES
from licences.rights import RightsSet
from licences.vocabulary import Channel, Condition, Kind, LegalEffect, Outcome, Usage, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a decision is what it is: a sentence, and the statement it stands on."""

    text: str
    kind: str  # of the statement; "policy" where the policy itself speaks
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
        }


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
        reason = Reason(text=f"Policy {policy.name} has no rules: nothing is permitted.", kind="policy")
        return Decision(outcome=Outcome.NOT_PERMITTED, rule="empty-policy", reasons=(reason,))
    evidence = gather(rights.statements, usage, policy, at)
    recheck = _recheck(rights, policy)
    conflicts = [f"Superseded by a marked licence: {_sentence(one)}" for one in evidence.superseded]
    for rule in policy.rules:
        if not (speaking := RULES[rule.name].reads(evidence, policy)):
            continue
        if rule.outcome is None:
            conflicts += [f"{rule.says} {_sentence(one)}" for one in evidence.inferences]
            evidence = replace(evidence, inferences=())
            continue
        return _decision(rule, rule.outcome, speaking, conflicts, recheck)
    reason = Reason(text=policy.silence.says, kind="policy")
    return Decision(
        outcome=policy.silence.outcome,
        rule="silence",
        reasons=(reason,),
        conflicts=tuple(conflicts),
        enforces=policy.silence.enforces,
        recheck_after=recheck,
    )


def _decision(
    rule: PolicyRule, outcome: Outcome, speaking: Iterable[Statement], conflicts: list[str], recheck: int
) -> Decision:
    speaking = tuple(speaking)
    conditions: tuple[Condition, ...] = ()
    if outcome is Outcome.PERMITTED:
        conditions = tuple(dict.fromkeys(condition for one in speaking for condition in one.conditions))
    reasons = [Reason(text=rule.says, kind="policy")]
    reasons += [Reason(text=_sentence(one), kind=one.kind.value, statement=one.reference) for one in speaking]
    if _contradict(speaking):
        conflicts = [*conflicts, rule.says]
    return Decision(
        outcome=Outcome.PERMITTED_WITH_CONDITIONS if conditions else outcome,
        rule=rule.name,
        reasons=tuple(reasons),
        conditions=conditions,
        conflicts=tuple(conflicts),
        enforces=rule.enforces,
        recheck_after=recheck,
    )


def _contradict(speaking: tuple[Statement, ...]) -> bool:
    denies = {one.verdict is Verdict.DENY for one in speaking}
    named = {one.licence for one in speaking if one.legal_effect is LegalEffect.LICENCE_GRANT}
    return len(denies) > 1 or len(named) > 1


_VERBS = {
    Verdict.ALLOW: "allows",
    Verdict.DENY: "denies",
    Verdict.CONDITIONAL: "allows on conditions",
    Verdict.UNKNOWN: "speaks about",
}


def _sentence(statement: Statement) -> str:
    """Return one statement as a sentence for people, without its raw text."""
    if statement.licence or statement.kind.value.startswith("licence."):
        named = statement.licence or "a licence that could not be read"
        text = f"{statement.protocol} names {named}"
        if statement.conditions:
            text += f" ({', '.join(condition.type.value for condition in statement.conditions)})"
    else:
        text = f"{statement.protocol} {_VERBS[statement.verdict]} {statement.usage.value}"
    if statement.note and statement.kind is not Kind.RIGHTS_PAYWALL:
        text += f" [{statement.note}]"
    if statement.addressee.tokens:
        text += f", addressed to {', '.join(statement.addressee.tokens)}"
    if statement.scope.selector:
        text += f", for {statement.scope.selector}"
    return text + ("." if statement.confidence >= 1 else f"; confidence {statement.confidence:g}.")


def _recheck(rights: RightsSet, policy: Policy) -> int:
    host_wide = any(lookup.channel in {Channel.ROBOTS_TXT, Channel.WELL_KNOWN} for lookup in rights.lookups)
    host_wide = host_wide or any(one.kind is Kind.ROBOTS_AI_AGENT_DISALLOW for one in rights.statements)
    return policy.recheck_host_after if host_wide else policy.recheck_after
