"""Indexes on their way to the store: delivered with their segment, made again where they are missing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from crawler.archive.cdxj import MEDIA_TYPE, index_segment
from crawler.archive.errors import DamagedRecord, ObjectDiffers, ObjectMissing, SpoolError
from crawler.archive.keys import index_key, site_prefix
from crawler.archive.spool import remove_empty_parents
from crawler.archive.store import Store, Stored
from provenance.database import Database
from provenance.queries.crawling import is_stored, stored_segments


def put_index(store: Store, key: str, index: bytes, spool_dir: Path) -> Stored:
    """Keep a segment's index beside it.  Repeating it is harmless; killed within, the next one cleans up.

    Args:
        store: where the segment lies, or is about to.
        key: the segment's.
        index: as `crawler.archive.cdxj` makes it.
        spool_dir: where the bytes wait while they are sent.

    Raises:
        SpoolError: the disk cannot take it.
        StoreError: the store cannot.
    """
    own = index_key(key)
    path = spool_dir / own
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(index)
    except OSError as error:
        raise SpoolError(
            f"cannot write {path}: {error}; make room in or repair the spool directory"
        ) from error
    try:
        with suppress(ObjectDiffers):
            return store.put(own, path, media_type=MEDIA_TYPE)
        store.delete(own)  # another release's: it says the same of the same records in another way
        return store.put(own, path, media_type=MEDIA_TYPE)
    finally:
        path.unlink(missing_ok=True)
        remove_empty_parents(spool_dir, path)


def make_index(store: Store, key: str, spool_dir: Path) -> None:
    """Read a segment of the store and keep its index beside it.

    Raises:
        DamagedRecord: it cannot be read to its end.
        ObjectMissing: the store has no such segment.
    """
    with store.open(key) as stream:
        index = index_segment(stream, key)
    put_index(store, key, index, spool_dir)


def mend_indexes(database: Database, store: Store, spool_dir: Path, site: str | None = None) -> int:
    """Make the index of every stored segment that lacks one; return how many did.

    An erasure may replace a segment while it is read, and delete its index before ours is there: so we look afterwards.

    Raises:
        StoreError: the store cannot be read or written.
    """
    there = {key for key, _ in store.keys(site_prefix(site))}
    made = 0
    for row in stored_segments(database, site):
        if index_key(row.key) in there:
            continue
        with suppress(ObjectMissing, DamagedRecord):  # verification tells of both
            make_index(store, row.key, spool_dir)
            if is_stored(database, row.key):
                made += 1
            else:
                store.delete(index_key(row.key))
    return made
