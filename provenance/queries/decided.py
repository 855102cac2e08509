"""Captures as a usage and a policy would have them, today or as of a day; nothing is written.

`Standing` says what holds: every rights set is judged once, however many documents it holds for, and what was
learned since a document was fetched only takes away.  The database then finds the documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from licences.errors import PolicyError
from licences.policy import Policy, read
from licences.vocabulary import Usage
from provenance import models, standings  # standings ask queries in turn: named as a whole, looked into later
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.models import Capture, Run, Visit
from provenance.queries.capture_filter import CaptureFilter
from provenance.queries.capture_rows import CAPTURE_COLUMNS, CaptureRow, capture_row, captures_as
from provenance.queries.expressions import key_is_among
from provenance.queries.rows import RowOf, Uncached, stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about every document."""

    usage: Usage | None = None  # None: each run's own purpose
    policy: Policy | None = None  # None: each run's own, as it was recorded


def decided_captures(database: Database, wanted: CaptureFilter, asked: Question) -> Iterator[CaptureRow]:
    """Yield the captures that `decided` selects."""
    return stream(database, decided(database, wanted, asked))


def decided(database: Database, wanted: CaptureFilter, asked: Question) -> Select[CaptureRow]:
    """Select the captures that match, each with the verdict that answers the question.

    ``outcomes``, ``conflicting`` and ``conditions`` of the filter are held against that verdict, not against the
    decision that was recorded.

    Raises:
        ProvenanceError: a recorded policy or purpose is not one that this release can read; says what to name.
        AsOfInFuture: nobody knows yet what will be recorded by then.
    """
    judges = judges_of(database, asked, run=wanted.run, as_of=wanted.as_of)
    stated = replace(wanted, outcomes=(), conflicting=False, conditions=())
    answered = RowOf(_Answering(judges), **_COLUMNS)
    chosen = captures_as(answered, stated)
    return chosen.where(or_(false(), *(judge.finds(wanted) for judge in judges)), Uncached())


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Who answers for the captures of some runs: what stands under a policy, for a usage."""

    policy: str  # its name
    usage: str
    verdicts: Sequence[standings.Verdict]  # by number
    of_runs: tuple[int, str] | None  # the key of their policy, and their purpose; None: of all
    numbers: Mapping[int, int]  # of verdicts, by rights set
    withdrawn: Mapping[int, standings.Verdict]  # by site
    exceptions: Mapping[int, int]  # numbers of verdicts, by capture

    @property
    def is_theirs(self) -> ColumnElement[bool] | None:
        """The condition on `Run` that it answers for a capture; None: for any."""
        if self.of_runs is None:
            return None
        policy_id, purpose = self.of_runs
        return and_(Run.policy_id == policy_id, Run.purpose == purpose)

    def verdict(
        self, capture_id: int | None, rights_set_id: int | None, site_id: int | None
    ) -> standings.Verdict | None:
        """Return what holds for a capture; None: it is none that states anything about rights.

        Args:
            capture_id: its key; None: of any to which nothing special happened.
            rights_set_id: what was stated for it.
            site_id: of its visit; None: one that is in force.
        """
        if rights_set_id is None:
            return None
        if site_id is not None and (verdict := self.withdrawn.get(site_id)) is not None:
            return verdict
        number = self.exceptions.get(capture_id) if capture_id is not None else None
        if number is None:
            number = self.numbers.get(rights_set_id)
        return None if number is None else self.verdicts[number]

    def finds(self, wanted: CaptureFilter) -> ColumnElement[bool]:
        """Return the condition on captures, runs and visits: they are these runs', and their verdict is wanted."""
        theirs = [] if self.is_theirs is None else [self.is_theirs]
        if not (wanted.outcomes or wanted.conflicting or wanted.conditions):
            return and_(*theirs) if theirs else Capture.id.is_not(None)
        fitting = {n for n, verdict in enumerate(self.verdicts) if fits(verdict, wanted)}
        sets = [key for key, number in self.numbers.items() if number in fitting]
        found = [key_is_among(Capture.rights_set_id, sets)]
        if self.withdrawn:
            found.append(~key_is_among(Visit.site_id, self.withdrawn))
        sites = [key for key, verdict in self.withdrawn.items() if fits(verdict, wanted)]
        has_rights = Capture.rights_set_id.is_not(None)
        plain = or_(and_(*found), and_(has_rights, key_is_among(Visit.site_id, sites)) if sites else false())
        if not self.exceptions:
            return and_(*theirs, plain)
        special = [key for key, number in self.exceptions.items() if number in fitting]
        plain = and_(plain, ~key_is_among(Capture.id, self.exceptions))
        return and_(*theirs, or_(plain, key_is_among(Capture.id, special)))


def fits(verdict: standings.Verdict, wanted: CaptureFilter) -> bool:
    """Tell whether a verdict is one that a filter asks for."""
    outcomes = {str(one) for one in wanted.outcomes}
    kinds = {str(condition["type"]) for condition in verdict.conditions}
    return (
        (not outcomes or verdict.outcome.value in outcomes)
        and (not wanted.conflicting or bool(verdict.conflicts))
        and {str(one) for one in wanted.conditions} <= kinds
    )


def judges_of(
    database: Database, asked: Question, *, run: int | None = None, as_of: datetime | None = None
) -> list[Judge]:
    """Return who answers: one judge where policy and usage are named, else one for the runs of each policy and purpose.

    Raises:
        ProvenanceError: as `decided`.
    """
    return [_judge(database, *one, as_of) for one in asked_of_runs(database, asked, run=run)]


def asked_of_runs(
    database: Database, asked: Question, *, run: int | None = None
) -> list[tuple[Policy, Usage, tuple[int, str] | None]]:
    """Return which policy answers for which usage, and of which runs: the key of their policy, and their purpose.

    Raises:
        ProvenanceError: as `decided`.
    """
    if asked.policy is not None and asked.usage is not None:
        return [(asked.policy, asked.usage, None)]
    pairs = select(Run.policy_id, Run.purpose, models.Policy.name, models.Policy.text).distinct()
    pairs = pairs.join(models.Policy, models.Policy.id == Run.policy_id).order_by(Run.policy_id, Run.purpose)
    with database.session() as session:
        found = session.execute(pairs if run is None else pairs.where(Run.id == run)).all()
    return [
        (asked.policy or _recorded(name, text), asked.usage or _purpose(purpose), (policy_id, purpose))
        for policy_id, purpose, name, text in found
    ]


def _judge(
    database: Database,
    policy: Policy,
    usage: Usage,
    of_runs: tuple[int, str] | None,
    as_of: datetime | None,
) -> Judge:
    standing = standings.Standing.at(database, usage, policy, as_of)
    return Judge(
        policy=policy.name,
        usage=usage.value,
        of_runs=of_runs,
        numbers=standing.number_by_rights_set(),
        withdrawn=standing.withdrawn_sites(),
        exceptions=standing.exceptions(),
        verdicts=standing.verdicts,
    )


class _Answering:
    """Makes rows, each answered by the judge of its run."""

    def __init__(self, judges: list[Judge]) -> None:
        self._judges = {judge.of_runs: judge for judge in judges}

    def __call__(
        self, *, policy_id: int, rights_set_id: int | None, site_id: int, usage: str, **of_row: Any
    ) -> CaptureRow:
        judge = self._judges.get((policy_id, usage)) or self._judges[None]
        verdict = judge.verdict(of_row["id"], rights_set_id, site_id)
        answer = {
            "usage": judge.usage,
            "policy": judge.policy,
            "outcome": None if verdict is None else verdict.outcome.value,
            "rule": None if verdict is None else verdict.rule,
            "reasons": () if verdict is None else verdict.reasons,
            "conditions": () if verdict is None else verdict.conditions,
            "conflicts": () if verdict is None else verdict.conflicts,
        }
        return capture_row(**{**of_row, **answer})


def _recorded(name: str, text: str) -> Policy:
    try:
        return read(text, name)
    except PolicyError as error:
        raise ProvenanceError(
            f"the policy of a run, as it was recorded, cannot be read by this release ({error}); name one with --policy"
        ) from error


def _purpose(purpose: str) -> Usage:
    try:
        return Usage(purpose)
    except ValueError as error:
        raise ProvenanceError(
            f"a run's purpose {purpose!r} is no usage that this release knows; name one with --usage"
        ) from error


_JUDGED = ("outcome", "rule", "reasons", "conditions", "conflicts", "policy")  # the verdict says these
_COLUMNS: Mapping[str, Any] = {
    **{name: column for name, column in CAPTURE_COLUMNS.items() if name not in _JUDGED},
    "policy_id": Run.policy_id,
    "rights_set_id": Capture.rights_set_id,
    "site_id": Visit.site_id,
}
