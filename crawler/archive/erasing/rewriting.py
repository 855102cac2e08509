"""A segment without some of its exchanges: what stays is copied as compressed bytes, never compressed again.

The index beside it is made from the old one, line by line; where that does not fit, from the records.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from crawler.archive.cdxj import index_of, index_segment, line_of
from crawler.archive.errors import DamagedRecord, ObjectMissing, SpoolError
from crawler.archive.keys import index_key
from crawler.archive.records import parse_member
from crawler.archive.store import Store
from provenance.erasures.records import HeldSegment, Moved, Span

_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What becomes of a segment's exchanges."""

    removed: Sequence[Span]
    kept: Sequence[Span]
    replaced: Mapping[
        int, bytes
    ]  # the response member of a kept exchange, by its key: bytes to write instead
    originals: frozenset[int] = frozenset()  # of the replaced ones, those that got a body


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A segment's new bytes, in a file, and what its rows will say."""

    path: Path
    length: int  # bytes
    digest: bytes
    records: int
    moved: Sequence[Moved]
    index: bytes  # its CDXJ


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """A stretch of the old file that is left out, and what comes in its place."""

    start: int
    end: int
    instead: bytes = b""


def rewrite(store: Store, segment: HeldSegment, changes: Changes, key: str, path: Path) -> Rewritten:
    """Write a segment anew under another key.

    Args:
        store: where it lies.
        segment: as its row has it, stored.
        changes: what goes, what stays, what is replaced.
        key: what the new one will be called.
        path: the file to write; what is there already is overwritten.

    Raises:
        DamagedRecord: the old object is not what its row says, so nobody can tell what would be thrown away.
        ObjectMissing: it is not there.
        SpoolError: the disk cannot take the new one.
    """
    cuts = _cuts(changes)
    with store.open(segment.key) as old:
        length, digest = _copy(old, path, cuts, segment)
    moved = tuple(_moved(changes, cuts))
    gone = sum(1 + bool(span.request_length) + bool(span.metadata_length) for span in changes.removed)
    return Rewritten(
        path=path,
        length=length,
        digest=digest,
        records=(segment.records or 0) - gone,
        moved=moved,
        index=_index(store, segment.key, key, path, changes=changes, moved=moved),
    )


def _cuts(changes: Changes) -> list[_Cut]:
    """Return what is left out or replaced, in order and without overlap."""
    cuts = [_Cut(start=span.start, end=span.end) for span in changes.removed]
    cuts += [
        _Cut(start=span.offset, end=span.offset + span.length, instead=changes.replaced[span.capture_id])
        for span in changes.kept
        if span.capture_id in changes.replaced
    ]
    cuts.sort(key=lambda cut: cut.start)
    for before, after in pairwise(cuts):
        if after.start < before.end:
            raise DamagedRecord(f"two exchanges claim the bytes at {after.start}: run «aboveboard verify»")
    return cuts


def _copy(old: BinaryIO, path: Path, cuts: Sequence[_Cut], segment: HeldSegment) -> tuple[int, bytes]:
    """Write the new file and bring it to the disk; return its length and digest."""
    reader, writer = _Reader(old), hashlib.sha256()
    length = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as new:
            for cut in [*cuts, None]:
                pieces = reader.until(cut.start if cut else None)
                for piece in pieces:
                    writer.update(piece)
                    length += new.write(piece)
                if cut:
                    for _ in reader.until(cut.end):
                        pass
                    writer.update(cut.instead)
                    length += new.write(cut.instead)
    except OSError as error:
        raise SpoolError(f"cannot write {path}: {error}; make room in the spool directory") from error
    if (reader.at, reader.digest()) != (segment.length, segment.digest):
        raise DamagedRecord(
            f"{segment.key} is not the object that was stored: nothing was erased; run «aboveboard verify»"
        )
    return length, writer.digest()


class _Reader:
    """The old file from its first byte to its last, counted and hashed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._sha256, self.at = stream, hashlib.sha256(), 0

    def until(self, end: int | None) -> Iterator[bytes]:
        """Yield what lies before ``end``; None: all that is left."""
        while end is None or self.at < end:
            piece = self._stream.read(_CHUNK if end is None else min(_CHUNK, end - self.at))
            if not piece:
                return
            self._sha256.update(piece)
            self.at += len(piece)
            yield piece

    def digest(self) -> bytes:
        """Return the SHA-256 of what was read."""
        return self._sha256.digest()


def _moved(changes: Changes, cuts: Sequence[_Cut]) -> Iterator[Moved]:
    """Yield where each exchange that stays lies now."""
    waiting, shift = iter([*cuts, None]), 0
    cut = next(waiting)
    for span in changes.kept:
        while cut is not None and cut.end <= span.offset:
            shift += len(cut.instead) - (cut.end - cut.start)
            cut = next(waiting)
        instead = changes.replaced.get(span.capture_id)
        yield Moved(
            capture_id=span.capture_id,
            offset=span.offset + shift,
            length=span.length if instead is None else len(instead),
            became_original=span.capture_id in changes.originals,
        )


def _index(
    store: Store, old_key: str, key: str, path: Path, *, changes: Changes, moved: Sequence[Moved]
) -> bytes:
    places = {span.offset: new for span, new in zip(changes.kept, moved, strict=True)}
    lines: list[bytes] = []
    with suppress(ObjectMissing, ValueError, KeyError), store.open(index_key(old_key)) as old:
        for line in old:
            head, _, found = line.partition(b" {")
            fields = json.loads(b"{" + found)
            new = places.get(int(fields["offset"]))
            if new is None:
                continue
            if new.capture_id in changes.replaced:
                record = parse_member(changes.replaced[new.capture_id])
                lines.append(line_of(record, new.offset, new.length, key) or b"")
            else:
                fields |= {"offset": str(new.offset), "filename": key}
                lines.append(head + b" " + json.dumps(fields).encode("ascii") + b"\n")
    if len(lines) == len(moved):
        return index_of(lines)
    with path.open("rb") as stream:
        return index_segment(stream, key)
