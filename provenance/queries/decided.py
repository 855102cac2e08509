"""Captures decided anew: for another usage or under another policy, without writing a thing.

Every rights set is judged once, however many documents it holds for; the database then finds the documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, or_, select

from licences.errors import LicenceError, PolicyError
from licences.policy import Decision, Policy, decide, read
from licences.policy.reach import is_about_document
from licences.rights import RightsSet
from licences.vocabulary import Usage
from provenance import models
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.models import Capture, Run
from provenance.queries.capture_filter import CaptureFilter
from provenance.queries.capture_rows import (
    CAPTURE_COLUMNS,
    CaptureRow,
    capture_row,
    captures_as,
    sentences,
)
from provenance.queries.expressions import key_is_among, reader_of_glob, states_licence
from provenance.queries.rows import RowOf, all_rows, stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about every document."""

    usage: Usage | None = None  # None: each run's own purpose
    policy: Policy | None = None  # None: each run's own, as it was recorded


def decided_captures(database: Database, wanted: CaptureFilter, asked: Question) -> Iterator[CaptureRow]:
    """Yield the captures that match, each with the decision that answers the question.

    ``outcomes`` and ``conflicting`` of the filter are held against that decision, not the recorded one.

    Raises:
        ProvenanceError: a recorded policy or purpose is not one that this release can read; says what to name.
    """
    judges = {judge.of_runs: judge for judge in _judges(database, wanted.run, asked)}
    chosen = captures_as(_HELD, replace(wanted, outcomes=(), conflicting=False))
    if wanted.outcomes or wanted.conflicting:
        stated = list(stream(database, _STATEMENTS))
        chosen = chosen.where(or_(false(), *(judge.finds(stated, wanted) for judge in judges.values())))
    for held in stream(database, chosen):
        judge = judges.get((held.policy_id, held.row.usage))
        if judge is not None:  # else its run began after the question was asked
            yield replace(held.row, **judge.answer(database, held.rights_set_id))


def covered_by(database: Database, glob: str) -> tuple[int, ...]:
    """Return the keys of the rights sets that state a licence for the document itself that matches.

    A licence of an image, a quotation or another part of the page does not count.
    """
    matches = reader_of_glob(glob)
    found = stream(database, _STATEMENTS.where(states_licence(glob)))
    return tuple(
        one.id
        for one in found
        if one.rights is not None
        and any(matches(s.licence) for s in one.rights.statements if s.licence and is_about_document(s))
    )


def licences_stated(database: Database, limit: int) -> list[str]:
    """Return a few of the licences stated anywhere, sorted."""
    with database.session() as session:
        stated: set[str] = set()
        for licences in session.scalars(select(models.RightsSet.licences)):
            stated.update(licences)
    return sorted(stated)[:limit]


class _Stated(NamedTuple):
    id: int
    rights: RightsSet | None  # None: of another release, or damaged


class _Held(NamedTuple):
    row: CaptureRow
    policy_id: int
    rights_set_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Who answers for the captures of some runs: a policy, for a usage."""

    of_runs: tuple[int, str]  # the key of their policy, and their purpose
    policy: Policy
    usage: Usage
    answers: dict[int | None, Mapping[str, Any]] = field(default_factory=dict)  # by rights set

    def finds(self, stated: Iterable[_Stated], wanted: CaptureFilter) -> ColumnElement[bool]:
        """Return the condition on captures of these runs whose decision is wanted."""
        outcomes = {str(one) for one in wanted.outcomes}
        keys = []
        for one in stated:
            decision = self._decide(one)
            fits = decision is not None and (not outcomes or decision.outcome.value in outcomes)
            if decision is not None and fits and (decision.conflicts or not wanted.conflicting):
                keys.append(one.id)
        policy_id, purpose = self.of_runs
        of_these_runs = and_(Run.policy_id == policy_id, Run.purpose == purpose)
        return and_(of_these_runs, key_is_among(Capture.rights_set_id, keys))

    def answer(self, database: Database, rights_set_id: int | None) -> Mapping[str, Any]:
        """Return what a row says of the decision over its rights set, which is read the first time only."""
        if rights_set_id not in self.answers:
            if rights_set_id is None:
                self.answers[None] = self._said(None)
            else:
                [one] = all_rows(database, _STATEMENTS.where(models.RightsSet.id == rights_set_id))
                self._decide(one)
        return self.answers[rights_set_id]

    def _decide(self, one: _Stated) -> Decision | None:
        decision = None if one.rights is None else decide(one.rights, self.usage, self.policy)
        self.answers[one.id] = self._said(decision)
        return decision

    def _said(self, decision: Decision | None) -> Mapping[str, Any]:
        told = {} if decision is None else decision.to_json()
        return {
            "usage": self.usage.value,
            "policy": self.policy.name,
            "outcome": told.get("outcome"),
            "rule": told.get("rule"),
            "reasons": sentences(told.get("reasons")),
            "conditions": tuple(told.get("conditions", ())),
            "conflicts": tuple(told.get("conflicts", ())),
        }


def _judges(database: Database, run: int | None, asked: Question) -> Iterator[_Judge]:
    pairs = select(Run.policy_id, Run.purpose, models.Policy.name, models.Policy.text).distinct()
    pairs = pairs.join(models.Policy, models.Policy.id == Run.policy_id)
    with database.session() as session:
        found = session.execute(pairs if run is None else pairs.where(Run.id == run)).all()
    for policy_id, purpose, name, text in found:
        yield _Judge(
            of_runs=(policy_id, purpose),
            policy=asked.policy or _recorded(name, text),
            usage=asked.usage or _purpose(purpose),
        )


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


def _read(key: int, canonical: str) -> _Stated:
    try:
        return _Stated(key, RightsSet.from_json(canonical))
    except LicenceError:
        return _Stated(key, None)


_STATEMENTS = (
    select(RowOf(_read, key=models.RightsSet.id, canonical=models.RightsSet.canonical))
    .select_from(models.RightsSet)
    .order_by(models.RightsSet.id)
)


def _held(*, policy_id: int, rights_set_id: int | None, **of_row: Any) -> _Held:
    return _Held(capture_row(**of_row), policy_id, rights_set_id)


_HELD = RowOf(_held, **CAPTURE_COLUMNS, policy_id=Run.policy_id, rights_set_id=Capture.rights_set_id)
