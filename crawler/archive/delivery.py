"""The last arrows of a segment's way: put, check, and say where it lies (`crawler.archive.segment` has them all)."""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.archive.cdxj import index_segment
from crawler.archive.errors import DamagedRecord
from crawler.archive.failpoints import reach
from crawler.archive.indexing import put_index
from crawler.archive.segment import Closed
from crawler.archive.store import Store
from provenance.records import SegmentStored


def deliver(store: Store, key: str, segment_id: int, closed: Closed) -> SegmentStored:
    """Upload a closed segment whose rows are committed and its index, check them, and return what its row has to say.

    Repeating it is harmless.  Only once that is recorded may the spool file go.

    Raises:
        StoreError: the store cannot take it now; it waits in the spool.
        DamagedRecord: the spool file is no longer what was written; the store has it as it is now.
    """
    stored = store.put(key, closed.path)
    if (stored.length, stored.digest) != (closed.length, closed.digest):
        raise DamagedRecord(
            f"{closed.path} changed after it was written: check the disk, then run «aboveboard verify»"
        )
    put_index(store, key, _index(key, closed), closed.path.parents[key.count("/")])
    reach("store.checked")
    return SegmentStored(
        id=segment_id,
        uri=stored.uri,
        length=stored.length,
        digest=stored.digest,
        records=closed.records,
        stored_at=datetime.now(UTC),
    )


def _index(key: str, closed: Closed) -> bytes:
    if closed.index is not None:
        return closed.index
    with closed.path.open("rb") as stream:
        return index_segment(stream, key)
