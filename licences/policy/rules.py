"""The rules of precedence by name: each says which statements make it speak, if any do.

A profile chooses which of them apply, in which order, and what each makes of the decision.  What may follow from a
rule is limited here: no profile can turn a refusal into permission.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from licences.observation import Statement
from licences.policy.evidence import Evidence, unmet
from licences.policy.model import Policy, Stance
from licences.vocabulary import Outcome

Reading = Callable[[Evidence, Policy], tuple[Statement, ...]]

REFUSING = frozenset({Outcome.NOT_PERMITTED, Outcome.NEEDS_REVIEW})
CAUTIOUS = REFUSING | {Outcome.NO_SIGNAL}
ANY = frozenset(Outcome)


class Rule(NamedTuple):
    """What a rule reads, and what may follow from it."""

    reads: Reading  # the statements that make it speak; empty: it is silent
    outcomes: frozenset[Outcome]  # what a profile may make of it; empty: it only sets inferences aside


def _usable(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    return tuple(grant for grant in evidence.grants if not unmet(grant, policy, Stance.UNMET))


def _agreement(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.agreements


def _access(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.access


def _licence_against_reservation(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    usable = _usable(evidence, policy)
    return (*usable, *evidence.denials) if usable and evidence.denials else ()


def _reservation(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.denials


def _stated_over_inferred(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return (*evidence.allowances, *evidence.inferences) if evidence.allowances and evidence.inferences else ()


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
    return tuple(grant for grant in evidence.grants if unmet(grant, policy, Stance.UNMET))


def _conditions_unsettled(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    return tuple(
        grant for grant in evidence.grants if unmet(grant, policy, Stance.REVIEW) or grant.note == "retired"
    )


def _public_domain_mark(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return () if evidence.grants else evidence.marks


def _uncertain_licence(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    uncertain = all(grant.confidence < policy.allow_confidence for grant in evidence.grants)
    return evidence.grants if uncertain else ()


def _licence(evidence: Evidence, _: Policy) -> tuple[Statement, ...]:
    return evidence.grants


def _stated_allowance(evidence: Evidence, policy: Policy) -> tuple[Statement, ...]:
    return tuple(one for one in evidence.allowances if one.confidence >= policy.allow_confidence)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "agreement": Rule(_agreement, ANY),
        "access": Rule(_access, frozenset({Outcome.NOT_PERMITTED})),
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
        "licence": Rule(_licence, ANY - {Outcome.PERMITTED_WITH_CONDITIONS}),
        "stated-allowance": Rule(_stated_allowance, ANY - {Outcome.PERMITTED_WITH_CONDITIONS}),
    }
)
