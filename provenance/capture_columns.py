"""Captures as Arrow record batches: columns from the engine in blocks, verdicts by number, joined by numpy.

A batch has the columns of `CaptureRow`, in its order.  What many captures share (verdicts, licences, names) is made
once and taken by its place, so that a million rows cost no more Python than a few.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, false, or_, select

from provenance import standings  # they ask queries in turn: named as a whole, looked into later
from provenance.arrow_rows import schema_of
from provenance.columnar import arrow, record_batches
from provenance.database import Database
from provenance.models import Capture, Origin, RightsSet, Run, Segment, Site, Visit
from provenance.queries.capture_filter import CaptureFilter, capture_conditions, visit_conditions
from provenance.queries.capture_rows import CAPTURE_COLUMNS, CaptureRow, digest_in_words
from provenance.queries.decided import Judge
from provenance.records import CAPTURES_PER_VISIT_BITS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_JUDGED = ("outcome", "rule", "reasons", "conditions", "conflicts", "policy", "usage")
_SHARED = ("licences", "rights_set", "site", "run", *_JUDGED)
_KEYS = {
    "key_set": Capture.rights_set_id,
    "key_visit": Capture.visit_id,
}


def capture_batches(
    database: Database, wanted: CaptureFilter, judges: Sequence[Judge]
) -> Iterator[pa.RecordBatch]:
    """Yield the captures that match, in the order of their keys.

    Args:
        database: where to look.
        wanted: which; its outcomes, conflicts and conditions are held against the judges' verdicts.
        judges: who answers for the captures of which runs.
    """
    shared = _Shared(database, judges)
    left = wanted.limit
    chosen = _select(wanted, judges)
    for batch in record_batches(database, chosen, key=Capture.id, ranges=_ranges(database, wanted)):
        done = shared.joined(batch)
        if left is not None:
            done = done.slice(0, left)
            left -= done.num_rows
        if done.num_rows:
            yield done
        if left == 0:
            return


def _select(wanted: CaptureFilter, judges: Sequence[Judge]) -> Select[Any]:
    own = {name: column for name, column in CAPTURE_COLUMNS.items() if name not in _SHARED}
    columns = [column.label(name) for name, column in {**own, **_KEYS}.items()]
    return (
        select(*columns)
        .select_from(Capture)
        .join(Visit, Visit.id == Capture.visit_id)
        .join(Site, Site.id == Visit.site_id)
        .join(Run, Run.id == Visit.run_id)
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
        .where(*capture_conditions(wanted), or_(false(), *(judge.finds(wanted) for judge in judges)))
    )


def _ranges(database: Database, wanted: CaptureFilter) -> list[tuple[int, int]]:
    """Return the ranges of keys of the visits that are asked about, neighbours joined."""
    visits = select(Visit.id).join(Site, Site.id == Visit.site_id).where(*visit_conditions(wanted))
    with database.reading() as connection:
        keys = connection.scalars(visits.order_by(Visit.id)).all()
    found: list[tuple[int, int]] = []
    for key in keys:
        first, last = key << CAPTURES_PER_VISIT_BITS, ((key + 1) << CAPTURES_PER_VISIT_BITS) - 1
        if found and found[-1][1] == first - 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


class _Shared:
    """What many captures have in common, ready to be taken by its place."""

    def __init__(self, database: Database, judges: Sequence[Judge]) -> None:
        import numpy as np  # noqa: PLC0415  # the extra [parquet], which `arrow` asks for in words

        arrow()
        self._np = np
        self._schema = schema_of(CaptureRow)
        self._judges = list(judges)
        with database.reading() as connection:
            visits = connection.execute(
                select(Visit.id, Visit.site_id, Site.name, Visit.run_id, Run.policy_id, Run.purpose)
                .join(Site, Site.id == Visit.site_id)
                .join(Run, Run.id == Visit.run_id)
                .order_by(Visit.id)
            ).all()
            sets = connection.execute(
                select(RightsSet.id, RightsSet.digest, RightsSet.licences).order_by(RightsSet.id)
            ).all()
        self._visits = np.array([row[0] for row in visits], dtype=np.int64)
        self._sites = np.array([row[1] for row in visits], dtype=np.int64)
        numbers = {judge.of_runs: number for number, judge in enumerate(self._judges)}
        self._judge_of = np.array(
            [numbers.get((row[4], row[5]), numbers.get(None, 0)) for row in visits], dtype=np.int64
        )
        self._set_keys = np.array([row[0] for row in sets], dtype=np.int64)
        self._by_visit = {
            "site": self._array("site", [row[2] for row in visits]),
            "run": self._array("run", [row[3] for row in visits]),
        }
        self._by_set = {  # and behind them, of what states nothing
            "rights_set": self._array("rights_set", [*(digest_in_words(row[1]) for row in sets), None]),
            "licences": self._array("licences", [*(list(row[2] or ()) for row in sets), []]),
        }
        self._tables = [_Table(judge, self._set_keys) for judge in self._judges]

    def joined(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch with every column of a row, in its order."""
        pa, np = arrow(), self._np
        visits = np.searchsorted(self._visits, batch["key_visit"].to_numpy(zero_copy_only=False))
        stated = batch["key_set"]
        has_set = ~np.asarray(stated.is_null())
        keys = np.asarray(stated.fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int64)
        places = np.searchsorted(self._set_keys, keys)
        at_set = pa.array(np.where(has_set, places, len(self._set_keys)))
        made = {name: values.take(pa.array(visits)) for name, values in self._by_visit.items()}
        made |= {name: values.take(at_set) for name, values in self._by_set.items()}
        made |= self._verdicts(batch, visits, np.where(has_set, places, -1))
        made["payload_digest"] = _hex(batch["payload_digest"])
        arrays = [
            made[one.name] if one.name in made else batch[one.name].cast(one.type) for one in self._schema
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _verdicts(self, batch: pa.RecordBatch, visits: Any, places: Any) -> dict[str, pa.Array]:
        """Answer for each capture: by its judge, its rights set, its site, and by itself."""
        np = self._np
        ids = batch["id"].to_numpy(zero_copy_only=False)
        said: list[dict[str, Any]] = []
        at = np.zeros(len(ids), dtype=np.int64)
        theirs = self._judge_of[visits]
        for number, table in enumerate(self._tables):
            mine = np.flatnonzero(theirs == number)
            if len(mine):
                numbers = table.numbers(ids[mine], places[mine], self._sites[visits[mine]])
                distinct, back = np.unique(numbers, return_inverse=True)
                at[mine] = len(said) + back
                said += [table.said(one) for one in distinct.tolist()]
        order = arrow().array(at)
        return {name: self._array(name, [one[name] for one in said]).take(order) for name in _JUDGED}

    def _array(self, name: str, values: Sequence[Any]) -> pa.Array:
        return arrow().array(values, self._schema.field(name).type)


class _Table:
    """One judge's verdicts by place: of the rights sets, then of sites out of force, -1 for none."""

    def __init__(self, judge: Judge, set_keys: np.ndarray[Any, Any]) -> None:
        import numpy as np  # noqa: PLC0415  # see above

        self._np, self._judge = np, judge
        self._verdicts: list[standings.Verdict] = [*judge.verdicts, *judge.withdrawn.values()]
        self._by_set = np.array([judge.numbers.get(key, -1) for key in set_keys.tolist()] or [-1])
        self._sites = np.array(list(judge.withdrawn), dtype=np.int64)
        self._special = np.array(sorted(judge.exceptions), dtype=np.int64)
        self._special_numbers = np.array([judge.exceptions[key] for key in self._special.tolist()])

    def numbers(self, ids: Any, places: Any, sites: Any) -> Any:
        """Return the place of each capture's verdict, -1 for none."""
        np = self._np
        found = np.where(places >= 0, self._by_set[places], -1)
        if len(self._special):
            near = np.minimum(np.searchsorted(self._special, ids), len(self._special) - 1)
            found = np.where(self._special[near] == ids, self._special_numbers[near], found)
        if len(self._sites):
            order = np.argsort(self._sites)
            near = np.minimum(np.searchsorted(self._sites[order], sites), len(self._sites) - 1)
            out = (self._sites[order][near] == sites) & (places >= 0)
            found = np.where(out, len(self._judge.verdicts) + order[near], found)
        return found

    def said(self, number: int) -> dict[str, Any]:
        """Return what a row says of the verdict at a place."""
        verdict = None if number < 0 else self._verdicts[number]
        asked = {"usage": self._judge.usage, "policy": self._judge.policy}
        if verdict is None:
            return asked | {"outcome": None, "rule": None, "reasons": [], "conditions": "[]", "conflicts": []}
        return asked | {
            "outcome": verdict.outcome.value,
            "rule": verdict.rule,
            "reasons": list(verdict.reasons),
            "conditions": json.dumps(list(verdict.conditions), ensure_ascii=False, sort_keys=True),
            "conflicts": list(verdict.conflicts),
        }


def _hex(digests: pa.Array) -> pa.Array:
    return arrow().array([digest_in_words(digest) for digest in digests.to_pylist()])
