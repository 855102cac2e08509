"""Write the Parquet file: row group by row group, digested on the way, its header last."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from provenance.errors import ProvenanceError
from provenance.manifest.layout import HEADER_KEY, REPEATING, ROW_GROUP, SCHEMA, SEAL_KEY
from provenance.manifest.sealing import RowsDigest, canonical, seal_of

_CHUNK = 1 << 20
_ORDERED = ("capture", "site", "observed_at")  # whoever looks for some of them can pass over whole row groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What a file was sealed with."""

    header: str  # canonical JSON
    seal: str  # hex
    rows_digest: str  # "sha256:hex"


class ManifestFile:
    """A manifest being written; nothing of it has its name yet."""

    def __init__(self, path: Path) -> None:
        self._digest = RowsDigest()
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0
        self._path = path
        try:
            self._writer = pq.ParquetWriter(
                path,
                SCHEMA,
                compression="zstd",
                use_dictionary=list(REPEATING),
                write_statistics=list(_ORDERED),
                version="2.6",
            )
        except OSError as error:
            raise _unwritable(path, error) from error

    def add(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Write rows in their order.

        Raises:
            ProvenanceError: the disk is full, or fails.
        """
        try:
            for batch in batches:
                self._digest.add(batch)
                self._waiting.append(batch)
                self._rows += batch.num_rows
                while self._rows >= ROW_GROUP:
                    self._write_group()
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def close(self, header: Mapping[str, Any]) -> Sealing:
        """Seal the file, and see that it is on the disk."""
        try:
            if self._rows:
                self._write_group()
            digest = self._digest.result()
            text = canonical({**header, "rows_digest": digest})
            seal = seal_of(text)
            self._writer.add_key_value_metadata({HEADER_KEY: text.encode(), SEAL_KEY: seal.encode()})
            self._writer.close()
            make_lasting(self._path)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        return Sealing(header=text, seal=seal, rows_digest=digest)

    def abandon(self) -> None:
        """Let go of the file as it is."""
        self._writer.close()

    def _write_group(self) -> None:
        table = pa.Table.from_batches(self._waiting)
        group, rest = table.slice(0, ROW_GROUP), table.slice(ROW_GROUP)
        self._writer.write_table(group.unify_dictionaries().combine_chunks(), row_group_size=ROW_GROUP)
        self._waiting, self._rows = rest.to_batches(), rest.num_rows


def make_lasting(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _unwritable(path: Path, error: OSError) -> ProvenanceError:
    return ProvenanceError(
        f"{path.parent} cannot take the manifest ({error.strerror or error}): make room, or name another place"
    )
