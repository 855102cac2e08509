"""Disks and directories that take nothing.

A disk of a few megabytes needs a mount, and so a privilege that a test does not have everywhere: RLIMIT_FSIZE makes
the kernel cut a write short and then refuse it, as a full disk does (EFBIG stands for ENOSPC).  A mode that forbids
writing means nothing to root: the crawl gives that privilege up first.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from fault import Fault
from stage import Stage

MEGABYTE = 1_000_000


def spool_is_full(stage: Stage) -> None:
    """No spool file grows beyond two megabytes; the crawl ends, room is made, the same command goes on."""
    stage.bytes_a_page = 150_000
    stage.fails(stage.start(("in_haste", {"segment": 64 * MEGABYTE}), ("files_take", {"size": 2 * MEGABYTE})))
    stage.completes()


def everything_is_full(stage: Stage) -> None:
    """From the second upload on no file grows at all: spool, store and database lie on one full disk."""
    stage.fails(stage.start(("files_take_at", {"name": "segment.closed", "size": 4096, "time": 2})))
    stage.completes()


def cannot_be_written(stage: Stage, what: str) -> None:
    """A directory is read-only when the crawl begins; once it is not, the same command works."""
    folder = stage.spool if what == "spool" else stage.store
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    with _reachable(stage):
        stage.fails(stage.start(("mind_permissions", {})))
    assert not stage.site.log.lines, "a site was asked although nothing could be kept"
    folder.chmod(0o755)
    stage.completes()


def becomes_read_only(stage: Stage, what: str) -> None:
    """The same in the middle of the crawl."""
    stage.when_asked(20, partial(_seal, stage, what, 0o555))
    with _reachable(stage):
        stage.fails(stage.start(("mind_permissions", {})))
    _seal(stage, what, 0o755)
    stage.completes()


@contextmanager
def _reachable(stage: Stage) -> Iterator[None]:
    """Let a root that minds modes reach the socket of a PostgreSQL that runs as somebody else, in its own folder."""
    if stage.postgresql is None:
        yield
        return
    stage.postgresql.chmod(0o711)
    try:
        yield
    finally:
        stage.postgresql.chmod(0o700)  # it would not start otherwise


def _seal(stage: Stage, what: str, mode: int) -> None:
    top = stage.spool if what == "spool" else stage.store
    for folder in [top, *(each for each in top.rglob("*") if each.is_dir())]:
        folder.chmod(mode)


def store_is_away(stage: Stage) -> None:
    """The directory is gone in mid-run, a file is in its place: as a mount that failed."""
    aside = stage.store.with_name("aside")

    def take_away() -> None:
        if stage.store.exists():
            stage.store.rename(aside)
        stage.store.touch()

    stage.when_asked(20, take_away)
    stage.fails(stage.start())
    stage.store.unlink()
    if aside.exists():
        shutil.move(aside, stage.store)
    stage.completes()


DISKS = [
    Fault(
        name="full disk, in mid-segment",
        happens=spool_is_full,
        words=("make room", "the same command goes on"),
    ),
    Fault(
        name="full disk, in mid-run",
        happens=everything_is_full,
        words=("the same command goes on",),
    ),
    Fault(
        name="spool read-only at the start",
        happens=partial(cannot_be_written, what="spool"),
        words=("cannot use the spool", "choose a directory that can be written"),
    ),
    Fault(
        name="spool read-only in mid-run",
        happens=partial(becomes_read_only, what="spool"),
        words=("choose a spool directory that can be written", "the same command goes on"),
    ),
    Fault(
        name="store read-only at the start",
        happens=partial(cannot_be_written, what="store"),
        words=("make it writable",),
        stores=("directory",),
    ),
    Fault(
        name="store read-only in mid-run",
        happens=partial(becomes_read_only, what="store"),
        words=("make it writable", "the same command goes on"),
        stores=("directory",),
    ),
    Fault(
        name="store's directory gone in mid-run",
        happens=store_is_away,
        words=("cannot be used", "the same command goes on"),
        stores=("directory",),
    ),
]
