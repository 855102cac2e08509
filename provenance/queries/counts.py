"""How many documents: by outcome, licence, site and run, at once however many there are.

Documents are counted by rights set from the tallies of their visits; what a rights set's documents have in common
(outcome, licence) is then looked up once for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Select, Subquery, and_, case, literal, null, select

from provenance.database import Database
from provenance.models import Capture, Decision, Origin, Run, Site, Visit
from provenance.queries.capture_filter import (
    CaptureFilter,
    capture_conditions,
    decision_conditions,
    exchange_conditions,
    visit_conditions,
)
from provenance.queries.decided import Judge, Question, fits, judges_of
from provenance.queries.expressions import key_is_among, total
from provenance.queries.known import decisions_known, settled
from provenance.queries.licences_stated import licences_by_set
from provenance.queries.recorded_verdicts import judges_as_fetched
from provenance.queries.tallied import documents_by_visit


class CountBy(StrEnum):
    """What documents are told apart by."""

    OUTCOME = "outcome"
    LICENCE = "licence"
    SITE = "site"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRow:
    """The documents that have something in common; what was not asked for is None."""

    outcome: str | None  # None also: not decided
    licence: str | None  # stated for the document itself, joined with " AND "; None also: none is
    site: str | None
    run: int | None
    documents: int
    bytes: int  # of their payloads


class SetCount(NamedTuple):
    """The documents of one rights set that have the same of what a count asks for."""

    rights_set: int
    site: int | None  # key
    run: int | None
    policy: int | None  # key of their run's policy
    purpose: str | None
    documents: int
    bytes: int


class _Said(NamedTuple):
    outcome: str | None
    rights_set: int | None
    site: int | None
    run: int | None


def set_counts(
    wanted: CaptureFilter, *, by_site: Any = None, by_run: bool = False, by_question: bool = False
) -> Select[Any]:
    """Select the documents that match by rights set, as `SetCount` has it.

    Args:
        wanted: which; outcomes, conflicts and conditions are not looked at.
        by_site: also by site; True, or the keys of the sites that are told apart (the others are None).
        by_run: also by run.
        by_question: also by the policy and the purpose of their run.
    """
    held = _held(wanted)
    nobody = literal(None)
    site: Any = held.c.site_id if by_site is True else null()
    if by_site and by_site is not True:
        site = case((key_is_among(held.c.site_id, by_site), held.c.site_id), else_=null())
    columns: list[Any] = [
        held.c.rights_set_id,
        site.label("site") if by_site else nobody.label("site"),
        held.c.run_id.label("run") if by_run else nobody.label("run"),
        Run.policy_id.label("policy") if by_question else nobody.label("policy"),
        Run.purpose.label("purpose") if by_question else nobody.label("purpose"),
    ]
    counted = total(held.c.documents).label("documents"), total(held.c.bytes).label("bytes")
    chosen = select(*columns, *counted).select_from(held)
    if by_question:
        chosen = chosen.join(Run, Run.id == held.c.run_id)
    keys = [
        columns[0],
        *(
            one
            for one, given in zip(columns[1:], (by_site, by_run, by_question, by_question), strict=True)
            if given
        ),
    ]
    return chosen.group_by(*keys)


def recorded_counts(by: Collection[CountBy], wanted: CaptureFilter) -> Select[Any]:
    """Select (outcome, rights set, site, run, documents, bytes) as each run's own policy decided; None: not asked."""
    # Counted first: each decision is then looked up once, not once a visit.
    held = set_counts(
        wanted, by_site=CountBy.SITE in by, by_run=CountBy.RUN in by, by_question=True
    ).subquery()
    asked = {
        CountBy.OUTCOME: Decision.outcome,
        CountBy.LICENCE: held.c.rights_set_id,
        CountBy.SITE: held.c.site,
        CountBy.RUN: held.c.run,
    }
    columns = [column if one in by else null() for one, column in asked.items()]
    is_theirs = and_(
        Decision.rights_set_id == held.c.rights_set_id,
        Decision.policy_id == held.c.policy,
        Decision.usage == held.c.purpose,
    )
    chosen = (
        select(*columns, total(held.c.documents), total(held.c.bytes))
        .select_from(held)
        .outerjoin(Decision, and_(is_theirs, *decisions_known(wanted.as_of)))
        .where(*decision_conditions(wanted))
    )
    keys = [column for one, column in asked.items() if one in by]
    return chosen.group_by(*keys) if keys else chosen


def counts(
    database: Database,
    by: Collection[CountBy],
    wanted: CaptureFilter,
    asked: Question | None = None,
    *,
    learned_since: bool = False,
) -> list[CountRow]:
    """Return how many documents match, the largest group first.

    Args:
        database: where to look.
        by: what they are told apart by; nothing: one row.
        wanted: which; ``kind`` and ``limit`` are not looked at.
        asked: by whose decision; None: what each run's own policy decided for its own purpose.
        learned_since: count what stands, with all that was learned since documents were fetched: exactly the rows of
            `decided`, in the seconds that it takes to find them.  Else by what was stated when they were fetched, at
            once: decisions on record are taken, missing ones made.

    Raises:
        ProvenanceError: as `decided`.
    """
    settled(database, wanted.as_of)
    found: dict[_Said, list[int]] = defaultdict(lambda: [0, 0])
    for said, documents, size in _counted(database, frozenset(by), wanted, asked, learned_since):
        found[said][0] += documents
        found[said][1] += size
    return _rows(database, by, {said: (one, size) for said, (one, size) in found.items() if one})


def _counted(
    database: Database,
    by: frozenset[CountBy],
    wanted: CaptureFilter,
    asked: Question | None,
    learned_since: bool,
) -> Iterator[tuple[_Said, int, int]]:
    if asked is None:
        with database.reading() as connection:
            for *said, documents, size in connection.execute(recorded_counts(by, wanted)):
                yield _Said(*said), documents, size
        return
    find = judges_of if learned_since else judges_as_fetched
    judges = {judge.of_runs: judge for judge in find(database, asked, run=wanted.run, as_of=wanted.as_of)}
    if judges:
        yield from _judged(database, by, wanted, judges)


def _judged(
    database: Database,
    by: frozenset[CountBy],
    wanted: CaptureFilter,
    judges: Mapping[tuple[int, str] | None, Judge],
) -> Iterator[tuple[_Said, int, int]]:
    """Count by rights set as all of its documents stand; then move each document that has a verdict of its own."""
    by_site = True if CountBy.SITE in by else {key for judge in judges.values() for key in judge.withdrawn}
    by_question = None not in judges

    def of(one: SetCount, capture_id: int | None) -> _Said | None:
        judge = judges.get((one.policy or 0, one.purpose or "") if by_question else None)
        verdict = None if judge is None else judge.verdict(capture_id, one.rights_set, one.site)
        asks = bool(wanted.outcomes or wanted.conflicting or wanted.conditions)
        if judge is None or (asks and (verdict is None or not fits(verdict, wanted))):
            return None
        return _Said(
            outcome=verdict.outcome.value if verdict is not None and CountBy.OUTCOME in by else None,
            rights_set=one.rights_set if CountBy.LICENCE in by else None,
            site=one.site if CountBy.SITE in by else None,
            run=one.run if CountBy.RUN in by else None,
        )

    grouped = set_counts(wanted, by_site=by_site, by_run=CountBy.RUN in by, by_question=by_question)
    special = {key for judge in judges.values() for key in judge.exceptions}
    with database.reading() as connection:
        for row in connection.execute(grouped):
            one = SetCount(*row)
            if (said := of(one, None)) is not None:
                yield said, one.documents, one.bytes
        for key, *special_row in connection.execute(_each(wanted, special)) if special else ():
            one = SetCount(*special_row)
            as_all, as_itself = of(one, None), of(one, key)
            if as_all != as_itself:
                if as_all is not None:
                    yield as_all, -1, -one.bytes
                if as_itself is not None:
                    yield as_itself, 1, one.bytes


def _held(wanted: CaptureFilter) -> Subquery:
    sets = wanted.rights_sets
    held = documents_by_visit(
        *visit_conditions(wanted), captures=exchange_conditions(wanted), as_of=wanted.as_of
    )
    return held if sets is None else select(held).where(key_is_among(held.c.rights_set_id, sets)).subquery()


def _each(wanted: CaptureFilter, keys: Collection[int]) -> Select[Any]:
    columns: tuple[Any, ...] = (Capture.id, Capture.rights_set_id, Visit.site_id, Visit.run_id)
    columns += (Run.policy_id, Run.purpose, literal(1), Capture.length)
    return (
        select(*columns)
        .select_from(Capture)
        .join(Visit, Visit.id == Capture.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .join(Run, Run.id == Visit.run_id)
        .join(Origin, Origin.id == Capture.origin_id)
        .where(key_is_among(Capture.id, keys), *capture_conditions(wanted))
    )


def _rows(
    database: Database, by: Collection[CountBy], found: Mapping[_Said, tuple[int, int]]
) -> list[CountRow]:
    licences = licences_by_set(database) if CountBy.LICENCE in by else {}
    with database.reading() as connection:
        named_sites = connection.execute(select(Site.id, Site.name)) if CountBy.SITE in by else ()
        sites = {key: name for key, name in named_sites}  # noqa: C416  # rows are no pairs to mypy
    rows: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for said, (documents, size) in found.items():
        stated = licences.get(said.rights_set or 0, ())
        named = (said.outcome, " AND ".join(stated) or None, sites.get(said.site or 0), said.run)
        rows[named][0] += documents
        rows[named][1] += size
    made = [
        CountRow(outcome=outcome, licence=licence, site=site, run=run, documents=documents, bytes=size)
        for (outcome, licence, site, run), (documents, size) in rows.items()
    ]
    return sorted(made, key=_place)


def _place(row: CountRow) -> tuple[Any, ...]:
    return (-row.documents, row.outcome or "", row.licence or "", row.site or "", row.run or 0)
