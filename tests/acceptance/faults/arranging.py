"""What is arranged in a crawl's process before it begins: where it dies, what its disk takes, what its clock says."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from functools import partial
from itertools import count

import false_clock
import ordinary_user
import power

SMALL_SEGMENT = 24 * 1024  # bytes: a crawl of forty pages fills several
SMALL_BATCH = 5  # exchanges


def in_haste(segment: int = SMALL_SEGMENT) -> None:
    """Let segments fill soon, batches commit often and nobody wait long: a short crawl goes every way many times."""
    from crawler import dispatch, recording  # noqa: PLC0415 - only after the warm process has its clock
    from crawler.archive.s3 import client  # noqa: PLC0415 - as above
    from crawler.archive.uploading import Uploads  # noqa: PLC0415 - as above
    from provenance import engine  # noqa: PLC0415 - as above

    recording.BATCH, recording.FLUSH_SECONDS = SMALL_BATCH, 0.05
    dispatch.ArchiveWriter = partial(recording.ArchiveWriter, segment_bytes=segment)  # type: ignore[misc,assignment]  # as the class is called
    Uploads.first_pause, Uploads.longest_pause = 0.05, 0.2
    client._ATTEMPTS = 1  # the SDK's own pauses take seconds
    engine.BUSY_SECONDS = 2.0
    dispatch.LEASE_LOOK = 0.3


def kill_at(name: str, time: int = 1) -> None:
    """Die at an arrow, when it is reached for the ``time``-th time."""
    _at(name, time, lambda: os.kill(os.getpid(), signal.SIGKILL))


def power_fails_at(name: str, journal: str, time: int = 1) -> None:
    """The same, with a journal of what was synced by then: `power.fail` takes the rest away."""
    power.record(journal)
    kill_at(name, time)


def clock_jumps_at(name: str, seconds: list[float], *, start: float = 0) -> None:
    """Let the wall clock jump, by the next of these steps each time an arrow is reached."""
    from crawler.archive import failpoints  # noqa: PLC0415 - see `in_haste`

    false_clock.jump(start)
    steps = iter(seconds)
    failpoints.arm(name, lambda: false_clock.jump(next(steps, 0)))


def files_take(size: int) -> None:
    """Let no file grow beyond so many bytes: a full disk, for whoever may not make a small one.

    Python ignores the signal that comes with it.
    """
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def files_take_at(name: str, size: int, time: int) -> None:
    """The same, from the ``time``-th time an arrow is reached."""
    _at(name, time, partial(files_take, size))


def mind_permissions() -> None:
    """Let a directory's mode count for root too."""
    ordinary_user.become()


def _at(name: str, time: int, action: Callable[[], object]) -> None:
    from crawler.archive import failpoints  # noqa: PLC0415 - see `in_haste`

    reached = count(1)
    failpoints.arm(name, lambda: action() if next(reached) == time else None)
