"""Gather: read every document that matches, once; put aside those that may be in, count why the others are not.

What is permitted is known by the rights set before anything is read, so that of the rest only what is needed comes:
the key, and with ``--versions latest`` the URL's hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, func, literal, select

from provenance.columnar import batches_of
from provenance.manifest.dimensions import Dimensions, Numbers
from provenance.manifest.grouping import joined, keys_of_sites, last_of_each
from provenance.manifest.reasons import Left
from provenance.manifest.selection import Duplicates, Selection, Versions
from provenance.manifest.spooling import Spool
from provenance.manifest.suppressing import Suppressed
from provenance.models import Capture, Origin, Site, Visit
from provenance.queries.capture_filter import capture_conditions
from provenance.queries.expressions import sites_of_prefix
from provenance.records import Kept
from provenance.standings import Standing

NO_RIGHTS = -1  # in place of a verdict's number
SPOOLED = pa.schema(
    [
        ("id", pa.int64()),
        ("origin_id", pa.int32()),
        ("site_id", pa.int32()),
        ("rights_set_id", pa.int32()),
        ("verdict", pa.int32()),
        ("segment", pa.int32()),
        ("warc_offset", pa.int64()),
        ("warc_length", pa.int64()),
        ("fetched_at", pa.timestamp("us", "UTC")),
        ("length", pa.int64()),
        ("payload_digest", pa.binary(32)),
        ("media_type", pa.string()),
        ("language", pa.string()),
        ("path", pa.string()),
    ]
)


@dataclass(slots=True)
class Candidates:
    """What is known in memory of the rows put aside, in their order: what choosing among them needs."""

    ids: Numbers
    sites: Numbers
    digests: Numbers  # the first 8 bytes of each payload's digest
    revisits: Numbers  # whether the payload lies in an earlier record
    simhashes: Numbers | None  # unsigned; None: nobody asked
    marked: Numbers | None  # whether there is a fingerprint


@dataclass(slots=True)
class Gathered:
    """What one reading found."""

    candidates: Candidates
    ids: Numbers  # of everything that matches, ascending
    left: Numbers  # why each is out, see `Left`; `Left.NOT`: it is a candidate


@dataclass(slots=True, kw_only=True)
class Gathering:
    """One reading of the captures."""

    connection: Connection
    dimensions: Dimensions
    standing: Standing
    asked: Selection
    spool: Spool
    suppressed: Suppressed
    told: Callable[[int], None]  # is told how many rows more were read
    _numbers: Numbers = field(init=False)
    _withdrawn: Numbers = field(init=False)
    _exceptions: tuple[Numbers, Numbers] = field(init=False)
    _permits: Numbers = field(init=False)
    _found: list[Mapping[str, Numbers]] = field(default_factory=list)
    _seen: list[tuple[Numbers, Numbers, Numbers | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        by_set = self.standing.number_by_rights_set()
        exceptions = self.standing.exceptions()
        withdrawn = self.standing.withdrawn_sites()
        self._numbers = np.full(max(by_set, default=0) + 1, NO_RIGHTS, dtype=np.int32)
        for key, number in by_set.items():
            self._numbers[key] = number
        keys = np.fromiter(sorted(exceptions), dtype=np.int64, count=len(exceptions))
        self._exceptions = (keys, np.array([exceptions[int(key)] for key in keys], dtype=np.int32))
        verdicts = self.standing.verdicts
        self._permits = np.array([one.is_permitting for one in verdicts], dtype=bool)
        self._withdrawn = np.full(len(self.dimensions.site_names), NO_RIGHTS, dtype=np.int32)
        for site, verdict in withdrawn.items():
            self._withdrawn[site] = verdicts.index(verdict) if verdict in verdicts else self._number(verdict)

    def _number(self, verdict: Any) -> int:
        self.standing.verdicts.append(verdict)
        self._permits = np.append(self._permits, verdict.is_permitting)
        return len(self.standing.verdicts) - 1

    def run(self) -> Gathered:
        """Read."""
        ranges = self._ranges()
        good = _is_among(
            Capture.rights_set_id, self._permits[np.maximum(self._numbers, 0)] & (self._numbers >= 0)
        )
        for batch in self._batches(self._wide(), good, ranges):
            self._take(batch)
        narrow = [Capture.id.label("id"), Capture.rights_set_id.label("rights_set_id")]
        if self._is_latest:
            narrow += _URL_KEY
        for batch in self._batches(narrow, ~good, ranges):
            self._count(batch)
        return self._gathered()

    @property
    def _is_latest(self) -> bool:
        return self.asked.versions is Versions.LATEST

    @property
    def _wants_fingerprints(self) -> bool:
        return self.asked.duplicates is Duplicates.NEAR or bool(self.asked.parts)

    def _ranges(self) -> Sequence[tuple[int, int]]:
        wanted = self.asked.wanted
        sites = None if wanted.site is None else [wanted.site]
        if sites is None and wanted.prefix is not None:
            sites = list(sites_of_prefix(wanted.prefix)) or None
        if sites is None and wanted.run is None:
            return ((0, (1 << 63) - 1),)
        return self.dimensions.ranges(sites, wanted.run)

    def _wide(self) -> list[Any]:
        columns = [Capture.id.label("id"), *(getattr(Capture, name) for name in _WIDE), _KEPT]
        if self._is_latest:
            columns += _URL_KEY
        if self._wants_fingerprints:
            columns.append(Capture.simhash)
        return columns

    def _batches(self, columns: Sequence[Any], condition: Any, ranges: Sequence[tuple[int, int]]) -> Any:
        wanted = replace(self.asked.wanted, site=None, run=None, as_of=self.standing.as_of)
        chosen: Select[Any] = select(*columns).where(*capture_conditions(wanted), condition)
        if wanted.prefix is not None or wanted.source is not None:
            chosen = (
                chosen.join(Origin, Origin.id == Capture.origin_id)
                .join(Visit, Visit.id == Capture.visit_id)
                .join(Site, Site.id == Visit.site_id)
            )
        for batch in batches_of(self.connection, chosen, key=Capture.id, ranges=ranges):
            yield batch
            self.told(batch.num_rows)

    def _verdicts(self, ids: Numbers, rights_sets: Numbers, sites: Numbers) -> Numbers:
        """Return the number of the verdict over each; the register of sources comes before all else."""
        numbers = self._numbers[np.clip(rights_sets, 0, len(self._numbers) - 1)]
        keys, own = self._exceptions
        if len(keys) and len(ids) and keys[-1] >= ids[0] and keys[0] <= ids[-1]:
            at = np.minimum(np.searchsorted(keys, ids), len(keys) - 1)
            numbers = np.where(keys[at] == ids, own[at], numbers)
        withdrawn = self._withdrawn[np.maximum(sites, 0)] if len(self._withdrawn) else np.full_like(sites, -1)
        return np.where((sites >= 0) & (withdrawn >= 0), withdrawn, numbers)

    def _left(self, numbers: Numbers, sites: Numbers) -> Numbers:
        left = np.where(self._permits[np.maximum(numbers, 0)] & (numbers >= 0), 0, Left.VERDICT + numbers)
        return np.where(sites < 0, Left.NO_VISIT, left).astype(np.int32)

    def _count(self, batch: pa.RecordBatch) -> None:
        ids = _numbers(batch, "id")
        sites = self.dimensions.sites_of(ids)
        left = self._left(self._verdicts(ids, _numbers(batch, "rights_set_id"), sites), sites)
        self._seen.append((ids, left, _urls(batch, sites) if self._is_latest else None))

    def _take(self, batch: pa.RecordBatch) -> None:
        ids = _numbers(batch, "id")
        sites = self.dimensions.sites_of(ids)
        verdicts = self._verdicts(ids, _numbers(batch, "rights_set_id"), sites)
        left = self._left(verdicts, sites)
        revisits = batch.column("revisit").to_numpy(zero_copy_only=False)
        segments = self.dimensions.segments.places(_numbers(batch, "segment_id"))
        kept = batch.column("kept").to_numpy(zero_copy_only=False)
        for reason, holds in ((Left.NO_BODY, kept), (Left.NOT_STORED, segments >= 0)):
            left = np.where((left == 0) & ~holds, reason, left)
        if self.suppressed:
            covered = self.suppressed.among(batch, sites, left == 0)
            left = np.where(covered, Left.SUPPRESSED, left)
        self._seen.append((ids, left, _urls(batch, sites) if self._is_latest else None))
        inside = np.flatnonzero(left == 0)
        if not len(inside):
            return
        whole = len(inside) == len(ids)
        rows = batch if whole else batch.take(pa.array(inside))
        made = {
            "site_id": sites[inside].astype(np.int32),
            "verdict": verdicts[inside].astype(np.int32),
            "segment": segments[inside],
        }
        columns = [
            pa.array(made[one.name]) if one.name in made else rows.column(one.name).cast(one.type)
            for one in SPOOLED
        ]
        self.spool.add(pa.RecordBatch.from_arrays(columns, schema=SPOOLED))
        found = {"ids": ids[inside], "sites": made["site_id"], "revisits": revisits[inside]}
        found["digests"] = _first_bytes(rows.column("payload_digest"))
        if self._wants_fingerprints:
            found["marked"] = rows.column("simhash").is_valid().to_numpy(zero_copy_only=False)
            found["simhashes"] = rows.column("simhash").fill_null(0).to_numpy().view(np.uint64)
        self._found.append(found)

    def _gathered(self) -> Gathered:
        ids = joined([one for one, _, _ in self._seen], np.int64)
        left = joined([one for _, one, _ in self._seen], np.int32)
        order = np.argsort(ids, kind="stable")  # two runs of ascending keys
        ids, left = ids[order], left[order]
        if self._is_latest:
            keys = joined([one for _, _, one in self._seen if one is not None], np.uint64)[order]
            newest = np.zeros(len(ids), dtype=bool)
            newest[last_of_each(keys)] = True
            left[~newest] = Left.OLDER_VERSION
        self._seen.clear()

        def column(name: str, kind: Any) -> Numbers:
            return joined([found[name] for found in self._found], kind)

        fingerprints = self._wants_fingerprints
        return Gathered(
            candidates=Candidates(
                ids=column("ids", np.int64),
                sites=column("sites", np.int32),
                digests=column("digests", np.uint64),
                revisits=column("revisits", bool),
                simhashes=column("simhashes", np.uint64) if fingerprints else None,
                marked=column("marked", bool) if fingerprints else None,
            ),
            ids=ids,
            left=left,
        )


_WIDE = (
    "origin_id",
    "rights_set_id",
    "segment_id",
    "revisit",
    "fetched_at",
    "length",
    "warc_offset",
    "warc_length",
    "payload_digest",
    "media_type",
    "language",
    "path",
)
_KEPT = (func.coalesce(Capture.kept, Kept.BODY.value) == Kept.BODY.value).label("kept")
_URL_KEY = [Capture.url_hash]


def _is_among(key: Any, marked: Numbers) -> ColumnElement[bool]:
    """Return the condition that a key is marked: one look at its place, a fifth of what a search in a list costs."""
    marks = literal(marked.astype(np.uint8).tobytes(), LargeBinary)
    return func.substr(marks, key + 1, 1, type_=LargeBinary) == literal(b"\x01", LargeBinary)


def _urls(batch: pa.RecordBatch, sites: Numbers) -> Numbers:
    return keys_of_sites(_numbers(batch, "url_hash"), sites)


def _numbers(batch: pa.RecordBatch, name: str) -> Numbers:
    values: Numbers = batch.column(name).fill_null(NO_RIGHTS).to_numpy()
    return values


def _first_bytes(digests: pa.FixedSizeBinaryArray) -> Numbers:
    words = np.frombuffer(digests.buffers()[1], dtype="<u8", count=4 * (len(digests) + digests.offset))
    return np.ascontiguousarray(words[4 * digests.offset :: 4])
