"""What contradicts itself, and what waits for a person: by the policy's rule, with the statements it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from licences.observation import Statement
from licences.vocabulary import Outcome
from licences.wording import statement_in_words
from provenance.queries.capture_rows import sentences
from provenance.queries.holdings import RightsGroup
from provenance.reports.questions import question_of
from provenance.reports.rights_lines import ConflictLine, ReviewLine
from provenance.reports.tallies import Tallies

STATEMENTS_NAMED = 6  # beside one line


class _Conflict(NamedTuple):
    conflict: str
    policy: str
    purpose: str
    outcome: str


class _Review(NamedTuple):
    policy: str
    purpose: str
    rule: str
    says: str


class Doubts:
    """Counts documents by conflict, and by the rule that wants a person."""

    def __init__(self) -> None:
        self._conflicts: Tallies[_Conflict] = Tallies()
        self._reviews: Tallies[_Review] = Tallies()
        self._stated: dict[_Conflict | _Review, dict[str, None]] = {}  # sentences in the order they came

    def fold(self, group: RightsGroup, statements: Sequence[Statement] | None) -> None:
        """Count a group's documents in; ``statements`` is None when they cannot be read."""
        said = _stood_on(group.reasons, statements or ())
        for conflict in group.conflicts or ():
            key = _Conflict(conflict, group.policy, group.purpose, group.outcome or "")
            self._conflicts.add(key, group)
            self._stated.setdefault(key, {}).update(said)
        if group.outcome == Outcome.NEEDS_REVIEW.value:
            review = _Review(group.policy, group.purpose, group.rule or "", _says(group.reasons))
            self._reviews.add(review, group)
            self._stated.setdefault(review, {}).update(said)

    def examples(self) -> Iterable[int]:
        """Yield the captures that lines name."""
        yield from self._conflicts.examples()
        yield from self._reviews.examples()

    def conflicts(self, urls: Mapping[int, str]) -> tuple[ConflictLine, ...]:
        """Return the conflicts, the commonest first."""
        return tuple(
            ConflictLine(
                **key._asdict(),
                statements=self._named(key),
                documents=t.documents,
                examples=t.named(urls),
            )
            for key, t in self._conflicts.lines()
        )

    def reviews(self, urls: Mapping[int, str]) -> tuple[ReviewLine, ...]:
        """Return what waits for a person, the most documents first."""
        return tuple(
            ReviewLine(
                **key._asdict(),
                to_decide=question_of(key.rule),
                statements=self._named(key),
                documents=t.documents,
                bytes=t.bytes,
                examples=t.named(urls),
            )
            for key, t in self._reviews.lines()
        )

    def _named(self, key: _Conflict | _Review) -> tuple[str, ...]:
        return tuple(self._stated[key])[:STATEMENTS_NAMED]


def _says(reasons: Sequence[Any] | None) -> str:
    """Return the policy's own sentence, which is a decision's first reason."""
    return next(iter(sentences(reasons)), "")


def _stood_on(reasons: Sequence[Any] | None, statements: Sequence[Statement]) -> dict[str, None]:
    """Return the statements that a decision stands on as sentences; of each, our words where it can be read."""
    words = {one.reference: statement_in_words(one) for one in statements}
    told = [reason for reason in reasons or () if isinstance(reason, Mapping) and reason.get("statement")]
    return dict.fromkeys(words.get(str(one["statement"]), str(one.get("text", ""))) for one in told)
