"""The archive: exchanges become WARC records in a spool, segments in a store, and can be found again."""

from crawler.archive.exchange import Exchange, Revisit
from crawler.archive.reading import (
    Archive,
    metadata_of_segment,
    read_head,
    read_metadata,
    read_payload,
)
from crawler.archive.records import iterate
from crawler.archive.segment import Closed, Place, SegmentWriter
from crawler.archive.store import Store, Stored, open_store

__all__ = [
    "Archive",
    "Closed",
    "Exchange",
    "Place",
    "Revisit",
    "SegmentWriter",
    "Store",
    "Stored",
    "iterate",
    "metadata_of_segment",
    "open_store",
    "read_head",
    "read_metadata",
    "read_payload",
]
