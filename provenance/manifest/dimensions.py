"""What many captures share, read once: origins, visits with their sites, segments, rights sets, register entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, select

from provenance.columnar import batches_of
from provenance.models import Origin, Policy, RightsSet, Run, Segment, Site, Visit
from provenance.queries.known import visits_known
from provenance.records import CAPTURES_PER_VISIT_BITS, SegmentState

Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A run, as the papers beside a manifest name it."""

    id: int
    job_name: str
    job_digest: bytes
    purpose: str
    operator: str
    contact: str
    product_token: str
    software: str
    settings_digest: bytes
    policy: str
    policy_digest: bytes
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """Tables by key; a key is the place in an array where keys are dense, else found by `Segments`."""

    origins: pa.StringArray  # by key
    site_names: pa.StringArray  # by key
    site_of_visit: Numbers  # by key of the visit; -1: none on record
    run_of_visit: Numbers  # likewise
    segments: Segments
    rights_digests: pa.StringArray  # by key, "sha256:hex"
    runs: Mapping[int, RunFacts]

    @classmethod
    def read(cls, connection: Connection, as_of: datetime) -> Dimensions:
        """Read them all: a few rows for thousands of captures."""
        visits = list(
            connection.execute(select(Visit.id, Visit.site_id, Visit.run_id).where(*visits_known(as_of)))
        )
        size = max((row.id for row in visits), default=0) + 1
        sites, runs = (np.full(size, -1, dtype=np.int32) for _ in range(2))
        for key, site, run in visits:
            sites[key], runs[key] = site, run
        return cls(
            origins=_dense(connection.execute(select(Origin.id, Origin.url))),
            site_names=_dense(connection.execute(select(Site.id, Site.name))),
            site_of_visit=sites,
            run_of_visit=runs,
            segments=Segments.read(connection),
            rights_digests=_dense(
                (key, f"sha256:{digest.hex()}")
                for key, digest in connection.execute(select(RightsSet.id, RightsSet.digest))
            ),
            runs={row.id: row for row in map(_run, connection.execute(_RUNS))},
        )

    def sites_of(self, captures: Numbers) -> Numbers:
        """Return the keys of the sites of captures by their keys; -1: no visit that is known."""
        return _at(self.site_of_visit, captures >> CAPTURES_PER_VISIT_BITS)

    def runs_of(self, captures: Numbers) -> Numbers:
        """Return the keys of their runs, likewise."""
        return _at(self.run_of_visit, captures >> CAPTURES_PER_VISIT_BITS)

    def ranges(self, sites: Iterable[str] | None, run: int | None) -> Sequence[tuple[int, int]]:
        """Return the ranges of capture keys that belong to some sites and a run, ascending; None: to any."""
        chosen = self.site_of_visit >= 0
        if sites is not None:
            names, asked = self.site_names.to_pylist(), set(sites)
            keys = [key for key, name in enumerate(names) if name in asked]
            chosen &= np.isin(self.site_of_visit, keys)
        if run is not None:
            chosen &= self.run_of_visit == run
        visits = np.flatnonzero(chosen)
        if not len(visits):
            return ()
        breaks = np.flatnonzero(np.diff(visits) != 1) + 1
        return [
            (int(some[0]) << CAPTURES_PER_VISIT_BITS, ((int(some[-1]) + 1) << CAPTURES_PER_VISIT_BITS) - 1)
            for some in np.split(visits, breaks)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Segments: their keys, ascending, and where each lies."""

    keys: Numbers
    uris: pa.StringArray
    stored: Numbers  # whether it lies in the store

    @classmethod
    def read(cls, connection: Connection) -> Segments:
        """Read every segment."""
        columns = select(Segment.id, Segment.uri, Segment.state)
        batches = list(batches_of(connection, columns, key=Segment.id))
        if not batches:
            return cls(
                keys=np.zeros(0, dtype=np.int64),
                uris=pa.array([], pa.string()),
                stored=np.zeros(0, dtype=bool),
            )
        table = pa.Table.from_batches(batches).combine_chunks()
        uris = table.column("uri").combine_chunks()
        state = table.column("state").combine_chunks().to_numpy(zero_copy_only=False)
        stored = (state == SegmentState.STORED.value) & uris.is_valid().to_numpy(zero_copy_only=False)
        return cls(keys=table.column("id").combine_chunks().to_numpy(), uris=uris, stored=stored)

    def places(self, keys: Numbers) -> Numbers:
        """Return where each segment stands in these arrays; -1: it is not there, or not in the store."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.int32)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        there = (self.keys[at] == keys) & self.stored[at]
        return np.where(there, at, -1).astype(np.int32)


_RUNS = select(
    Run.id,
    Run.job_name,
    Run.job_digest,
    Run.purpose,
    Run.operator,
    Run.contact,
    Run.product_token,
    Run.software,
    Run.settings_digest,
    Policy.name.label("policy"),
    Policy.digest.label("policy_digest"),
    Run.started_at,
).join(Policy, Policy.id == Run.policy_id)


def _run(row: Any) -> RunFacts:
    return RunFacts(**row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it


def _dense(rows: Iterable[Any]) -> pa.StringArray:
    found = {key: text for key, text in rows}  # noqa: C416  # rows of SQLAlchemy are no pairs to dict()
    return pa.array([found.get(key) for key in range(max(found, default=-1) + 1)], pa.string())


def _at(values: Numbers, keys: Numbers) -> Numbers:
    inside = (keys >= 0) & (keys < len(values))
    return np.where(inside, values[np.where(inside, keys, 0)], -1)
