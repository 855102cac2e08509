"""What can go wrong between an exchange and its lasting place."""

from __future__ import annotations

from crawler.errors import CrawlerError


class ArchiveError(CrawlerError):
    """Something could not be archived or read back; the message says what to do."""


class DamagedRecord(ArchiveError):  # noqa: N818 - it names the thing found, as a reader meets it
    """Bytes that should be a record are none: torn, overwritten, or not where they were said to be."""


class SpoolError(ArchiveError):
    """The local spool cannot take or keep a segment: disk full, not writable, already in use."""


class StoreError(ArchiveError):
    """The store refuses or cannot be reached; nothing that it already holds was changed."""


class StoreUnavailable(StoreError):  # noqa: N818 - see DamagedRecord
    """The store cannot be reached or has too much to do: the same call may succeed later."""


class ObjectMissing(StoreError):  # noqa: N818 - see DamagedRecord
    """The store holds no object under this key."""


class ObjectDiffers(StoreError):  # noqa: N818 - see DamagedRecord
    """The store holds other bytes under this key, and we never overwrite."""
