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
from provenance.manifest.grouping import groups, keys_of_sites
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
    records = np.full((len(wanted), len(_PLACE)), -1, dtype=np.int64)
    if not len(wanted):
        return Places(at=wanted, records=records)
    keys = keys_of_sites(found.digests, found.sites)
    originals = _originals(keys, found.revisits)[wanted]
    known = np.flatnonzero(originals >= 0)
    distinct, which = np.unique(originals[known], return_inverse=True)
    places = np.empty((len(distinct), len(_PLACE)), dtype=np.int64)
    for rows, some in _rows_at(spool, distinct):
        places[some] = np.stack([rows.column(name).to_numpy() for name in _PLACE], axis=1)
    records[known] = places[which]
    missing = np.flatnonzero(originals < 0)
    if len(missing):
        on_record = _on_record(connection, dimensions, spool, wanted[missing])
        for at, key in zip(missing.tolist(), keys[wanted[missing]].tolist(), strict=True):
            records[at] = on_record.get(key, -1)
    there = records[:, 0] >= 0
    return Places(at=wanted[there], records=records[there])


def _originals(keys: Numbers, revisits: Numbers) -> Numbers:
    """Return for each candidate the first one of its key that holds its own payload; -1: there is none."""
    order, begins = groups(keys)
    nobody = len(keys)
    first = np.minimum.reduceat(np.where(revisits[order], nobody, order), begins)
    found = np.empty(len(keys), dtype=np.int64)
    found[order] = np.repeat(np.where(first == nobody, -1, first), np.diff(np.append(begins, nobody)))
    return found


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
