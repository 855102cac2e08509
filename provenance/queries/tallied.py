"""How many documents each rights set holds for, visit by visit: tallies where they stand, captures where not.

A visit is tallied when it ends, so that only the captures of visits under way are counted one by one.  For a day
gone by a tally counts only if everything in it was on record by then; the others are counted from their captures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, Text, cast, func, join, or_, select, union_all

from provenance.models import Capture, Origin, Site, Visit, VisitTally, captures_of
from provenance.queries.known import captures_known
from provenance.records import CaptureKind


def documents_by_visit(
    *visits: ColumnElement[bool],
    captures: Sequence[ColumnElement[bool]] = (),
    as_of: datetime | None = None,
) -> Subquery:
    """Count documents by visit and rights set.

    The columns: ``visit_id``, ``site_id``, ``run_id``, ``rights_set_id``, ``documents``, ``bytes`` (of payloads),
    ``least`` and ``latest`` (the first and the last capture of them).

    Args:
        visits: conditions on `Visit` and `Site`; none: every visit.
        captures: conditions on `Capture` and `Origin`; with any, no tally helps.
        as_of: recorded by then; None: now.
    """
    # Every visit has a site: it is looked at only where a condition may speak of it.
    visited = join(Visit, Site, Site.id == Visit.site_id) if visits or captures else Visit
    counted = (
        select(
            *_VISIT,
            Capture.rights_set_id.label("rights_set_id"),
            func.count().label("documents"),
            func.sum(Capture.length).label("bytes"),
            func.min(Capture.id).label("least"),
            func.max(Capture.id).label("latest"),
        )
        .select_from(visited)
        .join(Capture, captures_of(Visit.id))  # visits lead: those not tallied are few
        .where(_IS_DOCUMENT, *visits, *captures, *captures_known(as_of))
        .group_by(*_VISIT, Capture.rights_set_id)
    )
    if captures:
        return counted.join(Origin, Origin.id == Capture.origin_id).subquery()
    tallied = (
        select(
            *_VISIT,
            VisitTally.rights_set_id,
            VisitTally.documents,
            VisitTally.bytes,
            VisitTally.least,
            VisitTally.latest,
        )
        .select_from(visited)
        .join(VisitTally, VisitTally.visit_id == Visit.id)
        .where(Visit.tallied_at.is_not(None), *visits)
    )
    if as_of is None:
        return union_all(tallied, counted.where(Visit.tallied_at.is_(None))).subquery()
    late = or_(Visit.tallied_at.is_(None), Visit.recorded_until.is_(None), Visit.recorded_until > as_of)
    return union_all(tallied.where(Visit.recorded_until <= as_of), counted.where(late)).subquery()


# Not as an equality of the column: SQLite would rather index every document for this one question.
_IS_DOCUMENT: ColumnElement[bool] = cast(Capture.kind, Text) == CaptureKind.DOCUMENT.value
_VISIT: tuple[Any, ...] = (
    Visit.id.label("visit_id"),
    Visit.site_id.label("site_id"),
    Visit.run_id.label("run_id"),
)
