"""Finish or discard what a process left in the spool when it died; run at each start, and by hand.

For every segment file that nobody holds (see the state machine in `crawler.archive.segment`):

    no row speaks of it                     nothing was promised: remove the file
    its row says that it is stored          only the removal was missing: remove the file
    rows stand on its first N bytes         cut it off behind them, upload, check, record, remove
    its row has no captures                 remove the row, then the file

Everything is looked up after the lock is taken, and every step can be repeated: killed anywhere, the next
start goes on.  What another process still writes, and what lies in another machine's spool, is left alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from crawler.archive.delivery import deliver
from crawler.archive.errors import DamagedRecord, StoreError
from crawler.archive.failpoints import reach
from crawler.archive.indexing import make_index
from crawler.archive.keys import site_of
from crawler.archive.records import iterate
from crawler.archive.segment import Closed
from crawler.archive.spool import claim, remove_empty_parents, spooled_keys, try_lock
from crawler.archive.store import Store
from provenance.database import Database
from provenance.fence import wait_for_writers
from provenance.leases import Lease, Leases
from provenance.queries.crawling import Spooled, spooled_segments, stored_segments
from provenance.recorder import Recorder
from provenance.records import Batch, SegmentStored

_LEASE_SECONDS = 30.0


class Log(Protocol):
    """What we tell while we work; structlog's loggers are such."""

    def warning(self, event: str, /, **facts: Any) -> Any:
        """Tell what a person should look at."""


@dataclass(slots=True, kw_only=True)
class Recovered:
    """What was found and done."""

    finished: int = 0  # segments brought to the store, or found there
    discarded: int = 0  # segments that no capture stands on
    truncated: int = 0  # bytes cut off behind the last committed record
    busy: int = 0  # segments that a living process holds
    cleaned: int = 0  # uploads that nobody finished for a day, removed from the store
    elsewhere: list[str] = field(
        default_factory=list
    )  # keys with captures, neither in this spool nor in the store
    damaged: list[str] = field(default_factory=list)  # what could not be finished, in words; the files stay


def recover(database: Database, store: Store, spool_dir: Path, *, log: Log | None = None) -> Recovered:
    """Complete or discard the tail of what dead processes wrote.

    Raises:
        StoreError: the store cannot be reached; what was not finished waits in the spool.
        SpoolError: the spool belongs to another database, or cannot be read.
    """
    claim(spool_dir, database_identity(database))
    return _Recovery(database, store, spool_dir, log).run()


def database_identity(database: Database) -> str:
    """Return what tells one database from another: a spool's files mean nothing to any but their own."""
    url = database.engine.url
    if database.is_sqlite and url.database:
        return f"sqlite {Path(url.database).resolve()}"
    return f"{url.get_backend_name()} {url.host or ''}:{url.port or ''}/{url.database or ''}"


class _Recovery:
    """One pass; holds the locks of everything it works on until it is done."""

    def __init__(self, database: Database, store: Store, spool_dir: Path, log: Log | None) -> None:
        self._database, self._store, self._spool_dir, self._log = database, store, spool_dir, log
        self._recorder, self._leases = Recorder(database), Leases(database)
        self._result = Recovered()

    def run(self) -> Recovered:
        with self._locked() as files:
            if files:
                wait_for_writers(self._database, {site_of(key) for key in files})
            rows = {
                row.key: row for row in spooled_segments(self._database)
            }  # after the locks and the last commit: nobody adds to them
            for key, file in files.items():
                self._settle(key, file, rows.get(key))
            present = set(spooled_keys(self._spool_dir)) | files.keys()
            for row in rows.values():
                if row.key not in present:
                    self._settle_without_file(row)
        self._clean()
        return self._result

    def _clean(self) -> None:
        """Free what abandoned uploads take up; a store that does not let us costs room, and no crawl."""
        try:
            self._result.cleaned = self._store.clean()
        except StoreError as error:
            self._tell("abandoned uploads stay in the store", why=str(error))

    @contextmanager
    def _locked(self) -> Iterator[Mapping[str, int]]:
        """Lock every segment file whose owner is gone."""
        files: dict[str, int] = {}
        try:
            for key in spooled_keys(self._spool_dir):
                with suppress(FileNotFoundError):  # its owner finished it a moment ago
                    file = try_lock(self._spool_dir / key)
                    if file is None:
                        self._result.busy += 1
                    else:
                        files[key] = file
            yield files
        finally:
            for file in files.values():
                os.close(file)

    def _settle(self, key: str, file: int, row: Spooled | None) -> None:
        if row is None or row.committed_length == 0:
            self._discard(key, row)
            return
        try:
            closed = self._cut(key, file, row)
            stored = deliver(self._store, key, row.id, closed)
        except DamagedRecord as error:
            self._damaged(
                f"{self._spool_dir / key}: {error}; its captures stay recorded and the file stays here"
            )
            return
        self._finish(row, stored)
        self._remove(key)

    def _discard(self, key: str, row: Spooled | None) -> None:
        if row is not None:
            self._drop_row(row)
        if row is None and self._is_stored(key):
            self._result.finished += 1
        else:
            self._result.discarded += 1
        self._remove(key)

    def _cut(self, key: str, file: int, row: Spooled) -> Closed:
        """Cut the file off behind the last committed record and read what is left."""
        path, length = self._spool_dir / key, os.fstat(file).st_size
        if length < row.committed_length:
            raise DamagedRecord(f"rows stand on {row.committed_length} bytes, but only {length} are there")
        if length > row.committed_length:
            os.ftruncate(file, row.committed_length)
            os.fsync(file)
            self._result.truncated += length - row.committed_length
        with path.open("rb") as stream:
            records = sum(1 for _ in iterate(stream))
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").digest()
        return Closed(path=path, length=row.committed_length, digest=digest, records=records)

    def _settle_without_file(self, row: Spooled) -> None:
        """Its owner may live, here or on another machine; only a free lease proves that nobody adds to it."""
        if row.committed_length == 0:
            if self._is_abandoned(row.site):
                self._drop_row(row)
                self._result.discarded += 1
        elif stored := self._found_in_store(row):
            self._finish(row, stored)
        else:
            self._result.elsewhere.append(row.key)
            self._tell("segment is in no spool here and not in the store", key=row.key)

    def _found_in_store(self, row: Spooled) -> SegmentStored | None:
        """Return what the row should say, if the segment was uploaded before its owner died."""
        digest = self._store.digest(row.key)
        if digest is None:
            return None
        with self._store.open(row.key) as stream:
            ends = [offset + length for offset, length, _ in iterate(stream)]
        if not ends or ends[-1] < row.committed_length:
            self._damaged(f"{row.key}: the store's object ends before the last capture that rows promise")
            return None
        make_index(self._store, row.key, self._spool_dir)
        return SegmentStored(
            id=row.id,
            uri=self._store.uri(row.key),
            length=ends[-1],
            digest=digest,
            records=len(ends),
            stored_at=datetime.now(UTC),
        )

    def _finish(self, row: Spooled, stored: SegmentStored) -> None:
        self._recorder.record(
            Batch(visit_id=row.visit_id, epoch=0, stored=[stored])
        )  # a fact: needs no lease
        reach("rows.stored")
        self._result.finished += 1

    def _drop_row(self, row: Spooled) -> None:
        self._recorder.record(Batch(visit_id=row.visit_id, epoch=0, discarded=[row.id]))

    def _is_stored(self, key: str) -> bool:
        return any(stored.key == key for stored in stored_segments(self._database, site_of(key)))

    def _is_abandoned(self, site: str) -> bool:
        """Take the site's lease for a moment: whoever held it is gone, and cannot write any more."""
        lease = self._leases.acquire(site, f"recovery:{os.getpid()}", _LEASE_SECONDS)
        if not isinstance(lease, Lease):
            return False
        self._leases.release(lease)
        return True

    def _remove(self, key: str) -> None:
        path = self._spool_dir / key
        path.unlink(missing_ok=True)
        remove_empty_parents(self._spool_dir, path)
        reach("spool.removed")

    def _damaged(self, words: str) -> None:
        self._result.damaged.append(words)
        self._tell("segment is damaged", found=words)

    def _tell(self, event: str, **facts: Any) -> None:
        if self._log is not None:
            self._log.warning(event, **facts)
