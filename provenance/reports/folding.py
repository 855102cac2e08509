"""Fold groups of documents into the dossier's lines: by outcome, by licence, by statement.

A rights set that was found in many runs, and a licence that stands in many rights sets, become one line each.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from licences.errors import LicenceError
from licences.observation import Statement
from licences.rights import RightsSet
from licences.vocabulary import LegalEffect, Verdict
from provenance.queries.capture_rows import sentences
from provenance.queries.holdings import RightsGroup
from provenance.reports.dossier import LicenceLine, OutcomeLine, SignalLine

EXAMPLES = 3  # URLs named beside a line
UNDECIDED = "undecided"  # no decision is recorded for the run's policy and purpose

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Tally:
    """How many documents a line stands for, and a few of them."""

    documents: int = 0
    bytes: int = 0
    examples: list[int] = field(default_factory=list)  # capture ids

    def add(self, group: RightsGroup) -> None:
        """Count a group's documents in."""
        self.documents += group.documents
        self.bytes += group.bytes
        for capture in (group.least, group.latest):
            if len(self.examples) < EXAMPLES and capture not in self.examples:
                self.examples.append(capture)


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


class Tallies(Generic[K]):
    """Tallies by key, the largest first."""

    def __init__(self) -> None:
        self._tallies: dict[K, Tally] = {}

    def add(self, key: K, group: RightsGroup) -> None:
        """Count a group's documents under a key."""
        self._tallies.setdefault(key, Tally()).add(group)

    def lines(self) -> Iterator[tuple[K, Tally]]:
        """Yield each key with its tally, by number of documents, then in the order they came."""
        yield from sorted(self._tallies.items(), key=lambda item: -item[1].documents)

    def examples(self) -> Iterator[int]:
        """Yield the captures that examples name."""
        for tally in self._tallies.values():
            yield from tally.examples


class Folded:
    """Every line that follows from what was stated and decided."""

    def __init__(self, groups: Iterable[RightsGroup]) -> None:
        self.outcomes: Tallies[OutcomeKey] = Tallies()
        self.licences: Tallies[str] = Tallies()
        self.signals: Tallies[SignalKey] = Tallies()
        self.silent = 0
        for group in groups:
            self._fold(group)

    def _fold(self, group: RightsGroup) -> None:
        self.outcomes.add(_outcome_key(group), group)
        for licence in set(group.licences):
            self.licences.add(licence, group)
        statements = _statements(group.canonical)
        if statements is None:
            self.signals.add(UNREADABLE, group)
            return
        self.silent += 0 if any(map(_settles_something, statements)) else group.documents
        for key in {_signal_key(statement) for statement in statements}:
            self.signals.add(key, group)

    def examples(self) -> set[int]:
        """Return every capture that some line names."""
        return {*self.outcomes.examples(), *self.licences.examples(), *self.signals.examples()}

    def outcome_lines(self, urls: Mapping[int, str]) -> tuple[OutcomeLine, ...]:
        """Return the decisions, the commonest first."""
        return tuple(
            OutcomeLine(**_fields(key), documents=t.documents, bytes=t.bytes, examples=_named(t, urls))
            for key, t in self.outcomes.lines()
        )

    def licence_lines(self, urls: Mapping[int, str]) -> tuple[LicenceLine, ...]:
        """Return the licences found, the commonest first."""
        return tuple(
            LicenceLine(licence=key, documents=t.documents, bytes=t.bytes, examples=_named(t, urls))
            for key, t in self.licences.lines()
        )

    def signal_lines(self, urls: Mapping[int, str]) -> tuple[SignalLine, ...]:
        """Return the statements seen, the commonest first."""
        return tuple(
            SignalLine(**_fields(key), documents=t.documents, examples=_named(t, urls))
            for key, t in self.signals.lines()
        )


def _fields(key: SignalKey | OutcomeKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in key.__slots__}


def _named(tally: Tally, urls: Mapping[int, str]) -> tuple[str, ...]:
    """Return the URLs of a tally's examples, two versions of one page once."""
    return tuple(dict.fromkeys(urls[capture] for capture in tally.examples if capture in urls))


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
    if not isinstance(condition, Mapping):
        return str(condition)
    parts = [str(condition[name]) for name in ("type", "value", "url") if condition.get(name)]
    return ": ".join(parts).replace("_", " ", 1)


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
