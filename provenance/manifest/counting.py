"""Count what goes into a manifest, as it goes: for the header and the papers beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provenance.manifest.dimensions import Dimensions
from provenance.manifest.rows import licence_of
from provenance.standings import Verdict

NO_LICENCE, NOT_STATED = "none stated", "not stated"


@dataclass(slots=True, kw_only=True)
class Counts:
    """Documents by everything that is told of them."""

    dimensions: Dimensions
    verdicts: Sequence[Verdict]
    rows: int = 0
    bytes: int = 0  # of payloads, as archived
    by_verdict: Counter[tuple[int, int]] = field(default_factory=Counter)  # (verdict, site)
    by_run: Counter[int] = field(default_factory=Counter)
    media_types: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None  # fetched, UTC
    last: datetime | None = None

    def add(self, made: pa.RecordBatch, rows: pa.RecordBatch) -> None:
        """Count rows as the file has them, beside what they were made of."""
        self.rows += rows.num_rows
        self.bytes += pc.sum(rows.column("length")).as_py()
        verdicts = rows.column("verdict").to_numpy().astype(np.int64)
        sites = rows.column("site_id").to_numpy()
        size = len(self.dimensions.site_names)
        for pair, count in _counted(verdicts * size + sites):
            self.by_verdict[divmod(pair, size)] += count
        for run, count in _counted(self.dimensions.runs_of(rows.column("id").to_numpy())):
            self.by_run[run] += count
        for counter, name in (
            (self.media_types, "media_type"),
            (self.languages, "language"),
            (self.parts, "split"),
        ):
            column = made.column(name)
            words = column.dictionary.to_pylist()
            numbers = column.indices.fill_null(-1).to_numpy()
            for number, count in _counted(numbers):
                counter[(words[number] if number >= 0 else "") or NOT_STATED] += count
        ends = pc.min_max(rows.column("fetched_at")).as_py()
        self.first = min(ends["min"], self.first or ends["min"])
        self.last = max(ends["max"], self.last or ends["max"])

    def by(self, name: str) -> Mapping[str, int]:
        """Return documents by "outcomes", "licences" or "sites", sorted by name."""
        counted: Counter[str] = Counter()
        names = self.dimensions.site_names.to_pylist()
        for (number, site), count in self.by_verdict.items():
            verdict = self.verdicts[number]
            words = {
                "outcomes": verdict.outcome.value,
                "licences": licence_of(verdict) or NO_LICENCE,
                "sites": names[site] or "",
            }
            counted[words[name]] += count
        return dict(sorted(counted.items()))

    def in_header(self) -> Mapping[str, Any]:
        """Return what the header says."""
        return {
            "rows": self.rows,
            "bytes": self.bytes,
            "outcomes": self.by("outcomes"),
            "licences": self.by("licences"),
            "sites": self.by("sites"),
        }


def _counted(values: Any) -> list[tuple[int, int]]:
    distinct, counts = np.unique(values, return_counts=True)
    return list(zip(distinct.tolist(), counts.tolist(), strict=True))
