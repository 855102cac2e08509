"""Check a manifest: that it is what was sealed here, and that every row may still be used.

Rows are decided by what they share (rights set, site) and a few by themselves, a block at a time; nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from licences.policy import Policy
from licences.vocabulary import Outcome
from provenance.database import Database
from provenance.errors import ManifestError
from provenance.manifest.layout import BLOCK, REPEATING, has_columns
from provenance.manifest.recall import recalled
from provenance.manifest.recall_causes import HIDDEN, Cause, Causes, causes, policy_today
from provenance.manifest.register import Registered, by_seal
from provenance.manifest.sealing import RowsDigest, Sealed, header_of
from provenance.models import RightsSet, Site

Numbers = np.ndarray[Any, np.dtype[Any]]


class ManifestChanged(ManifestError):  # noqa: N818  # says what is the case
    """A file is not what was sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRow:
    """A row that may not be used any more."""

    row: int  # its place in the file, from 0
    capture: int
    url: str | None  # None: erased, so that we do not repeat it
    cause: str
    outcome: str
    rule: str
    reasons: Sequence[str]
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found."""

    manifest: Registered
    policy: Policy  # that rows were held against
    as_of: datetime
    causes: Mapping[str, int]  # rows by what speaks against them, the commonest first
    rows: Iterator[FailedRow]  # in the order of the file

    @property
    def failed(self) -> int:
        """How many rows may not be used any more."""
        return sum(self.causes.values())


def check(
    database: Database, path: Path, *, policy: str | None = None, as_of: datetime | None = None
) -> Checked:
    """Return which rows of a manifest may not be used any more.

    Args:
        database: that it was made from.
        path: the file.
        policy: a profile's name or a policy file; None: today's policy of the manifest's policy's name.
        as_of: by what was recorded then, UTC; None: by now.

    Raises:
        ManifestChanged: header or rows are not what was sealed.
        ManifestError: this database did not make it, or it cannot be judged as asked.
        ProvenanceError: the file is no manifest.
    """
    sealed = header_of(path)
    if not sealed.is_whole:
        raise ManifestChanged(f"{path}: its header is not the one that was sealed")
    manifest = _registered(database, path, sealed)
    held_against = policy_today(database, manifest, policy)
    found = causes(database, manifest, held_against, as_of=as_of)
    judge = _Judge(database, manifest, found, as_of)
    digest = RowsDigest()
    try:
        if not has_columns(pq.read_schema(path)):  # bytes, say, would be nobody's site
            raise ManifestChanged(f"{path}: its columns are not the ones that were sealed")
        file = pq.ParquetFile(path, read_dictionary=list(REPEATING))
        for batch in file.iter_batches(batch_size=BLOCK):
            digest.add(batch)
            judge.look_at(batch)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise ManifestChanged(f"{path}: is damaged, or was changed ({error})") from error
    if digest.result() != f"sha256:{manifest.rows_digest.hex()}":
        raise ManifestChanged(f"{path}: its rows are not the ones that were sealed")
    return Checked(
        manifest=manifest,
        policy=held_against,
        as_of=found.as_of,
        causes=dict(judge.counts.most_common()),
        rows=judge.failed(),
    )


def _registered(database: Database, path: Path, sealed: Sealed) -> Registered:
    with database.reading() as connection:
        manifest = by_seal(connection, bytes.fromhex(sealed.seal))
    if manifest is None or manifest.header != sealed.text:
        raise ManifestError(
            f"{path}: {database.url_for_display} did not make this manifest (seal {sealed.seal[:16]}): name the "
            "database that did with --database, or make it anew with «aboveboard manifest»"
        )
    return manifest


class _Judge:
    """Holds blocks of rows against what speaks against them, and keeps the few that fail."""

    def __init__(
        self, database: Database, manifest: Registered, found: Causes, as_of: datetime | None
    ) -> None:
        self._causes: list[Cause] = []
        self._numbers: dict[Cause, int] = {}
        self._failed: list[tuple[Numbers, Numbers, Numbers, Any]] = []
        self._rows = 0
        self.counts: Counter[str] = Counter()
        with database.reading() as connection:
            names = connection.execute(select(Site.id, Site.name).where(Site.id.in_(sorted(found.sites))))
            self._sites = {name: self._number(found.sites[key]) for key, name in names}
            digests = connection.execute(select(RightsSet.id, RightsSet.digest))
            self._sets = {
                f"sha256:{digest.hex()}": self._number(found.rights_sets[key])
                for key, digest in digests
                if key in found.rights_sets
            }
            back = recalled(connection, manifest.id, as_of)
        self._alone = self._by_key(found.captures)
        self._back = self._by_key({key: _called_back(*told) for key, told in back.items()})

    def _by_key(self, told: Mapping[int, Cause]) -> tuple[Numbers, Numbers]:
        keys = sorted(told)
        numbers = [self._number(told[key]) for key in keys]
        return np.array(keys, dtype=np.int64), np.array(numbers, dtype=np.int32)

    def look_at(self, batch: pa.RecordBatch) -> None:
        """Take the next rows of the file."""
        ids = batch.column("capture").to_numpy()
        numbers = _among(ids, self._back, _by_text(batch.column("rights_set"), self._sets))
        of_site = _by_text(batch.column("site"), self._sites)
        numbers = _among(ids, self._alone, np.where(of_site >= 0, of_site, numbers))
        failing = np.flatnonzero(numbers >= 0)
        if len(failing):
            urls = batch.column("url").take(pa.array(failing))
            self._failed.append((failing + self._rows, ids[failing], numbers[failing], urls))
            for number, count in zip(*np.unique(numbers[failing], return_counts=True), strict=True):
                self.counts[self._causes[number].cause] += int(count)
        self._rows += batch.num_rows

    def failed(self) -> Iterator[FailedRow]:
        """Yield the rows that failed."""
        for rows, ids, numbers, urls in self._failed:
            for row, capture, number, url in zip(rows, ids, numbers, urls.to_pylist(), strict=True):
                cause = self._causes[number]
                yield FailedRow(
                    row=int(row),
                    capture=int(capture),
                    url=None if cause.cause in HIDDEN else url,
                    cause=cause.cause,
                    outcome=cause.outcome,
                    rule=cause.rule,
                    reasons=cause.reasons,
                    since=cause.since,
                )

    def _number(self, cause: Cause) -> int:
        number = self._numbers.get(cause)
        if number is None:
            number = self._numbers[cause] = len(self._causes)
            self._causes.append(cause)
        return number


def _called_back(cause: str, detail: str) -> Cause:
    """Return the cause of a row that was called back before: better news give it back to a new manifest only."""
    denied = Outcome.NOT_PERMITTED.value
    return Cause(
        cause=cause,
        outcome=denied,
        rule="recalled",
        reasons=(detail,),
        since="it was called back",
        detail=detail,
    )


def _among(ids: Numbers, wanted: tuple[Numbers, Numbers], otherwise: Numbers) -> Numbers:
    """Return the number of each key that has one, and of the others what they have otherwise."""
    keys, numbers = wanted
    if not len(keys):
        return otherwise
    at = np.minimum(np.searchsorted(keys, ids), len(keys) - 1)
    return np.where(keys[at] == ids, numbers[at], otherwise)


def _by_text(values: Any, wanted: Mapping[str, int]) -> Numbers:
    """Return the number of each row's text; -1 where it has none."""
    if not wanted:
        return np.full(len(values), -1, dtype=np.int32)
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    found = [*(wanted.get(text, -1) for text in values.dictionary.to_pylist()), -1]
    places = values.indices.fill_null(len(found) - 1).to_numpy()
    numbers: Numbers = np.array(found, dtype=np.int32)[places]
    return numbers
