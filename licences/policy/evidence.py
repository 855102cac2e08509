"""Which statements of a rights set speak about a usage, and how: sorted once, then read by every rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from licences.observation import ScopeLevel, Statement
from licences.policy.model import Policy, Stance
from licences.vocabulary import AssertedBy, Kind, LegalEffect, Retrieval, Usage, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The statements that bear on one usage of the document itself."""

    agreements: tuple[Statement, ...] = ()
    access: tuple[Statement, ...] = ()  # refusals to hand the document out at all
    denials: tuple[Statement, ...] = ()  # explicit, and demands whose conditions are not met
    inferences: tuple[Statement, ...] = ()  # denials that we infer from words to others
    grants: tuple[Statement, ...] = ()  # licences that cover the usage
    superseded: tuple[Statement, ...] = ()  # grants in running text beside one that is marked up
    allowances: tuple[Statement, ...] = ()  # explicit, addressed to all, well-formed
    marks: tuple[Statement, ...] = ()  # notices that a work is in the public domain
    unknown_licences: tuple[Statement, ...] = ()
    paywalls: tuple[Statement, ...] = ()

    @property
    def licence_names(self) -> frozenset[str | None]:
        """The different licences granted."""
        return frozenset(grant.licence for grant in self.grants)


def gather(statements: Iterable[Statement], usage: Usage, policy: Policy, at: datetime | None) -> Evidence:
    """Sort the statements that bear on a usage.

    Args:
        statements: of one rights set.
        usage: the usage asked about.
        policy: for the confidence it asks, and the conditions it can meet.
        at: the moment that validity is judged for, UTC; None: whenever, so that every denial counts and an
            allowance only if it has no end.
    """
    bearing = [one for one in statements if _is_about_document(one) and _holds(one, at)]
    grants = [one for one in bearing if _grants(one, usage)]
    marked = [one for one in grants if one.kind is not Kind.LICENCE_TEXT]
    return Evidence(
        agreements=tuple(one for one in bearing if one.kind is Kind.AGREEMENT and _allows(one, usage)),
        access=tuple(one for one in bearing if _refuses_access(one)),
        denials=tuple(one for one in bearing if _denies(one, usage, policy) or _demands(one, usage, policy)),
        inferences=tuple(one for one in bearing if _infers(one, usage, policy)),
        grants=tuple(marked or grants),
        superseded=tuple(one for one in grants if marked and one not in marked),
        allowances=tuple(one for one in bearing if one.kind is not Kind.AGREEMENT and _states(one, usage)),
        marks=tuple(one for one in bearing if one.licence and _is_mark(one)),
        unknown_licences=tuple(one for one in bearing if one.note == "unknown_licence"),
        paywalls=tuple(
            one for one in bearing if one.kind is Kind.RIGHTS_PAYWALL and one.usage in usage.denied_by
        ),
    )


def unmet(statement: Statement, policy: Policy, stance: Stance) -> bool:
    """Tell whether a statement asks for a condition that has a stance."""
    return any(policy.stance(condition.type) is stance for condition in statement.conditions)


def _is_about_document(statement: Statement) -> bool:
    return statement.scope.level is not ScopeLevel.ELEMENT and not statement.scope.media


def _holds(statement: Statement, at: datetime | None) -> bool:
    if at is None:
        return statement.verdict not in {Verdict.ALLOW, Verdict.CONDITIONAL} or statement.valid_until is None
    begun = statement.valid_from is None or statement.valid_from <= at
    return begun and (statement.valid_until is None or at <= statement.valid_until)


def _speaks_to_us(statement: Statement) -> bool:
    return statement.addressee.all or statement.addressee.matches_us


def _refuses_access(statement: Statement) -> bool:
    return statement.usage is Usage.CRAWL and statement.verdict is Verdict.DENY and _speaks_to_us(statement)


def _denies(statement: Statement, usage: Usage, policy: Policy) -> bool:
    return (
        statement.verdict is Verdict.DENY
        and statement.usage in usage.denied_by
        and statement.legal_effect is not LegalEffect.INFERENCE
        and statement.confidence >= policy.deny_confidence
        and _speaks_to_us(statement)
    )


def _demands(statement: Statement, usage: Usage, policy: Policy) -> bool:
    return (
        statement.verdict is Verdict.CONDITIONAL
        and statement.legal_effect is not LegalEffect.LICENCE_GRANT
        and statement.usage in usage.denied_by
        and _speaks_to_us(statement)
        and (unmet(statement, policy, Stance.UNMET) or unmet(statement, policy, Stance.REVIEW))
    )


def _infers(statement: Statement, usage: Usage, policy: Policy) -> bool:
    return (
        statement.verdict is Verdict.DENY
        and statement.legal_effect is LegalEffect.INFERENCE
        and statement.usage in usage.denied_by
        and statement.confidence >= policy.deny_confidence
    )


def _allows(statement: Statement, usage: Usage) -> bool:
    """Tell whether an allowance reaches a usage: down the lattice only where its words are defined to."""
    reached = {statement.usage, *statement.covers}
    return statement.verdict in {Verdict.ALLOW, Verdict.CONDITIONAL} and usage in reached


def _grants(statement: Statement, usage: Usage) -> bool:
    """Tell whether a licence reaches a usage; what it covers, it covers with everything below."""
    reached = {statement.usage, *statement.covers}
    return (
        statement.legal_effect is LegalEffect.LICENCE_GRANT
        and statement.verdict in {Verdict.ALLOW, Verdict.CONDITIONAL}
        and (usage in reached or not reached.isdisjoint(usage.ancestors))
        and statement.addressee.all
        and not statement.lenient
        and statement.retrieval is Retrieval.OK
    )


def _states(statement: Statement, usage: Usage) -> bool:
    """Tell whether a statement allows a usage in so many words; a platform's default is not the publisher's voice."""
    return (
        statement.verdict is Verdict.ALLOW
        and statement.legal_effect in {LegalEffect.PREFERENCE, LegalEffect.RESERVATION}
        and _allows(statement, usage)
        and statement.addressee.all
        and statement.asserted_by not in {AssertedBy.PLATFORM, AssertedBy.THIRD_PARTY}
        and not statement.lenient
        and statement.retrieval is Retrieval.OK
    )


def _is_mark(statement: Statement) -> bool:
    return statement.legal_effect is LegalEffect.NOTICE and statement.verdict is Verdict.ALLOW
