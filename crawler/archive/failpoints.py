"""Where the archive can be stopped on purpose: every arrow of its state machines has a name, and tests arm it.

`reach` stands at each arrow and does nothing.  Only code of the same process can arm one, by calling `arm`: no
environment variable, option, setting or job file leads here, this module reads none, and nothing that we ship
calls `arm`.

Of the commit protocol (`crawler.archive.segment`), in the order of a segment's way:

    segment.written   an exchange's records are in the spool file, not yet synced
    segment.synced    they are on the disk; no row speaks of them yet
    rows.committed    their rows are committed
    segment.closed    the segment is whole and synced; nothing is in the store
    store.uploading   the store has begun to take it: a part of a file, or an upload without its end
    store.uploaded    the store has all bytes under the key; nobody has looked at them yet
    store.checked     they were read back and are equal; no row says so
    rows.stored       the segment's row says where it lies; the spool file is still there
    spool.removed     the spool file is gone

Of erasing, in the order of an erasure's way:

    erase.hidden      tombstones stand in place of the rows; every byte is still there
    erase.rewritten   the segment without the erased records is in the store, under its new key
    erase.switched    rows point at the new segment; the old one still lies there
    erase.deleted     the old segment is gone
    erase.certified   the erasure is finished and its certificate kept
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

COMMITTING = (
    "segment.written",
    "segment.synced",
    "rows.committed",
    "segment.closed",
    "store.uploading",
    "store.uploaded",
    "store.checked",
    "rows.stored",
    "spool.removed",
)
ERASING = ("erase.hidden", "erase.rewritten", "erase.switched", "erase.deleted", "erase.certified")
NAMES = frozenset(COMMITTING + ERASING)

Action: TypeAlias = Callable[[], object]

_armed: dict[str, Action] = {}


def reach(name: str) -> None:
    """Do what the failpoint was armed with: nothing, outside tests."""
    if _armed and name in _armed:
        _armed[name]()


def arm(name: str, action: Action) -> None:
    """Run ``action`` whenever the failpoint is reached, in the thread that reaches it.

    Raises:
        ValueError: no arrow has this name.
    """
    if name not in NAMES:
        raise ValueError(f"no failpoint is called {name!r}; there are {', '.join(sorted(NAMES))}")
    _armed[name] = action


def disarm() -> None:
    """Let every failpoint do nothing again."""
    _armed.clear()


@contextmanager
def armed(name: str, action: Action) -> Iterator[None]:
    """Keep a failpoint armed for the length of a block."""
    arm(name, action)
    try:
        yield
    finally:
        _armed.pop(name, None)
