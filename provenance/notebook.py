"""The Python API for notebooks: ask, refine, count, and take the answer away as Arrow.

    import provenance
    corpus = provenance.open("sqlite:///aboveboard-data/provenance.db")
    usable = corpus.captures(usage="ai-train-gen", policy="strict-optin", outcome="permitted", site="example.org")
    usable.count()
    usable.as_of("2026-11-22").to_arrow().to_pandas()

Nothing is asked before it is needed, and nothing is ever written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from licences.policy import Policy, load
from licences.vocabulary import ConditionType, Outcome, Usage
from provenance.as_of import moment
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.queries import (
    CaptureFilter,
    CaptureRow,
    CountBy,
    CountRow,
    Question,
    RefusalFilter,
    RefusalRow,
    captures,
    counts,
    covered_by,
    decided_captures,
    receipt,
    refusals,
    stream,
)
from provenance.queries.decided import judges_of
from provenance.queries.known import settled
from provenance.queries.receipts import Receipt
from provenance.queries.recorded_verdicts import recorded_judges
from provenance.records import CaptureKind

if TYPE_CHECKING:
    import pyarrow as pa

Moment = datetime | str | None  # text is ISO 8601; without an offset either is UTC; a date is its beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class Captures:
    """Captures that are described, not fetched yet.  Iterate for `CaptureRow`, or take them all with `to_arrow`."""

    database: Database
    wanted: CaptureFilter
    question: Question | None  # None: as each run's own policy decided for its own purpose
    licence: str | None = None  # a glob

    def as_of(self, at: Moment) -> Captures:
        """Return the same captures as they were on record by a moment; None: now."""
        return replace(self, wanted=replace(self.wanted, as_of=_moment(at)))

    def where(self, **changes: Any) -> Captures:
        """Return fewer or other captures: the fields of `CaptureFilter`."""
        return replace(self, wanted=replace(self.wanted, **changes))

    def count(self) -> int:
        """Return how many there are."""
        if self.wanted.kind is CaptureKind.DOCUMENT and self.wanted.limit is None:
            return sum(row.documents for row in self.count_by(learned_since=True))
        return sum(batch.num_rows for batch in self.batches())

    def count_by(self, *by: CountBy | str, learned_since: bool = False) -> list[CountRow]:
        """Return how many documents there are by "outcome", "licence", "site" or "run", the largest group first.

        Args:
            by: what they are told apart by.
            learned_since: count what stands, exactly the rows that there are, in seconds; else, at once, by what was
                stated when documents were fetched.
        """
        named = [CountBy(one) for one in by]
        return counts(self.database, named, self._filter(), self.question, learned_since=learned_since)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield them as Arrow record batches, in the order of their keys; memory stays flat.

        Raises:
            ProvenanceError: pyarrow is not installed; says what to install.
        """
        from provenance.capture_columns import capture_batches  # noqa: PLC0415  # numpy, which few commands need

        wanted, question = self._filter(), self.question
        asked = {"run": wanted.run, "as_of": wanted.as_of}
        judges = (
            list(recorded_judges(self.database, **asked))  # type: ignore[arg-type]  # the two fields, by name
            if question is None
            else judges_of(self.database, question, **asked)  # type: ignore[arg-type]  # the two fields, by name
        )
        yield from capture_batches(self.database, wanted, judges)

    def to_arrow(self) -> pa.Table:
        """Return them as one Arrow table: `CaptureRow`'s fields, conditions as JSON text.

        Raises:
            ProvenanceError: pyarrow is not installed; says what to install.
        """
        from provenance.arrow_rows import schema_of  # noqa: PLC0415  # see above
        from provenance.columnar import arrow  # noqa: PLC0415  # see above

        schema = schema_of(CaptureRow)
        table: pa.Table = arrow().Table.from_batches(self.batches(), schema=schema)
        return table

    def __iter__(self) -> Iterator[CaptureRow]:
        wanted = self._filter()
        if self.question is None:
            return stream(self.database, captures(wanted))
        return decided_captures(self.database, wanted, self.question)

    def _filter(self) -> CaptureFilter:
        settled(self.database, self.wanted.as_of)
        if self.licence is None:
            return self.wanted
        return replace(self.wanted, rights_sets=covered_by(self.database, self.licence))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """What was not taken, described and not fetched yet.  Iterate for `RefusalRow`, or take all with `to_arrow`."""

    database: Database
    wanted: RefusalFilter

    def as_of(self, at: Moment) -> Refusals:
        """Return the same refusals as they were on record by a moment; None: now."""
        return replace(self, wanted=replace(self.wanted, as_of=_moment(at)))

    def count(self) -> int:
        """Return how many there are."""
        return sum(1 for _ in self)

    def to_arrow(self) -> pa.Table:
        """Return them as one Arrow table: `RefusalRow`'s fields."""
        from provenance.arrow_rows import batches, schema_of  # noqa: PLC0415  # pyarrow, which few commands need
        from provenance.columnar import arrow  # noqa: PLC0415  # see above

        schema = schema_of(RefusalRow)
        table: pa.Table = arrow().Table.from_batches(batches(self, RefusalRow), schema=schema)
        return table

    def __iter__(self) -> Iterator[RefusalRow]:
        settled(self.database, self.wanted.as_of)
        return stream(self.database, refusals(self.wanted))


class Notebook(Database):
    """A provenance database, opened for questions."""

    def captures(
        self,
        *,
        usage: Usage | str | None = None,
        policy: Policy | str | None = None,
        outcome: Outcome | str | Collection[Outcome | str] = (),
        licence: str | None = None,
        condition: ConditionType | str | Collection[ConditionType | str] = (),
        as_of: Moment = None,
        **filters: Any,
    ) -> Captures:
        """Return the captured documents that match, lazily.

        Args:
            usage: what they would be used for: "ai-train-gen"; with it or with ``policy``, they are decided by what
                stands at the moment asked about.  None: each run's own purpose.
            policy: a profile's name ("strict-optin"), a policy file, or a policy.  None: each run's own.
            outcome: any of these; "permitted" does not include "permitted_with_conditions".
            licence: stated for the document itself, * and ? for any characters: "CC-BY-*".
            condition: all of these go with the permission: "attribution".
            as_of: what was on record by then; None: now.
            filters: the other fields of `CaptureFilter`: site, prefix, media_type, language, source, digest, run,
                status, since, until, conflicting, kind, limit.

        Raises:
            ProvenanceError: there is no such filter, outcome, usage or condition.
            LicenceError: there is no such policy.
        """
        try:
            asked = None
            if usage is not None or policy is not None:
                named = load(policy) if isinstance(policy, str) else policy
                asked = Question(usage=None if usage is None else Usage(usage), policy=named)
            wanted = CaptureFilter(
                outcomes=[Outcome(one) for one in _some(outcome)],
                conditions=[ConditionType(one) for one in _some(condition)],
                as_of=_moment(as_of),
                **filters,
            )
        except (TypeError, ValueError) as error:
            raise ProvenanceError(f"{error}: look at help(provenance.notebook.Notebook.captures)") from error
        return Captures(database=self, wanted=wanted, question=asked, licence=licence)

    def refusals(self, *, as_of: Moment = None, **filters: Any) -> Refusals:
        """Return what was not taken, lazily.

        Args:
            as_of: what was on record by then; None: now.
            filters: the other fields of `RefusalFilter`: site, prefix, rule, run, since, until, source, limit.

        Raises:
            ProvenanceError: there is no such filter.
        """
        try:
            return Refusals(database=self, wanted=RefusalFilter(as_of=_moment(as_of), **filters))
        except TypeError as error:
            raise ProvenanceError(f"{error}: look at help(provenance.notebook.Notebook.refusals)") from error

    def explain(self, what: str, *, as_of: Moment = None) -> Receipt:
        """Return the receipt of a URL, or of payloads whose SHA-256 begins with these digits."""
        return receipt(self, what, as_of=_moment(as_of))


def _moment(at: Moment) -> datetime | None:
    return moment(at.isoformat() if isinstance(at, datetime) else at)


def _some(value: str | Collection[str]) -> Collection[str]:
    return (value,) if isinstance(value, str) else value
