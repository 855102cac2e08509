"""The spool directory: files that are locked while someone works on them, and what makes them last."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from crawler.archive.errors import SpoolError

_MARKER = "database"  # names the database whose rows speak of this spool


def locked_file(path: Path) -> int:
    """Create the file and lock it; return its descriptor.

    Raises:
        SpoolError: it exists already, or the directory cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(file, path):
                return file
            os.close(file)  # recovery found it before it was locked, took it for a leftover and removed it
    except FileExistsError as error:
        raise SpoolError(f"{path} is already in the spool; run «aboveboard recover» to finish it") from error
    except OSError as error:
        raise SpoolError(
            f"cannot open {path}: {error}; choose a spool directory that can be written"
        ) from error


def try_lock(path: Path) -> int | None:
    """Lock a file of the spool for reading and writing; return its descriptor, None while its owner lives.

    Raises:
        FileNotFoundError: there is no such file, or no longer.
    """
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return None
        raise
    if _is_still(file, path):
        return file
    os.close(file)
    raise FileNotFoundError(path)


def is_locked(path: Path) -> bool:
    """Say whether a living process holds a file of the spool, or has finished it just now."""
    try:
        file = try_lock(path)
    except FileNotFoundError:
        return True
    if file is None:
        return True
    os.close(file)
    return False


def claim(spool_dir: Path, identity: str) -> None:
    """Tie the spool to one database: to any other, its segments would look like files that nobody needs.

    Raises:
        SpoolError: it holds segments of another database, or cannot be written.
    """
    marker = spool_dir / _MARKER
    try:
        make_lasting(spool_dir)
        owner = marker.read_text("utf-8").strip() if marker.exists() else ""
        if owner and owner != identity and any(spooled_keys(spool_dir)):
            raise SpoolError(
                f"{spool_dir} holds segments of another database ({owner}, not {identity}): start with that database "
                f"once, so that they are finished; if it is the same one under a new name, remove {marker}"
            )
        if owner != identity:
            fresh = marker.with_name(f"{_MARKER}.{os.getpid()}")
            with fresh.open("w", encoding="utf-8") as file:
                file.write(f"{identity}\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(marker)
            sync_directories(spool_dir, marker)
    except OSError as error:
        raise SpoolError(
            f"cannot use the spool {spool_dir}: {error}; choose a directory that can be written"
        ) from error


def make_lasting(directory: Path) -> None:
    """Make a directory, and the ones above it that are missing, so that a power cut leaves them there."""
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    if missing:
        sync_directories(missing[-1].parent, directory)


def spooled_keys(spool_dir: Path) -> Iterator[str]:
    """Yield the key of every segment file, sorted; what else lies in the folder is nobody's business here."""
    for path in sorted((spool_dir / "warc").rglob("*.warc.gz")):
        yield path.relative_to(spool_dir).as_posix()


def sync_directories(root: Path, path: Path) -> None:
    """Bring the directory entries from ``path`` up to ``root`` to the disk."""
    for directory in path.parents:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if directory == root:
            break


def remove_empty_parents(root: Path, path: Path) -> None:
    """Remove the directories between a removed file and ``root`` that became empty."""
    with suppress(OSError):  # not empty, or another process was quicker
        for directory in path.parents:
            if directory == root:
                break
            directory.rmdir()


def _is_still(file: int, path: Path) -> bool:
    """Say whether the path still names this open file."""
    with suppress(FileNotFoundError):
        there, here = path.stat(), os.fstat(file)
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)
    return False
