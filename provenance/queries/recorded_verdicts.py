"""What was decided when documents were fetched, in the shape of what stands today: nothing learned since counts.

But for the register of sources, where a usage or a policy is asked about: nothing of a site out of force is permitted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Text, and_, cast, exists, literal, select

from licences import policy as policies
from licences.errors import RecordError
from licences.rights import RightsSet as Stated
from licences.vocabulary import Outcome, Usage
from provenance import standings  # they ask queries in turn: named as a whole, looked into later
from provenance.database import Database
from provenance.models import Decision, Policy, RightsSet, Run
from provenance.queries.capture_rows import sentences
from provenance.queries.decided import Judge, Question, asked_of_runs
from provenance.queries.known import decisions_known
from provenance.upsert import chunks


def recorded_judges(
    database: Database, *, run: int | None = None, as_of: datetime | None = None
) -> Iterator[Judge]:
    """Yield who answers for the runs of each policy and purpose: what that policy decided for that purpose.

    Args:
        database: where to look.
        run: only this one's; None: all.
        as_of: decided by then, UTC; None: until now.
    """
    pairs = select(Run.policy_id, Run.purpose, Policy.name).distinct()
    pairs = pairs.join(Policy, Policy.id == Run.policy_id).order_by(Run.policy_id, Run.purpose)
    with database.reading() as connection:
        asked = pairs if run is None else pairs.where(Run.id == run)
        for policy_id, purpose, name in connection.execute(asked).all():
            of_both = and_(Decision.policy_id == policy_id, Decision.usage == purpose)
            verdicts = _Numbered()
            decided = select(Decision.rights_set_id, *_SAID).where(of_both, *decisions_known(as_of))
            for key, *said in connection.execute(decided):
                verdicts.take_recorded(key, tuple(said))
            yield verdicts.judge(name, purpose, (policy_id, purpose))


class _Numbered:
    """Verdicts over rights sets, each kept once."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self._verdicts: list[standings.Verdict] = []
        self._known: dict[str, int] = {}
        self._recorded: dict[tuple[str, ...], int] = {}

    def take(self, rights_set: int, verdict: standings.Verdict) -> int:
        """Note what was decided on a rights set; return the verdict's number."""
        number = self.numbers[rights_set] = self._known.setdefault(verdict.key, len(self._verdicts))
        if number == len(self._verdicts):
            self._verdicts.append(verdict)
        return number

    def take_recorded(self, rights_set: int, said: tuple[str, ...]) -> None:
        """Note a recorded decision, in the columns of `_SAID`: what thousands say alike is read once."""
        number = self._recorded.get(said)
        if number is None:
            outcome, rule, *lists = said
            verdict = _verdict(outcome, rule, *(json.loads(one) for one in lists))
            self._recorded[said] = self.take(rights_set, verdict)
        else:
            self.numbers[rights_set] = number

    def judge(self, policy: str, usage: str, of_runs: tuple[int, str] | None) -> Judge:
        """Return who answers by them."""
        return Judge(
            policy=policy,
            usage=usage,
            of_runs=of_runs,
            numbers=self.numbers,
            withdrawn={},
            exceptions={},
            verdicts=self._verdicts,
        )


# JSON as text: equal texts are read once.
_CONDITIONS, _CONFLICTS = cast(Decision.conditions, Text), cast(Decision.conflicts, Text)
_SAID: tuple[Any, ...] = (
    Decision.outcome,
    Decision.rule,
    cast(Decision.reasons, Text),
    _CONDITIONS,
    _CONFLICTS,
)
_COUNTED = (Decision.outcome, Decision.rule, literal("[]"), _CONDITIONS, _CONFLICTS)  # nobody counts reasons


def _decided(canonical: str, usage: Usage, policy: policies.Policy) -> standings.Verdict:
    try:
        told = policies.decide(Stated.from_json(canonical), usage, policy).to_json()
    except RecordError:
        return standings.verdict.unreadable()
    return _verdict(*(told[name] for name in ("outcome", "rule", "reasons", "conditions", "conflicts")))


def _verdict(outcome: str, rule: str, reasons: Any, conditions: Any, conflicts: Any) -> standings.Verdict:
    return standings.Verdict(
        outcome=Outcome(outcome),
        rule=rule,
        reasons=sentences(reasons),
        conditions=tuple(conditions or ()),
        conflicts=tuple(conflicts or ()),
    )


def judges_as_fetched(
    database: Database, asked: Question, *, run: int | None = None, as_of: datetime | None = None
) -> list[Judge]:
    """Return who answers by what was stated when documents were fetched, as `decided.judges_of` does by what stands.

    Sites whose source is out of force are so here, too.

    Decisions that are on record are taken as they are, but for their reasons; what is missing is decided, and not
    written.
    """
    withdrawn = standings.register.sites_out_of_force(database, as_of or datetime.now(UTC))
    found = [_as_fetched(database, *one, as_of) for one in asked_of_runs(database, asked, run=run)]
    return [replace(judge, withdrawn=withdrawn) for judge in found]


def _as_fetched(
    database: Database,
    policy: policies.Policy,
    usage: Usage,
    of_runs: tuple[int, str] | None,
    as_of: datetime | None,
) -> Judge:
    verdicts = _Numbered()
    with database.reading() as connection:
        decided = select(Policy.id).where(Policy.digest == policy.digest).scalar_subquery()
        on_record = and_(
            Decision.policy_id == decided, Decision.usage == usage.value, *decisions_known(as_of)
        )
        for key, *said in connection.execute(select(Decision.rights_set_id, *_COUNTED).where(on_record)):
            verdicts.take_recorded(key, tuple(said))
        is_decided = exists().where(Decision.rights_set_id == RightsSet.id, on_record)
        open_ones = connection.scalars(select(RightsSet.id).where(~is_decided).order_by(RightsSet.id)).all()
        for some in chunks(open_ones):
            asked = select(RightsSet.id, RightsSet.canonical).where(RightsSet.id.in_(some))
            for key, canonical in connection.execute(asked):
                verdicts.take(key, _decided(canonical, usage, policy))
    return verdicts.judge(policy.name, usage.value, of_runs)
