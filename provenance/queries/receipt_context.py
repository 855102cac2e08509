"""What the exchanges of a receipt share: visits, permissions, rights sets.  Each kind is one question, however many."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Self

from sqlalchemy import Connection, Select, and_, bindparam, select

from provenance.models import (
    Capture,
    Decision,
    Origin,
    Permission,
    Policy,
    RightsSet,
    Run,
    Segment,
    Site,
    Source,
    Visit,
)
from provenance.queries.capture_rows import digest_in_words, sentences
from provenance.queries.expressions import url_of_capture
from provenance.queries.known import admissions_known, captures_known, decisions_known
from provenance.queries.places import PLACE_COLUMNS, place_of
from provenance.queries.receipts import (
    AdmissionReceipt,
    DecisionReceipt,
    PermissionReceipt,
    RightsReceipt,
    RobotsReceipt,
    RunReceipt,
)
from provenance.sources import SourceRow, standings

SELECTS_KEPT = 8  # of each kind: to build one takes longer than to ask it
_KEYS: Any = bindparam("keys", expanding=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitContext:
    """Where and for whom an exchange was made, and who said that we may go there."""

    site: str
    run: RunReceipt
    policy_id: int  # of the run
    admissions: tuple[AdmissionReceipt, ...]
    source: SourceRow | None  # None: the register has no entry


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsContext:
    """What was stated, and the decisions on it: the key of each one's policy beside it."""

    rights: RightsReceipt
    decisions: tuple[tuple[int, Any], ...]

    def decided(self, policy_id: int, purpose: str) -> tuple[DecisionReceipt, ...]:
        """Return the decisions, that of a run's own policy and purpose first."""
        told = [
            DecisionReceipt(
                policy=row.policy,
                policy_digest=digest_in_words(row.policy_digest),
                usage=row.usage,
                of_this_run=key == policy_id and row.usage == purpose,
                outcome=row.outcome,
                rule=row.rule,
                reasons=sentences(row.reasons),
                conditions=tuple(row.conditions),
                conflicts=tuple(row.conflicts),
                enforces=tuple(row.enforces),
            )
            for key, row in self.decisions
        ]
        return tuple(sorted(told, key=lambda one: (not one.of_this_run, one.policy, one.usage)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """By their keys, all that the exchanges of a receipt share."""

    visits: dict[int, VisitContext]
    permissions: dict[int, PermissionReceipt]
    rights: dict[int, RightsContext]

    @classmethod
    def of(cls, connection: Connection, exchanges: Collection[Any], as_of: datetime | None) -> Self:
        """Return what captures and refusals share, from rows that have its keys.

        Args:
            connection: in the transaction that found the rows, else an erasure may have come between.
            exchanges: the rows: ``visit_id``, ``permission_id``, ``rights_set_id``; the last two may be None.
            as_of: what was on record by then, UTC; None: now.
        """

        def keys(name: str) -> list[int]:
            return sorted({getattr(row, name) for row in exchanges} - {None})

        return cls(
            visits=dict(_visits(connection, keys("visit_id"), as_of)),
            permissions=dict(_permissions(connection, keys("permission_id"), as_of)),
            rights=dict(_rights(connection, keys("rights_set_id"), as_of)),
        )


def _by_key(connection: Connection, asked: Select[Any], keys: list[int]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows of each key; nothing is asked where there is none."""
    rows = connection.execute(asked, {"keys": keys}) if keys else ()
    for key, some in groupby(rows, key=attrgetter("key")):
        yield key, list(some)


@lru_cache(SELECTS_KEPT)
def _of_visits(as_of: datetime | None) -> Select[Any]:
    of_both = and_(Source.run_id == Run.id, Source.site_id == Site.id, *admissions_known(as_of))
    return (
        select(Visit.id.label("key"), Site.name.label("site"), *_RUN, *_ADMISSION)
        .select_from(Visit)
        .join(Site, Site.id == Visit.site_id)
        .join(Run, Run.id == Visit.run_id)
        .join(Policy, Policy.id == Run.policy_id)
        .outerjoin(Source, of_both)
        .where(Visit.id.in_(_KEYS))
        .order_by(Visit.id, Source.id)
    )


def _visits(
    connection: Connection, keys: list[int], as_of: datetime | None
) -> Iterator[tuple[int, VisitContext]]:
    found = list(_by_key(connection, _of_visits(as_of), keys))
    names = {rows[0].site for _, rows in found}
    register = standings(connection, names, at=as_of or datetime.now(UTC), as_of=as_of) if names else {}
    for key, rows in found:
        first = rows[0]
        yield (
            key,
            VisitContext(
                site=first.site,
                run=_run(first),
                policy_id=first.policy_id,
                admissions=tuple(
                    AdmissionReceipt(
                        admitted_by=row.admitted_by, basis=row.basis, permission=row.owner_permission
                    )
                    for row in rows
                    if row.source_id is not None
                ),
                source=register.get(first.site),
            ),
        )


def _run(row: Any) -> RunReceipt:
    return RunReceipt(
        id=row.run_id,
        job=row.job_name,
        purpose=row.purpose,
        operator=row.operator,
        contact=row.contact,
        info_url=row.info_url,
        product_token=row.product_token,
        user_agent=row.user_agent,
        software=row.software,
        started_at=row.started_at,
        policy=row.policy,
        policy_digest=digest_in_words(row.policy_digest),
    )


@lru_cache(SELECTS_KEPT)
def _of_permissions(as_of: datetime | None) -> Select[Any]:
    return (
        select(Permission.id.label("key"), *_PERMISSION, *_ROBOTS)
        .select_from(Permission)
        .outerjoin(Capture, and_(Capture.id == Permission.robots_capture_id, *captures_known(as_of)))
        .outerjoin(Origin, Origin.id == Capture.origin_id)
        .outerjoin(Segment, Segment.id == Capture.segment_id)
        .where(Permission.id.in_(_KEYS))
        .order_by(Permission.id)
    )


def _permissions(
    connection: Connection, keys: list[int], as_of: datetime | None
) -> Iterator[tuple[int, PermissionReceipt]]:
    for key, [row] in _by_key(connection, _of_permissions(as_of), keys):
        answered = {column.name: getattr(row, column.name) for column in _PERMISSION}
        yield key, PermissionReceipt(**answered, robots=None if row.robots_id is None else _robots(row))


def _robots(row: Any) -> RobotsReceipt:
    return RobotsReceipt(
        url=row.url,
        fetched_at=row.fetched_at,
        status=row.status,
        payload_digest=digest_in_words(row.payload_digest),
        place=place_of(row),
    )


@lru_cache(SELECTS_KEPT)
def _of_rights(as_of: datetime | None) -> Select[Any]:
    return (
        select(
            RightsSet.id.label("key"), RightsSet.digest, RightsSet.canonical, RightsSet.licences, *_DECISION
        )
        .select_from(RightsSet)
        .outerjoin(Decision, and_(Decision.rights_set_id == RightsSet.id, *decisions_known(as_of)))
        .outerjoin(Policy, Policy.id == Decision.policy_id)
        .where(RightsSet.id.in_(_KEYS))
        .order_by(RightsSet.id, Decision.policy_id)
    )


def _rights(
    connection: Connection, keys: list[int], as_of: datetime | None
) -> Iterator[tuple[int, RightsContext]]:
    for key, rows in _by_key(connection, _of_rights(as_of), keys):
        stated = RightsReceipt(
            digest=digest_in_words(rows[0].digest),
            canonical=rows[0].canonical,
            licences=tuple(rows[0].licences),
        )
        decisions = tuple((row.policy_id, row) for row in rows if row.policy_id is not None)
        yield key, RightsContext(rights=stated, decisions=decisions)


_POLICY: tuple[Any, ...] = (Policy.name.label("policy"), Policy.digest.label("policy_digest"))
_RUN: tuple[Any, ...] = (
    Run.id.label("run_id"),
    Run.job_name,
    Run.purpose,
    Run.policy_id,
    Run.operator,
    Run.contact,
    Run.info_url,
    Run.product_token,
    Run.user_agent,
    Run.software,
    Run.started_at,
    *_POLICY,
)
_ADMISSION: tuple[Any, ...] = (
    Source.id.label("source_id"),
    Source.admitted_by,
    Source.basis,
    Source.permission.label("owner_permission"),
)
_PERMISSION: tuple[Any, ...] = (
    Permission.granted,
    Permission.rule,
    Permission.line_number,
    Permission.line_text,
    Permission.overridden_line_number,
    Permission.overridden_line_text,
    Permission.robots_state,
)
_ROBOTS: tuple[Any, ...] = (
    Capture.id.label("robots_id"),
    url_of_capture.label("url"),
    Capture.fetched_at,
    Capture.status,
    Capture.payload_digest,
    *PLACE_COLUMNS,
)
_DECISION: tuple[Any, ...] = (
    Decision.policy_id,
    *_POLICY,
    Decision.usage,
    Decision.outcome,
    Decision.rule,
    Decision.reasons,
    Decision.conditions,
    Decision.conflicts,
    Decision.enforces,
)
