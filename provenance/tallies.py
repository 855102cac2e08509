"""How many documents each rights set holds for, visit by visit: sealed when a visit ends, dropped when it changes.

Counting a hundred million captures is then adding up the tallies of their visits.  A tally is never wrong: whatever
adds or hides captures of a visit calls `unseal` first in its transaction, and a visit that is not sealed is counted
live.  On PostgreSQL the visit's row keeps the two apart: `unseal` shares it, `seal` waits until nobody does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, literal, or_, select, text, update

from provenance import recorded
from provenance.database import Database
from provenance.models import Capture, LeaseRow, Visit, VisitTally, captures_of
from provenance.records import CaptureKind
from provenance.upsert import chunks


def seal(connection: Connection, visit_id: int) -> bool:
    """Tally a visit's documents in this transaction, unless they are; return whether there is such a visit.

    Call it before the transaction writes anything else of the visit: it waits for who still records there.
    """
    chosen = select(Visit.tallied_at).where(Visit.id == visit_id).with_for_update()
    visit = connection.execute(chosen).one_or_none()
    if visit is None or visit.tallied_at is not None:
        return visit is not None
    connection.execute(
        insert(VisitTally).from_select(
            ["visit_id", "rights_set_id", "documents", "bytes", "least", "latest"], live(visit_id)
        )
    )
    latest = select(func.max(Capture.recorded_at)).where(captures_of(visit_id)).scalar_subquery()
    values: dict[str, Any] = {"tallied_at": recorded.now(connection), "recorded_until": latest}
    connection.execute(update(Visit).where(Visit.id == visit_id).values(values))
    return True


def unseal(connection: Connection, visit_ids: Sequence[int]) -> list[int]:
    """Drop the tallies of visits whose captures this transaction is about to change; return those that had one.

    Nobody seals them before the transaction ends.
    """
    tallied: list[int] = []
    for some in chunks(sorted(set(visit_ids))):
        chosen = select(Visit.id, Visit.tallied_at).where(Visit.id.in_(some)).order_by(Visit.id)
        held = chosen.with_for_update(read=True, key_share=True)
        tallied += [visit.id for visit in connection.execute(held) if visit.tallied_at is not None]
    for some in chunks(tallied):
        connection.execute(
            update(Visit).where(Visit.id.in_(some)).values(tallied_at=None, recorded_until=None)
        )
        connection.execute(delete(VisitTally).where(VisitTally.visit_id.in_(some)))
    return tallied


def seal_again(database: Database, visit_ids: Sequence[int]) -> None:
    """Seal visits, each in a transaction of its own: after what unsealed them has committed."""
    for visit_id in visit_ids:
        with database.writing() as connection:
            seal(connection, visit_id)


def seal_pending(database: Database, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Seal every visit that nobody works on and that has no tally, or a wrong one; return how many.

    Args:
        database: where to look.
        progress: called with how many are done and how many there are.
    """
    with database.writing() as connection:
        unseal(connection, wrong(connection))
        pending = connection.scalars(_PENDING).all()
    for done, visit_id in enumerate(pending, 1):
        seal_again(database, [visit_id])
        progress(done, len(pending))
    return len(pending)


def wrong(connection: Connection) -> list[int]:
    """Return the sealed visits whose tallies are not what their captures say, which no code of ours leaves behind."""
    return list(connection.scalars(text(_WRONG)))


def live(visit_id: int) -> Any:
    """Return the SELECT that counts a visit's documents in `capture`: what its tally holds once it is sealed."""
    return (
        select(
            literal(visit_id).label("visit_id"),
            Capture.rights_set_id,
            func.count(),
            func.sum(Capture.length),
            func.min(Capture.id),
            func.max(Capture.id),
        )
        .where(captures_of(visit_id), Capture.kind == CaptureKind.DOCUMENT.value)
        .group_by(Capture.rights_set_id)
    )


_worked_on = exists().where(
    LeaseRow.site_id == Visit.site_id, LeaseRow.epoch == Visit.epoch, LeaseRow.owner.is_not(None)
)
_PENDING = (
    select(Visit.id)
    .where(Visit.tallied_at.is_(None), or_(Visit.ended_at.is_not(None), ~_worked_on))
    .order_by(Visit.id)
)
_LIVE = """
SELECT c.visit_id, c.rights_set_id, count(*), sum(c.length), min(c.id), max(c.id)
FROM capture c JOIN visit v ON v.id = c.visit_id
WHERE c.kind = 'document' AND v.tallied_at IS NOT NULL GROUP BY c.visit_id, c.rights_set_id"""
_TALLIED = """
SELECT t.visit_id, t.rights_set_id, t.documents, t.bytes, t.least, t.latest
FROM visit_tally t JOIN visit v ON v.id = t.visit_id WHERE v.tallied_at IS NOT NULL"""
_WRONG = f"""
SELECT visit_id FROM (SELECT * FROM ({_LIVE}) AS live EXCEPT {_TALLIED}) AS not_tallied
UNION SELECT visit_id FROM (SELECT * FROM ({_TALLIED}) AS tallied EXCEPT {_LIVE}) AS not_there ORDER BY visit_id"""  # noqa: S608  # our own text
