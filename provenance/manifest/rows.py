"""The rows as they stand in the file: keys become names, verdicts become columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from licences.vocabulary import ConditionType
from provenance.manifest.choosing import Chosen
from provenance.manifest.dimensions import Dimensions, Numbers
from provenance.manifest.layout import COLUMNS, SCHEMA
from provenance.manifest.spooling import Spool
from provenance.standings import Verdict

_CREDIT: Final = frozenset({ConditionType.ATTRIBUTION.value, ConditionType.LINK_BACK.value})
_HEX: Final = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), dtype=np.uint16)
_PREFIX: Final = np.frombuffer(b"sha256:", dtype=np.uint8)
DIGEST_LETTERS: Final = 71  # "sha256:" and 64 hex digits


def asks_for_credit(verdict: Verdict) -> bool:
    """Whether a condition of the verdict asks to name or link the source."""
    return any(condition.get("type") in _CREDIT for condition in verdict.conditions)


def licence_of(verdict: Verdict) -> str | None:
    """Return the licences stated for a document, joined as SPDX joins what holds together; None: none."""
    return " AND ".join(verdict.licences) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Makes the rows."""

    dimensions: Dimensions
    verdicts: Sequence[Verdict]
    sources: Sequence[str | None]  # by site: the entry of the register
    chosen: Chosen
    decided_at: datetime

    def batches(self, spool: Spool) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """Yield what is in as the file has it, beside the rows that it was made of, in the order of keys."""
        shared = _Shared.of(self)
        begin = 0
        for batch in spool.batches():
            places = np.flatnonzero(self.chosen.kept[begin : begin + batch.num_rows])
            if len(places):
                whole = len(places) == batch.num_rows
                rows = batch if whole else batch.take(pa.array(places))
                yield self._made(rows, places + begin, shared), rows
            begin += batch.num_rows

    def _made(self, rows: pa.RecordBatch, places: Numbers, shared: _Shared) -> pa.RecordBatch:
        verdicts, sites = rows.column("verdict").to_numpy(), rows.column("site_id").to_numpy()
        segments, offsets, lengths = self._locators(rows, places)
        url = pc.binary_join_element_wise(
            self.dimensions.origins.take(rows.column("origin_id")), rows.column("path"), ""
        )
        parts = self.chosen.split
        made: Mapping[str, Any] = {
            "capture": rows.column("id"),
            "url": url,
            "payload_digest": _digests_in_words(rows.column("payload_digest")),
            "length": rows.column("length"),
            "media_type": rows.column("media_type").dictionary_encode(),
            "language": rows.column("language").dictionary_encode(),
            "warc_uri": _named(segments, self.dimensions.segments.uris),
            "warc_offset": pa.array(offsets),
            "warc_length": pa.array(lengths),
            "site": _named(sites, self.dimensions.site_names),
            "source": _named(sites, shared.sources),
            "licence": _named(verdicts, shared.licences),
            "conditions": _named(verdicts, shared.conditions),
            "attribution": self._attribution(rows, url, verdicts, sites, shared),
            "outcome": _named(verdicts, shared.outcomes),
            "rule": _named(verdicts, shared.rules),
            "reasons": _named(verdicts, shared.reasons),
            "rights_set": _named(rows.column("rights_set_id").to_numpy(), self.dimensions.rights_digests),
            "observed_at": rows.column("fetched_at"),
            "decided_at": pa.repeat(pa.scalar(self.decided_at, pa.timestamp("us", "UTC")), rows.num_rows),
            "split": _named(parts.part_of_site[sites], shared.parts)
            if parts is not None
            else pa.nulls(rows.num_rows, pa.string()).dictionary_encode(),
        }
        return pa.RecordBatch.from_arrays([made[column.name] for column in COLUMNS], schema=SCHEMA)

    def _locators(self, rows: pa.RecordBatch, places: Numbers) -> tuple[Numbers, ...]:
        found = tuple(rows.column(name).to_numpy() for name in ("segment", "warc_offset", "warc_length"))
        at, records = self.chosen.places.within(places)
        if not len(at):
            return found
        moved = tuple(values.copy() for values in found)
        for values, elsewhere in zip(moved, records.T, strict=True):
            values[at] = elsewhere
        return moved

    def _attribution(
        self, rows: pa.RecordBatch, url: pa.StringArray, verdicts: Numbers, sites: Numbers, shared: _Shared
    ) -> pa.StringArray:
        asked = shared.credit[verdicts]
        if not asked.any():
            return pa.nulls(rows.num_rows, pa.string())
        days = rows.column("fetched_at").cast(pa.date32(), safe=False)  # the time of day is left out
        distinct = days.dictionary_encode()
        line = pc.binary_join_element_wise(
            url,
            self.dimensions.site_names.take(pa.array(sites)),
            shared.licence_words.take(pa.array(verdicts)),
            pc.binary_join_element_wise("retrieved", distinct.dictionary.cast(pa.string()), " ").take(
                distinct.indices
            ),
            ", ",
        )
        return pc.if_else(pa.array(asked), line, pa.scalar(None, pa.string()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """The columns of each verdict, and names by site."""

    licences: pa.StringArray
    licence_words: pa.StringArray
    conditions: pa.StringArray
    outcomes: pa.StringArray
    rules: pa.StringArray
    reasons: pa.StringArray
    credit: Numbers
    sources: pa.StringArray
    parts: pa.StringArray

    @classmethod
    def of(cls, rows: Rows) -> _Shared:
        parts = rows.chosen.split
        nothing = replace(rows.verdicts[0], reasons=(), conditions=(), licences=()) if rows.verdicts else None
        verdicts = [one if one.is_permitting or nothing is None else nothing for one in rows.verdicts]
        licences = [licence_of(verdict) for verdict in verdicts]
        return cls(
            licences=_texts(licences),
            licence_words=_texts([licence or "no licence stated" for licence in licences]),
            conditions=_texts([_json(verdict.conditions) for verdict in verdicts]),
            outcomes=_texts([verdict.outcome.value for verdict in verdicts]),
            rules=_texts([verdict.rule for verdict in verdicts]),
            reasons=_texts([_json(verdict.reasons) for verdict in verdicts]),
            credit=np.array([asks_for_credit(verdict) for verdict in verdicts], dtype=bool),
            sources=_texts(rows.sources),
            parts=_texts([part.name for part in parts.parts] if parts else []),
        )


def _texts(values: Sequence[str | None]) -> pa.StringArray:
    return pa.array(values, pa.string())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _named(numbers: Numbers, names: pa.StringArray) -> pa.DictionaryArray:
    """Return names by their numbers; only those that occur, in order of first appearance."""
    seen = pa.array(numbers.astype(np.int32, copy=False)).dictionary_encode()
    distinct = names.take(seen.dictionary).dictionary_encode()  # two numbers may have one name
    return pa.DictionaryArray.from_arrays(distinct.indices.take(seen.indices), distinct.dictionary)


def _digests_in_words(digests: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """Return digests as "sha256:" and hex, without a loop."""
    count = len(digests)
    raw = np.frombuffer(digests.buffers()[1], dtype=np.uint8)[
        32 * digests.offset : 32 * (digests.offset + count)
    ]
    letters = np.empty((count, DIGEST_LETTERS), dtype=np.uint8)
    letters[:, : len(_PREFIX)] = _PREFIX
    letters[:, len(_PREFIX) :] = _HEX[raw].view(np.uint8).reshape(count, 64)
    offsets = np.arange(count + 1, dtype=np.int32) * DIGEST_LETTERS
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(letters))
