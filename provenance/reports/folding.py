"""Fold groups of documents into the dossier's lines: by outcome, by licence, by statement.

A rights set that was found in many runs, and a licence that stands in many rights sets, become one line each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from licences.errors import LicenceError
from licences.observation import Statement
from licences.rights import RightsSet
from licences.vocabulary import LegalEffect, Verdict
from licences.wording import condition_in_words
from provenance.queries.capture_rows import sentences
from provenance.queries.holdings import RightsGroup
from provenance.reports.doubts import Doubts
from provenance.reports.history import History
from provenance.reports.mix import Mix
from provenance.reports.rights_lines import LicenceLine, OutcomeLine, SignalLine
from provenance.reports.tallies import Tallies

UNDECIDED = "undecided"  # no decision is recorded for the run's policy and purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalKey:
    """What makes two statements the same line."""

    kind: str
    protocol: str
    usage: str
    verdict: str
    legal_effect: str
    addressed_to: str
    scope: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeKey:
    """What makes two decisions the same line."""

    policy: str
    purpose: str
    outcome: str
    rule: str
    reasons: tuple[str, ...]
    conditions: tuple[str, ...]


class Folded:
    """Every line that follows from what was stated and decided."""

    def __init__(self, groups: Iterable[RightsGroup]) -> None:
        self.outcomes: Tallies[OutcomeKey] = Tallies()
        self.licences: Tallies[str] = Tallies()
        self.signals: Tallies[SignalKey] = Tallies()
        self.mix, self.history, self.doubts = Mix(), History(), Doubts()
        self.silent = 0
        for group in groups:
            self._fold(group)

    def _fold(self, group: RightsGroup) -> None:
        self.outcomes.add(_outcome_key(group), group)
        for licence in set(group.licences):
            self.licences.add(licence, group)
        statements = _statements(group.canonical)
        self.mix.fold(group, statements)
        self.history.fold(group, statements)
        self.doubts.fold(group, statements)
        if statements is None:
            self.signals.add(UNREADABLE, group)
            return
        self.silent += 0 if any(map(_settles_something, statements)) else group.documents
        for key in {_signal_key(statement) for statement in statements}:
            self.signals.add(key, group)

    def examples(self) -> set[int]:
        """Return every capture that some line names."""
        naming = (self.outcomes, self.licences, self.signals, self.mix, self.doubts)
        return {capture for lines in naming for capture in lines.examples()}

    def outcome_lines(self, urls: Mapping[int, str]) -> tuple[OutcomeLine, ...]:
        """Return the decisions, the commonest first."""
        return tuple(
            OutcomeLine(**_fields(key), documents=t.documents, bytes=t.bytes, examples=t.named(urls))
            for key, t in self.outcomes.lines()
        )

    def licence_lines(self, urls: Mapping[int, str]) -> tuple[LicenceLine, ...]:
        """Return the licences found, the commonest first."""
        return tuple(
            LicenceLine(licence=key, documents=t.documents, bytes=t.bytes, examples=t.named(urls))
            for key, t in self.licences.lines()
        )

    def signal_lines(self, urls: Mapping[int, str]) -> tuple[SignalLine, ...]:
        """Return the statements seen, the commonest first."""
        return tuple(
            SignalLine(**_fields(key), documents=t.documents, examples=t.named(urls))
            for key, t in self.signals.lines()
        )


def _fields(key: SignalKey | OutcomeKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in key.__slots__}


def _outcome_key(group: RightsGroup) -> OutcomeKey:
    return OutcomeKey(
        policy=group.policy,
        purpose=group.purpose,
        outcome=group.outcome or UNDECIDED,
        rule=group.rule or "",
        reasons=sentences(group.reasons),
        conditions=tuple(_condition(condition) for condition in group.conditions or ()),
    )


def _condition(condition: Any) -> str:
    return condition_in_words(condition) if isinstance(condition, Mapping) else str(condition)


def _statements(canonical: str) -> Sequence[Statement] | None:
    """Return what a rights set states; None when this release cannot read it."""
    try:
        return RightsSet.from_json(canonical).statements
    except LicenceError:
        return None


def _settles_something(statement: Statement) -> bool:
    """Whether it says more about the document than that agents of others are named somewhere."""
    return statement.verdict is not Verdict.UNKNOWN or statement.legal_effect is not LegalEffect.INFERENCE


def _signal_key(statement: Statement) -> SignalKey:
    addressee = statement.addressee
    return SignalKey(
        kind=statement.kind.value,
        protocol=f"{statement.protocol} {statement.protocol_version}".strip(),
        usage=statement.usage.value,
        verdict=statement.verdict.value,
        legal_effect=statement.legal_effect.value.replace("_", " "),
        addressed_to="everyone" if addressee.all else ", ".join(addressee.tokens),
        scope=statement.scope.level.value.replace("_", " "),
        note=(statement.note or "").replace("_", " "),
    )


UNREADABLE = SignalKey(
    kind="unreadable",
    protocol="of another release, or damaged: the WARC metadata records have it",
    usage="",
    verdict=Verdict.UNKNOWN.value,
    legal_effect="",
    addressed_to="",
    scope="",
    note="",
)
