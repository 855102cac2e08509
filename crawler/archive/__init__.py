"""The archive: exchanges become WARC records in a spool, segments in a store, and can be found again."""

from crawler.archive.exchange import Exchange, Revisit

__all__ = ["Exchange", "Revisit"]
