"""Whose time is over: documents that the policy of their run lets us keep for so long and no longer.

Time runs from the fetch.  The clause is the one of the decision on record; where this release would decide otherwise,
or cannot read the policy any more, nobody knows the clause, and the documents are left for a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from licences.errors import LicenceError
from licences.policy import Policy, decide, read
from licences.rights import RightsSet
from licences.vocabulary import Usage
from provenance import models
from provenance.database import Database
from provenance.erasures import Hold, held_captures
from provenance.models import Capture, Decision, Run, Site, Visit
from provenance.queries.expressions import capture_is_of_visit, key_is_among
from provenance.records import CaptureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """The documents of one site under one clause of a policy, whose time is over."""

    site: str
    policy: str  # its name
    seconds: int  # that they may be kept for
    captures: Sequence[int]  # keys, without those on hold
    held: int  # documents that a legal hold keeps
    holds: Sequence[Hold]  # which

    @property
    def clause(self) -> str:
        """The clause, for people."""
        return f"policy {self.policy} keeps such documents for {lasting(self.seconds)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What a look at everything held found."""

    overdue: Sequence[Overdue]
    unsettled: Sequence[str]  # what nobody knows the clause of, in words


def overdue(database: Database, now: datetime, *, site: str | None = None) -> Retention:
    """Return the documents whose time is over, by site and clause.

    Args:
        database: where to look.
        now: UTC.
        site: only this one; None: all.
    """
    found: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    unsettled: list[str] = []
    with database.reading() as connection:
        for applied in connection.execute(_APPLIED).all():
            try:
                policy, usage = read(applied.text, applied.name), Usage(applied.purpose)
            except (LicenceError, ValueError) as error:
                unsettled.append(f"runs under policy {applied.name} for {applied.purpose}: {error}")
                continue
            if not _sets_an_end(policy):
                continue
            clauses, unknown = _clauses(connection, applied, policy, usage)
            if unknown and (left := _count(connection, applied, unknown, site)):
                words = "this release would decide otherwise than was decided at their fetch"
                unsettled.append(f"{left} documents under policy {applied.name} for {usage}: {words}")
            for seconds, keys in clauses.items():
                over = _documents(applied, keys, site, Capture.id, Site.name).where(
                    Capture.fetched_at < now - timedelta(seconds=seconds)
                )
                for capture, name in connection.execute(over.order_by(Capture.id)):
                    found[name, applied.name, seconds].append(capture)
    return Retention(overdue=list(_without_held(database, found)), unsettled=unsettled)


def lasting(seconds: int) -> str:
    """Return a time for people.

    >>> lasting(180 * 86_400), lasting(5_400)
    ('180 days', '5400 seconds')
    """
    days, rest = divmod(seconds, 86_400)
    return f"{seconds} seconds" if rest else f"{days} days"


def _without_held(database: Database, found: dict[tuple[str, str, int], list[int]]) -> Iterator[Overdue]:
    for (site, policy, seconds), captures in sorted(found.items()):
        held = held_captures(database, captures)
        yield Overdue(
            site=site,
            policy=policy,
            seconds=seconds,
            captures=tuple(capture for capture in captures if capture not in held),
            held=len(held),
            holds=tuple({hold.id: hold for hold in held.values()}.values()),
        )


def _sets_an_end(policy: Policy) -> bool:
    own = [rule.retention for rule in policy.rules]
    own += [silence.retention for silence in (policy.silence, *policy.exceptions)]
    clauses = [*policy.retention.values(), *filter(None, own)]
    return any(clause.seconds is not None for clause in clauses)


def _clauses(
    connection: Connection, applied: Any, policy: Policy, usage: Usage
) -> tuple[dict[int, list[int]], list[int]]:
    """Return the rights sets that a policy sets an end to, by seconds, and those whose clause nobody knows."""
    decided = (
        select(models.RightsSet.id, models.RightsSet.canonical, Decision.outcome, Decision.rule)
        .join(Decision, Decision.rights_set_id == models.RightsSet.id)
        .where(Decision.policy_id == applied.id, Decision.usage == applied.purpose)
    )
    clauses: dict[int, list[int]] = defaultdict(list)
    unknown: list[int] = []
    for key, canonical, outcome, rule in connection.execute(decided):
        try:
            decision = decide(RightsSet.from_json(canonical), usage, policy)
        except LicenceError:
            unknown.append(key)
            continue
        if (decision.outcome.value, decision.rule) != (outcome, rule):
            unknown.append(key)
        elif decision.keep_for is not None:
            clauses[decision.keep_for].append(key)
    return clauses, unknown


def _count(connection: Connection, applied: Any, keys: Sequence[int], site: str | None) -> int:
    counted: int = connection.execute(_documents(applied, keys, site, func.count())).scalar_one()
    return counted


def _documents(applied: Any, keys: Sequence[int], site: str | None, *columns: Any) -> Select[Any]:
    chosen = (
        select(*columns)
        .select_from(Run)
        .join(Visit, Visit.run_id == Run.id)
        .join(Site, Site.id == Visit.site_id)
        .join(Capture, capture_is_of_visit)
        .where(
            Run.policy_id == applied.id,
            Run.purpose == applied.purpose,
            Capture.kind == CaptureKind.DOCUMENT.value,
            key_is_among(Capture.rights_set_id, keys),
        )
    )
    return chosen if site is None else chosen.where(Site.name == site)


_APPLIED = (
    select(models.Policy.id, models.Policy.name, models.Policy.text, Run.purpose)
    .join(Run, Run.policy_id == models.Policy.id)
    .distinct()
    .order_by(models.Policy.id, Run.purpose)
)
