"""A segment in the spool: the WARC file of one site and one visit while it grows.

The way of a segment, and who may move it on.  Every arrow can be repeated; killed between two, the next start
goes on from the left one (`crawler.archive.recovery`).

    absent ──create──▶ SPOOLED ──sync──▶ SYNCED ──commit──▶ RECORDED ─┐
                          ▲ ▲                │                        │ as often as batches come
                          │ └────append──────┴◀───────────────────────┘
    RECORDED ──close──▶ CLOSED ──put──▶ UPLOADED ──check──▶ CHECKED ──row says where──▶ STORED ──remove──▶ absent

    state      in the spool                     in the store      in the database
    SPOOLED    records, perhaps torn            nothing           nothing of these records
    SYNCED     whole records, on the disk       nothing           nothing of these records
    RECORDED   the same                         nothing           capture rows with key, offset, length; segment row
    CLOSED     the same, length and digest known
    UPLOADED   the same                         the same bytes    as RECORDED
    CHECKED    the same                         read back, equal  as RECORDED
                                                and its index
    STORED     no longer needed                 the only place    segment row has uri, length, digest

What is behind the last committed record was never promised to anyone: recovery cuts it off.
A row is committed only after `SegmentWriter.sync`, so no row can point at bytes that a power cut takes away.

The spool file carries an exclusive lock (flock) from its first moment until `remove` or `release`: recovery in
another process leaves a locked segment alone, and the kernel drops the lock when its owner dies.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.archive import cdxj
from crawler.archive.errors import SpoolError
from crawler.archive.exchange import Exchange, Revisit
from crawler.archive.failpoints import reach
from crawler.archive.keys import checked_key
from crawler.archive.records import (
    concurrent_fields,
    metadata_member,
    new_record_id,
    request_member,
    response_member,
    warcinfo_member,
)
from crawler.archive.spool import locked_file, remove_empty_parents, sync_directories


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an exchange lies in its segment; the request lies right before, the metadata right behind."""

    offset: int  # of the response (or revisit) record's gzip member
    length: int  # compressed bytes of that member
    request_length: int  # compressed bytes of the request member
    metadata_length: int  # compressed bytes of the metadata member
    payload_digest: bytes  # SHA-256 of the body as archived
    payload_length: int  # bytes of the body, also where a revisit record leaves it out


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A segment to which nothing will be added."""

    path: Path
    length: int  # bytes
    digest: bytes  # SHA-256 of the whole file
    records: int
    index: bytes | None = None  # its CDXJ; None: made from the records once it is needed


class SegmentWriter:
    """Appends exchanges to one spool file, each whole or not at all.  One caller at a time."""

    def __init__(self, spool_dir: Path, key: str, warcinfo: Mapping[str, str]) -> None:
        self.key = checked_key(key)
        self.path = spool_dir / self.key
        self._spool_dir = spool_dir
        self._file = locked_file(self.path)
        self._digest, self._size, self._records = hashlib.sha256(), 0, 0
        self._directories_synced = False
        self._index: list[bytes] = []
        self._closed: Closed | None = None
        self._warcinfo_id = new_record_id()
        self._write([warcinfo_member(self._warcinfo_id, self.path.name, warcinfo)])

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._size

    def append(
        self,
        exchange: Exchange,
        metadata: Mapping[str, Any],
        *,
        revisit_of: Revisit | None = None,
        payload_digest: bytes | None = None,
    ) -> Place:
        """Write request, response (or revisit) and metadata in one go.

        Args:
            exchange: as it crossed the wire.
            metadata: what we noted about it, ready for JSON; "exchange" is our own key.
            revisit_of: an earlier capture with the identical payload; the body is then left out.
            payload_digest: SHA-256 of the body, where it is known already.

        Raises:
            SpoolError: the disk is full or gone; the file is as it was before.
        """
        if self._closed is not None:
            raise SpoolError(f"{self.path} is closed; open the visit's next segment")
        payload_digest = payload_digest or hashlib.sha256(exchange.body).digest()
        response_id = new_record_id()
        common = concurrent_fields(exchange, response_id, self._warcinfo_id)
        request = request_member(exchange, common)
        response = response_member(exchange, response_id, payload_digest, self._warcinfo_id, revisit_of)
        noted = metadata_member(exchange, metadata, common)
        start = self._size
        self._write([request, response, noted])
        if exchange.body or exchange.truncated is None:
            self._index.append(
                cdxj.line(
                    url=exchange.url,
                    at=exchange.started_at,
                    head=exchange.response_head,
                    digest=payload_digest,
                    revisit=revisit_of is not None,
                    offset=start + len(request),
                    length=len(response),
                    key=self.key,
                )
            )
        reach("segment.written")
        return Place(
            offset=start + len(request),
            length=len(response),
            request_length=len(request),
            metadata_length=len(noted),
            payload_digest=payload_digest,
            payload_length=len(exchange.body),
        )

    def sync(self) -> None:
        """Bring every appended record to the disk; only then may rows point at them.

        Raises:
            SpoolError: the disk did not take them: commit nothing.
        """
        try:
            os.fdatasync(self._file)
            if not self._directories_synced:
                sync_directories(self._spool_dir, self.path)
                self._directories_synced = True
        except OSError as error:
            raise SpoolError(f"cannot bring {self.path} to the disk: {error}; check the disk") from error
        reach("segment.synced")

    def close(self) -> Closed:
        """Sync, and say what there is to upload.  The file stays locked until `remove` or `release`."""
        if self._closed is None:
            self.sync()
            self._closed = Closed(
                path=self.path,
                length=self._size,
                digest=self._digest.digest(),
                records=self._records,
                index=cdxj.index_of(self._index),
            )
            reach("segment.closed")
        return self._closed

    def remove(self) -> None:
        """Take the file out of the spool: the row says that it is stored, or no row ever spoke of it."""
        self.path.unlink(missing_ok=True)
        self.release()
        remove_empty_parents(self._spool_dir, self.path)
        reach("spool.removed")

    def release(self) -> None:
        """Leave the file where it is and let others, such as recovery, have it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):  # never opened, or the interpreter is going down
            self.release()

    def _write(self, members: list[bytes]) -> None:
        """Write all or nothing: whatever a full disk took in is cut off again."""
        data = b"".join(members)
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, memoryview(data)[written:])
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
                os.lseek(self._file, self._size, os.SEEK_SET)
            raise SpoolError(
                f"cannot write to {self.path}: {error}; make room in or repair the spool directory"
            ) from error
        self._digest.update(data)
        self._size += len(data)
        self._records += len(members)
