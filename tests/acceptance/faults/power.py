"""A power cut: what was written and never synced is gone, and so is a name whose directory was never synced.

`record` keeps, in the process that will die, a journal of what it brought to the disk.  After its death `fail` takes
everything else away from a folder, the harshest way that POSIX allows: an unsynced tail is gone or is zeros, an
unsynced name is gone, and an unsynced removal did not happen.  A database looks after itself: its folder is not ours.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

GRAVEYARD = "graveyard"  # beside the journal: removed files, until their directory is synced


def record(journal: str) -> None:
    """Note from now on in a file what is synced, and what is removed."""
    file = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    graves = Path(journal).with_name(GRAVEYARD)
    graves.mkdir(exist_ok=True)

    def note(**words: Any) -> None:
        os.write(file, json.dumps(words).encode() + b"\n")

    def syncing(real: Callable[[int], None]) -> Callable[[int], None]:
        def sync(handle: int) -> None:
            before = os.fstat(handle)
            path = Path(f"/proc/self/fd/{handle}").readlink()
            is_directory = stat.S_ISDIR(before.st_mode)
            names = [each.name for each in path.iterdir()] if is_directory else None  # later ones may be lost
            real(handle)
            if names is None:
                note(file=before.st_ino, size=before.st_size)
            else:
                note(directory=str(path), names=names)

        return sync

    real_unlink = os.unlink

    def unlink(path: Any, **named: Any) -> None:
        grave = graves / str(os.lstat(path).st_ino)
        if not grave.exists():
            os.link(path, grave)
        real_unlink(path, **named)
        note(removed=str(Path(path).absolute()), grave=str(grave))

    os.fsync, os.fdatasync, os.unlink = syncing(os.fsync), syncing(os.fdatasync), unlink  # type: ignore[assignment]  # the same to a caller


def fail(folder: Path, journal: Path, *, tail: str) -> None:
    """Take away from a folder what the journal does not vouch for.

    Args:
        folder: exists, whatever happens.
        journal: of the process that wrote there.
        tail: of a file, behind its last sync: "gone", "zeros" (the size was kept, the bytes were not), "torn" (half of it is there).
    """
    sizes: dict[int, int] = {}
    names: dict[str, set[str]] = {}
    removed: dict[str, str] = {}
    for line in journal.read_text().splitlines():
        noted = json.loads(line)
        if "file" in noted:
            sizes[noted["file"]] = max(noted["size"], sizes.get(noted["file"], 0))
        elif "directory" in noted:
            names[noted["directory"]] = set(noted["names"])
            removed = {
                path: grave
                for path, grave in removed.items()
                if os.path.dirname(path) != noted["directory"]  # noqa: PTH120 - text of the journal
                or os.path.basename(path) in names[noted["directory"]]  # noqa: PTH119 - as above
            }
        else:
            removed[noted["removed"]] = noted["grave"]
    for path, grave in removed.items():
        if Path(path).is_relative_to(folder) and not Path(path).exists():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            os.link(grave, path)
    _forget(folder, sizes, names, tail)


def _forget(directory: Path, sizes: dict[int, int], names: dict[str, set[str]], tail: str) -> None:
    lasting = names.get(str(directory), set())
    for path in list(directory.iterdir()):
        if path.name not in lasting:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif path.is_dir():
            _forget(path, sizes, names, tail)
        else:
            _cut(path, sizes.get(path.stat().st_ino, 0), tail)


def _cut(path: Path, synced: int, tail: str) -> None:
    size = path.stat().st_size
    if size <= synced:
        return
    kept = synced + (size - synced) // 2 if tail == "torn" else synced
    os.truncate(path, kept)
    if tail == "zeros":
        os.truncate(path, size)
