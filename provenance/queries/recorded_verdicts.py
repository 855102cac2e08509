"""What was decided when documents were fetched, in the shape of what stands today: nothing learned since counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from licences.vocabulary import Outcome
from provenance import standings  # they ask queries in turn: named as a whole, looked into later
from provenance.database import Database
from provenance.models import Decision, Policy, Run
from provenance.queries.capture_rows import sentences
from provenance.queries.decided import Judge
from provenance.queries.known import decisions_known


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
    columns: tuple[Any, ...] = (Decision.rights_set_id, Decision.outcome, Decision.rule, Decision.reasons)
    columns += (Decision.conditions, Decision.conflicts)
    with database.reading() as connection:
        asked = pairs if run is None else pairs.where(Run.id == run)
        for policy_id, purpose, name in connection.execute(asked).all():
            of_both = and_(Decision.policy_id == policy_id, Decision.usage == purpose)
            numbers: dict[int, int] = {}
            verdicts: list[standings.Verdict] = []
            known: dict[str, int] = {}
            for key, *said in connection.execute(select(*columns).where(of_both, *decisions_known(as_of))):
                verdict = _verdict(*said)
                numbers[key] = number = known.setdefault(verdict.key, len(verdicts))
                if number == len(verdicts):
                    verdicts.append(verdict)
            yield Judge(
                policy=name,
                usage=purpose,
                of_runs=(policy_id, purpose),
                numbers=numbers,
                withdrawn={},
                exceptions={},
                verdicts=verdicts,
            )


def _verdict(outcome: str, rule: str, reasons: Any, conditions: Any, conflicts: Any) -> standings.Verdict:
    return standings.Verdict(
        outcome=Outcome(outcome),
        rule=rule,
        reasons=sentences(reasons),
        conditions=tuple(conditions or ()),
        conflicts=tuple(conflicts or ()),
    )
