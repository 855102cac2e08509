"""Where the payload of an unchanged answer lies: in the record of an earlier capture of the same site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, select

from provenance.manifest.dimensions import Dimensions, Numbers
from provenance.manifest.gathering import Candidates
from provenance.manifest.grouping import keys_of_sites
from provenance.manifest.spooling import Spool
from provenance.models import Capture, DigestPrefix
from provenance.queries.payloads import holds_its_body
from provenance.upsert import chunks

_PLACE = ("segment", "warc_offset", "warc_length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Records that hold payloads, for the candidates that point to them."""

    at: Numbers  # places of the candidates, ascending
    records: Numbers  # a row each: segment (its place among `Dimensions.segments`), offset, length

    def within(self, candidates: Numbers) -> tuple[Numbers, Numbers]:
        """Return which of some candidates, ascending, point elsewhere, and the records they point to."""
        if not len(self.at):
            return np.zeros(0, dtype=np.int64), self.records
        found = np.minimum(np.searchsorted(self.at, candidates), len(self.at) - 1)
        points = self.at[found] == candidates
        return np.flatnonzero(points), self.records[found[points]]


def places_of_revisits(
    connection: Connection, dimensions: Dimensions, found: Candidates, spool: Spool, wanted: Numbers
) -> Places:
    """Return the places of the payloads that candidates point to; those that nobody holds are not there.

    Most originals were read already; the database is asked for the rest.

    Args:
        connection: of the same snapshot.
        dimensions: the segments.
        found: the candidates.
        spool: their rows.
        wanted: the places, among the candidates, of unchanged answers, ascending.
    """
    keys = keys_of_sites(found.digests, found.sites)
    asked = np.unique(keys[wanted])
    records = np.full((len(asked), len(_PLACE)), -1, dtype=np.int64)
    own = np.flatnonzero(~found.revisits)
    near = np.minimum(np.searchsorted(asked, keys[own]), max(len(asked) - 1, 0))
    holds = asked[near] == keys[own] if len(asked) else np.zeros(len(own), dtype=bool)
    numbers, first = np.unique(near[holds], return_index=True)
    originals = own[holds][first]
    order = np.argsort(originals)
    for rows, some in _rows_at(spool, originals[order]):
        records[numbers[order[some]]] = np.stack([rows.column(name).to_numpy() for name in _PLACE], axis=1)
    at = np.searchsorted(asked, keys[wanted])
    missing = wanted[records[at, 0] < 0]
    if len(missing):
        on_record = _on_record(connection, dimensions, spool, missing)
        for key, record in on_record.items():
            number = np.searchsorted(asked, np.uint64(key))
            if number < len(asked) and asked[number] == np.uint64(key):
                records[number] = record
    there = records[at, 0] >= 0
    return Places(at=wanted[there], records=records[at[there]])


def _rows_at(spool: Spool, places: Numbers) -> Iterator[tuple[pa.RecordBatch, slice]]:
    """Yield the rows of candidates by their places, ascending, beside which of the places these are."""
    if not len(places):
        return
    begin = 0
    for batch in spool.batches():
        some = slice(*np.searchsorted(places, [begin, begin + batch.num_rows]).tolist())
        if some.start < some.stop:
            yield batch.take(pa.array(places[some] - begin)), some
        begin += batch.num_rows


def _on_record(
    connection: Connection, dimensions: Dimensions, spool: Spool, missing: Numbers
) -> Mapping[int, tuple[int, int, int]]:
    """Return the records that hold what was not among the candidates, by key (see `keys_of_sites`)."""
    digests = {
        one for rows, _ in _rows_at(spool, missing) for one in rows.column("payload_digest").to_pylist()
    }
    held: dict[int, tuple[int, int, int]] = {}
    for some in chunks(sorted(digests)):
        asked = (
            select(
                Capture.id,
                Capture.payload_digest,
                Capture.segment_id,
                Capture.warc_offset,
                Capture.warc_length,
            )
            .where(
                DigestPrefix(Capture.payload_digest).in_([one[:8] for one in some]),
                Capture.payload_digest.in_(some),
                holds_its_body(Capture),
                Capture.truncated.is_(None),
            )
            .order_by(Capture.id)
        )
        rows = connection.execute(asked).all()
        sites = dimensions.sites_of(_numbers(row.id for row in rows))
        segments = dimensions.segments.places(_numbers(row.segment_id for row in rows))
        firsts = np.array([int.from_bytes(row.payload_digest[:8], "little") for row in rows], dtype=np.uint64)
        keys = keys_of_sites(firsts, sites)
        for row, key, segment in zip(rows, keys.tolist(), segments.tolist(), strict=True):
            if segment >= 0:
                held.setdefault(key, (segment, row.warc_offset, row.warc_length))
    return held


def _numbers(values: Any) -> Numbers:
    return np.fromiter(values, dtype=np.int64)
