"""Which statements of a rights set speak about a usage, and how: sorted once, then read by every rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from licences.observation import Statement
from licences.policy.model import Policy, Stance
from licences.policy.reach import allows, grants, holds, is_about_document, is_sound, speaks_to_us
from licences.policy.sentences import Gap
from licences.policy.standing import outranked, shielded, withdrawn
from licences.rights import Lookup, RightsSet
from licences.vocabulary import Kind, LegalEffect, Retrieval, Usage, Verdict

_TEXT = frozenset({LegalEffect.NOTICE, LegalEffect.CONTRACT_TERM})
_STATED = frozenset({LegalEffect.PREFERENCE, LegalEffect.RESERVATION})
_SETTLED = frozenset({Retrieval.OK, Retrieval.ABSENT})
_NO_ARCHIVE = frozenset({"noarchive", "nocache"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What bears on one usage of the document itself."""

    usage: Usage
    agreements: tuple[Statement, ...] = ()  # whose conditions are met
    access: tuple[Statement, ...] = ()  # refusals to hand the document out at all
    denials: tuple[Statement, ...] = ()  # explicit, and demands whose conditions are not met
    inferences: tuple[Statement, ...] = ()  # denials that we infer from words to others
    text_refusals: tuple[Statement, ...] = ()  # words on a page against crawling
    grants: tuple[Statement, ...] = ()  # licences that cover the usage
    allowances: tuple[Statement, ...] = ()  # explicit, addressed to all, well-formed, their conditions met
    duties: tuple[Statement, ...] = ()  # demands whose conditions are met
    marks: tuple[Statement, ...] = ()  # notices that a work is in the public domain
    unknown_licences: tuple[Statement, ...] = ()
    paywalls: tuple[Statement, ...] = ()
    superseded: tuple[Statement, ...] = ()  # by the rules of their own protocol
    gaps: tuple[Gap, ...] = ()  # places that had to be asked, and settled nothing

    @property
    def licence_names(self) -> frozenset[str | None]:
        """The different licences granted."""
        return frozenset(grant.licence for grant in self.grants)

    def without(self, aside: Iterable[Statement]) -> Evidence:
        """Return the evidence with some denials and inferences set aside."""
        gone = set(aside)
        return replace(
            self,
            denials=tuple(one for one in self.denials if one not in gone),
            inferences=tuple(one for one in self.inferences if one not in gone),
        )


def gather(rights: RightsSet, usage: Usage, policy: Policy, at: datetime | None) -> Evidence:
    """Sort what bears on a usage.

    Args:
        rights: everything stated, and what was looked up.
        usage: the usage asked about.
        policy: for the confidence it asks, the conditions it can meet, and the places it wants asked.
        at: the moment that validity is judged for, UTC; None: whenever (see `licences.policy.reach.holds`).
    """
    bearing = [one for one in rights.statements if is_about_document(one) and holds(one, at)]
    against = [one for one in bearing if _denies(one, usage, policy) or _demands(one, usage, policy)]
    duties = [one for one in bearing if _binds(one, usage) and one not in against]
    allowances = [one for one in bearing if _states(one, usage, policy)]
    granted = [one for one in bearing if grants(one, usage)]
    aside = withdrawn(bearing) | shielded(against, allowances) | outranked(granted)
    return Evidence(
        usage=usage,
        agreements=tuple(one for one in bearing if _agrees(one, usage, policy)),
        access=tuple(one for one in bearing if _refuses_access(one)),
        denials=tuple(one for one in against if one not in aside),
        inferences=tuple(one for one in bearing if _infers(one, usage, policy)),
        text_refusals=tuple(one for one in bearing if _is_text_refusal(one, policy)),
        grants=tuple(one for one in granted if one not in aside),
        allowances=tuple(allowances),
        duties=tuple(one for one in duties if one not in aside),
        marks=tuple(one for one in bearing if one.licence and _is_mark(one)),
        unknown_licences=tuple(one for one in bearing if _is_unknown_licence(one)),
        paywalls=tuple(one for one in bearing if _is_paywall(one, usage)),
        superseded=tuple(one for one in bearing if one in aside),
        gaps=tuple(_gaps(rights.lookups, policy)),
    )


def bearing(rights: RightsSet, usage: Usage, policy: Policy, at: datetime | None) -> frozenset[Statement]:
    """Return the statements that `gather` finds a place for: a decision without the others has the same outcome."""
    found = gather(rights, usage, policy, at)
    values = (getattr(found, name) for name in Evidence.__dataclass_fields__ if name not in {"usage", "gaps"})
    return frozenset(one for statements in values for one in statements)


def all_met(statement: Statement, policy: Policy) -> bool:
    """Tell whether the operator meets every condition of a statement."""
    return all(policy.stance(condition.type) is Stance.MET for condition in statement.conditions)


def asks(statement: Statement, policy: Policy, stance: Stance) -> bool:
    """Tell whether a statement asks for a condition that has a stance."""
    return any(policy.stance(condition.type) is stance for condition in statement.conditions)


def _refuses_access(statement: Statement) -> bool:
    return (
        statement.usage is Usage.CRAWL
        and statement.verdict is Verdict.DENY
        and statement.legal_effect is not LegalEffect.INFERENCE
        and not _is_text(statement)
        and speaks_to_us(statement)
    )


def _is_text(statement: Statement) -> bool:
    """Tell whether words on a page speak: they bind whoever reads on, they do not shut the door."""
    return statement.note == "text" or statement.legal_effect in _TEXT


def _is_text_refusal(statement: Statement, policy: Policy) -> bool:
    return (
        statement.usage is Usage.CRAWL
        and statement.verdict is Verdict.DENY
        and _is_text(statement)
        and statement.confidence >= policy.deny_confidence
        and speaks_to_us(statement)
    )


def _denies(statement: Statement, usage: Usage, policy: Policy) -> bool:
    if policy.noarchive_is_noai and statement.note in _NO_ARCHIVE and statement.verdict is Verdict.UNKNOWN:
        return statement.usage in usage.denied_by and speaks_to_us(statement)
    return (
        statement.verdict is Verdict.DENY
        and statement.usage in usage.denied_by
        and statement.usage is not Usage.CRAWL  # a matter of access, or of text
        and statement.legal_effect is not LegalEffect.INFERENCE
        and statement.confidence >= policy.deny_confidence
        and speaks_to_us(statement)
    )


def _binds(statement: Statement, usage: Usage) -> bool:
    return (
        statement.verdict is Verdict.CONDITIONAL
        and statement.legal_effect is not LegalEffect.LICENCE_GRANT
        and statement.kind is not Kind.AGREEMENT
        and statement.usage in usage.denied_by
        and speaks_to_us(statement)
    )


def _demands(statement: Statement, usage: Usage, policy: Policy) -> bool:
    """Tell whether a conditional statement denies: until its conditions are met, or where it does not name them."""
    return _binds(statement, usage) and not (statement.conditions and all_met(statement, policy))


def _infers(statement: Statement, usage: Usage, policy: Policy) -> bool:
    return (
        statement.verdict is Verdict.DENY
        and statement.legal_effect is LegalEffect.INFERENCE
        and statement.usage in usage.denied_by
        and statement.confidence >= policy.deny_confidence
    )


def _states(statement: Statement, usage: Usage, policy: Policy) -> bool:
    """Tell whether a statement allows a usage in so many words."""
    return (
        statement.verdict is Verdict.ALLOW
        and statement.legal_effect in _STATED
        and statement.kind is not Kind.AGREEMENT
        and allows(statement, usage)
        and is_sound(statement)
        and all_met(statement, policy)
    )


def _agrees(statement: Statement, usage: Usage, policy: Policy) -> bool:
    sound = not statement.lenient and statement.retrieval is Retrieval.OK
    return (
        statement.kind is Kind.AGREEMENT
        and allows(statement, usage)
        and sound
        and speaks_to_us(statement)
        and all_met(statement, policy)
    )


def _is_mark(statement: Statement) -> bool:
    return statement.legal_effect is LegalEffect.NOTICE and statement.verdict is Verdict.ALLOW


def _is_unknown_licence(statement: Statement) -> bool:
    return statement.note == "unknown_licence" and statement.verdict is Verdict.UNKNOWN


def _is_paywall(statement: Statement, usage: Usage) -> bool:
    return (
        statement.kind is Kind.RIGHTS_PAYWALL
        and statement.verdict is not Verdict.DENY  # those are counted as denials
        and statement.usage in usage.denied_by
    )


def _gaps(lookups: tuple[Lookup, ...], policy: Policy) -> Iterator[Gap]:
    """Yield what a policy wanted asked and was not, or was not answered; of other places, what was out of reach."""
    for needed in policy.needed:
        if not any(needed.is_asked_by(one) for one in lookups):
            yield Gap(needed.name, None)
    for one in lookups if policy.needed else ():
        name = next((needed.name for needed in policy.needed if needed.is_asked_by(one)), None)
        if one.retrieval is Retrieval.UNREACHABLE or (name and one.retrieval not in _SETTLED):
            yield Gap(name or one.document or one.channel.value, one.retrieval)
