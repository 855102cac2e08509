"""Rows between two readings: a file that has no name, so that nothing of it stays whatever happens."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from provenance.errors import ProvenanceError


class Spool:
    """Record batches of one schema, written once and read as often as need be; memory holds one at a time."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        """Open a nameless file in a folder, where the manifest will lie: room is needed there anyway."""
        try:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by `__exit__`
        except OSError as error:
            raise ProvenanceError(
                f"{folder} cannot be written ({error.strerror}): name another place"
            ) from error
        self._schema = schema
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        if self._writer is None:
            self._writer = pa.ipc.new_stream(pa.PythonFile(self._file, mode="w"), self._schema)
        try:
            self._writer.write_batch(batch)
        except OSError as error:
            raise _full(error) from error

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows as they were written; nothing can be added from the first reading on."""
        if self._writer is None:
            return
        try:
            self._writer.close()
            self._file.flush()
        except OSError as error:
            raise _full(error) from error
        self._file.seek(0)
        yield from pa.ipc.open_stream(pa.PythonFile(self._file, mode="r"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what could not be flushed is not needed any more
            self._file.close()


def _full(error: OSError) -> ProvenanceError:
    return ProvenanceError(f"no room for the rows ({error}): make some, or name another place")
