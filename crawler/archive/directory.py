"""Objects in a directory: a local disk, or one that several machines mount."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from crawler.archive.errors import ObjectDiffers, ObjectMissing, StoreError
from crawler.archive.failpoints import reach
from crawler.archive.keys import checked_key
from crawler.archive.spool import make_lasting, remove_empty_parents, sync_directories
from crawler.archive.store import ABANDONED_AFTER, SEGMENT, Stored

_PART = ".part"  # the end of a name that is not yet an object


class DirectoryStore:
    """Objects are files; a name appears only once the bytes behind it are on the disk."""

    def __init__(self, root: Path, *, abandoned_after: timedelta = ABANDONED_AFTER) -> None:
        self._root = root.absolute()
        self._abandoned_after = abandoned_after.total_seconds()
        self.url = self._root.as_uri()

    def check(self) -> None:
        """Create the directory and write a file in it."""
        probe = self._root / f"check-{os.getpid()}{_PART}"
        try:
            make_lasting(self._root)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise self._unusable(error) from error

    def put(self, key: str, path: Path, *, media_type: str = SEGMENT) -> Stored:
        """See `Store.put`; a file has no media type."""
        del media_type
        target = self._path(key)
        part = target.with_name(f".{target.name}.{os.getpid()}{_PART}")
        try:
            if not target.exists():
                make_lasting(self._root)
                target.parent.mkdir(parents=True, exist_ok=True)
                _copy_to_disk(path, part)
                reach("store.uploading")
                _publish(part, target)
            sync_directories(self._root, target)
            reach("store.uploaded")
            for leftover in self._parts(target):  # of a process that was killed here
                leftover.unlink(missing_ok=True)
            expected, digest = _digest(path), _digest(target)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise self._unusable(error) from error
        if digest != expected:
            raise ObjectDiffers(f"{target} holds other bytes than {path}; move one of them away, and see why")
        return Stored(uri=self.uri(key), length=target.stat().st_size, digest=digest)

    def uri(self, key: str) -> str:
        """See `Store.uri`."""
        return self._path(key).as_uri()

    def read(self, key: str, offset: int, length: int) -> bytes:
        """See `Store.read`."""
        with self.open(key) as stream:
            stream.seek(offset)
            return stream.read(length)

    def open(self, key: str) -> BinaryIO:
        """See `Store.open`."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError as error:
            raise ObjectMissing(f"{self._path(key)} does not exist") from error
        except OSError as error:
            raise self._unusable(error) from error

    def keys(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """See `Store.keys`."""
        for path in sorted((self._root / prefix.rpartition("/")[0]).rglob("*")):
            key = path.relative_to(self._root).as_posix()
            if key.startswith(prefix) and not key.endswith(_PART) and path.is_file():
                yield key, path.stat().st_size

    def digest(self, key: str) -> bytes | None:
        """See `Store.digest`."""
        try:
            return _digest(self._path(key))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def delete(self, key: str) -> bool:
        """See `Store.delete`."""
        target = self._path(key)
        try:
            there = [path for path in (target, *self._parts(target)) if path.exists()]
            for path in there:
                path.unlink(missing_ok=True)
            if target.parent.is_dir():
                sync_directories(self._root, target)  # a power cut must not bring it back
                remove_empty_parents(self._root, target)
        except OSError as error:
            raise self._unusable(error) from error
        return bool(there)

    def abandoned(self) -> Iterator[str]:
        """See `Store.abandoned`: parts that nobody gave their name."""
        for path in self._abandoned():
            key = path.with_name(path.name.removeprefix(".").rsplit(".", 2)[0])
            yield key.relative_to(self._root).as_posix()

    def clean(self) -> int:
        """See `Store.clean`."""
        found = list(self._abandoned())
        try:
            for path in found:
                path.unlink(missing_ok=True)
                remove_empty_parents(self._root, path)
        except OSError as error:
            raise self._unusable(error) from error
        return len(found)

    def _parts(self, target: Path) -> Iterator[Path]:
        return target.parent.glob(f".{glob.escape(target.name)}.*{_PART}")

    def _abandoned(self) -> Iterator[Path]:
        before = time.time() - self._abandoned_after
        for path in sorted(self._root.rglob(f".*{_PART}")):
            with suppress(FileNotFoundError):  # finished a moment ago
                if path.stat().st_mtime < before:
                    yield path

    def _path(self, key: str) -> Path:
        return self._root / checked_key(key)

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(
            f"the store {self._root} cannot be used: {error}; "
            "make it writable, make room, or name another with --store"
        )


def _copy_to_disk(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(1 << 20):
            writing.write(chunk)
        writing.flush()
        os.fsync(writing.fileno())


def _publish(part: Path, target: Path) -> None:
    """Give the finished file its name; a name that another process gave first stays, its bytes are compared later."""
    try:
        os.link(part, target)  # unlike rename, it never replaces
    except OSError as error:
        if not target.exists():
            if error.errno not in {errno.EPERM, errno.EOPNOTSUPP}:
                raise
            part.rename(target)  # a file system without hard links


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
