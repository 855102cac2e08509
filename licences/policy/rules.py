"""The rules of precedence by name: each says which statements make it speak, if any do.

A profile chooses which of them apply, in which order, and what each makes of the decision.  What may follow from a
rule is limited here: no profile can turn a refusal into permission, nor permit what asks for a condition not met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from licences.observation import ScopeLevel, Statement
from licences.policy.evidence import Evidence, all_met, asks
from licences.policy.model import Policy, Stance
from licences.policy.reach import covers_host, is_no_wider
from licences.policy.sentences import Gap
from licences.vocabulary import AssertedBy, Kind, Outcome, Usage

Reading = Callable[[Evidence, Policy], tuple[Statement | Gap, ...]]

PERMITTING = frozenset({Outcome.PERMITTED, Outcome.PERMITTED_WITH_CONDITIONS})
REFUSING = frozenset({Outcome.NOT_PERMITTED, Outcome.NEEDS_REVIEW})
CAUTIOUS = REFUSING | {Outcome.NO_SIGNAL}
ANY = frozenset(Outcome) - {Outcome.PERMITTED_WITH_CONDITIONS}  # that one follows from conditions


class Rule(NamedTuple):
    """What a rule reads, and what may follow from it."""

    reads: Reading  # what makes it speak; empty: it is silent
    outcomes: frozenset[
        Outcome
    ]  # what a profile may make of it; empty: it only sets denials and inferences aside


def _usable(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    """Return the licences, unless one of them asks for what we do not do: then there is nothing to weigh."""
    unmet = any(asks(grant, policy, Stance.UNMET) for grant in evidence.grants)
    return () if unmet else evidence.grants


def _settled(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    """Return the licences, where every condition is met and one of them is sure enough."""
    met = all(all_met(grant, policy) for grant in evidence.grants)
    sure = any(grant.confidence >= policy.allow_confidence for grant in evidence.grants)
    return evidence.grants if met and sure else ()


def _access(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.access


def _agreement(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.agreements


def _licence_over_host(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    """Read a document's own open licence and what it outranks: a platform's default, a word said once for a host."""
    own = [
        grant
        for grant in _settled(evidence, policy)
        if grant.scope.level is ScopeLevel.DOCUMENT and grant.kind is not Kind.LICENCE_TEXT
    ]
    against = (*evidence.denials, *evidence.inferences)
    outranked = [one for one in against if one.asserted_by is AssertedBy.PLATFORM or covers_host(one.scope)]
    return (*own, *outranked) if own and outranked and len(evidence.licence_names) == 1 else ()


def _licence_against_reservation(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    usable = _usable(evidence, policy)
    return (*usable, *evidence.denials) if usable and evidence.denials else ()


def _reservation(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.denials


def _stated_over_inferred(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    """Read what is said to everybody, and what we infer at the same scope or a wider one."""
    outranked = [
        one
        for one in evidence.inferences
        if any(is_no_wider(said.scope, one.scope) for said in evidence.allowances)
    ]
    return (*evidence.allowances, *outranked) if outranked else ()


def _licence_against_inference(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    usable = _usable(evidence, policy)
    return (*usable, *evidence.inferences) if usable and evidence.inferences else ()


def _inference(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.inferences


def _paywall(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.paywalls


def _unknown_licence(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.unknown_licences


def _licences_disagree(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.grants if len(evidence.licence_names) > 1 else ()


def _conditions_unmet(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    return tuple(grant for grant in evidence.grants if asks(grant, policy, Stance.UNMET))


def _conditions_unsettled(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    return tuple(
        grant for grant in evidence.grants if asks(grant, policy, Stance.REVIEW) or grant.note == "retired"
    )


def _public_domain_mark(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return () if evidence.grants else evidence.marks


def _uncertain_licence(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    uncertain = all(grant.confidence < policy.allow_confidence for grant in evidence.grants)
    return evidence.grants if uncertain else ()


def _licence_without_adaptations(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return tuple(grant for grant in evidence.grants if Usage.DERIVATIVE not in {grant.usage, *grant.covers})


def _text_refusal(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    """Read words on the page against crawlers, where the document would be permitted without them."""
    return evidence.text_refusals if _would_permit(evidence, policy) else ()


def _unanswered(evidence: Evidence, policy: Policy) -> tuple[Gap, ...]:
    return evidence.gaps if _would_permit(evidence, policy) else ()


def _licence(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    return _settled(evidence, policy)


def _stated_allowance(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    return tuple(one for one in evidence.allowances if one.confidence >= policy.allow_confidence)


def _would_permit(evidence: Evidence, policy: Policy) -> bool:
    """Tell whether something is granted or allowed, or silence would permit: what else is wrong only brakes that."""
    silent = policy.silence_about(evidence.usage).outcome in PERMITTING
    return silent or bool(_settled(evidence, policy) or _stated_allowance(evidence, policy))


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "access": Rule(_access, frozenset({Outcome.NOT_PERMITTED})),
        "agreement": Rule(_agreement, ANY),
        "licence-over-host": Rule(_licence_over_host, frozenset()),
        "licence-against-reservation": Rule(_licence_against_reservation, REFUSING),
        "reservation": Rule(_reservation, REFUSING),
        "stated-over-inferred": Rule(_stated_over_inferred, frozenset()),
        "licence-against-inference": Rule(_licence_against_inference, REFUSING),
        "inference": Rule(_inference, REFUSING),
        "paywall": Rule(_paywall, CAUTIOUS),
        "unknown-licence": Rule(_unknown_licence, CAUTIOUS),
        "licences-disagree": Rule(_licences_disagree, CAUTIOUS),
        "conditions-unmet": Rule(_conditions_unmet, CAUTIOUS),
        "conditions-unsettled": Rule(_conditions_unsettled, CAUTIOUS),
        "public-domain-mark": Rule(_public_domain_mark, CAUTIOUS),
        "uncertain-licence": Rule(_uncertain_licence, CAUTIOUS),
        "licence-without-adaptations": Rule(_licence_without_adaptations, CAUTIOUS),
        "unanswered": Rule(_unanswered, CAUTIOUS),
        "text-refusal": Rule(_text_refusal, CAUTIOUS),
        "licence": Rule(_licence, ANY),
        "stated-allowance": Rule(_stated_allowance, ANY),
    }
)
