"""The bytes of a manifest's documents: all of them, checked, in few reads, by our reader and by another's."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import pytest
from library import Library, rows_of
from standing_world import CC_BY
from warcio.archiveiterator import ArchiveIterator

from crawler.archive import Store, open_store
from crawler.archive.bodies import bodies
from crawler.archive.errors import ArchiveError, DamagedRecord, ObjectMissing, StoreError
from provenance.manifest.selection import Duplicates

GZIPPED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"


class Counting:
    """A store that counts what is read from it."""

    def __init__(self, store: Store) -> None:
        self._store, self.reads = store, 0
        self.url = store.url

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Count, and read."""
        self.reads += 1
        return self._store.read(key, offset, length)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_every_row_comes_with_its_bytes_in_one_read_a_segment(sqlite_library: Library) -> None:
    sqlite_library.fill()
    written = sqlite_library.manifest(duplicates=Duplicates.KEEP)
    store = Counting(sqlite_library.store)
    found = list(bodies(written.path, store))
    assert [(row["url"], body) for row, body in found] == [
        ("https://example.org/a", b"<p>An essay on cats."),
        ("https://example.org/b", b"<p>An essay on cats."),
        ("https://example.org/c", b"<p>An essay on cats!"),
        ("https://other.example/d", b"<p>Dogs."),
        ("https://third.example/f", b"plain"),
    ]
    assert store.reads == 3


def test_rows_may_be_filtered_and_ordered_before(sqlite_library: Library) -> None:
    sqlite_library.fill()
    rows = [row for row in rows_of(sqlite_library.manifest()) if row["site"] != "example.org"]
    assert [body for _, body in bodies(reversed(rows), sqlite_library.store)] == [b"plain", b"<p>Dogs."]


def test_an_s3_store_is_read_alike(sqlite_library: Library, s3_store_url: str) -> None:
    sqlite_library.store = open_store(s3_store_url)
    sqlite_library.fill()
    written = sqlite_library.manifest()
    assert rows_of(written)[0]["warc_uri"].startswith("s3://")
    assert [body for _, body in bodies(written.path, s3_store_url)][-1] == b"plain"


def test_a_content_coding_is_undone_where_asked(sqlite_library: Library) -> None:
    packed = gzip.compress(b"<p>packed", mtime=0)
    sqlite_library.add("/", packed, CC_BY, head=GZIPPED)
    sqlite_library.add("/br", b"\x0b", CC_BY, head=GZIPPED.replace(b"gzip", b"br"))
    sqlite_library.shelve()
    written = sqlite_library.manifest()
    assert [body for _, body in bodies(written.path, sqlite_library.store)] == [packed, b"\x0b"]
    plain, failed = (
        body for _, body in bodies(written.path, sqlite_library.store, decoded=True, errors="yield")
    )
    assert plain == b"<p>packed"
    assert isinstance(failed, DamagedRecord)


def test_what_is_gone_or_changed_is_told_never_skipped(sqlite_library: Library, tmp_path: Path) -> None:
    sqlite_library.fill()
    written = sqlite_library.manifest()
    rows = rows_of(written)
    gone, changed = (_file(row) for row in (rows[0], rows[-1]))
    gone.unlink()
    changed.write_bytes(bytes(changed.stat().st_size))
    found = [body for _, body in bodies(written.path, sqlite_library.store, errors="yield")]
    assert [type(body) for body in found] == [ObjectMissing, ObjectMissing, bytes, DamagedRecord]
    with pytest.raises(ObjectMissing, match="erased or moved"):
        list(bodies(written.path, sqlite_library.store))


def test_another_record_at_the_place_is_not_taken_for_the_document(sqlite_library: Library) -> None:
    sqlite_library.fill()
    first, *_, last = rows_of(sqlite_library.manifest())
    swapped = {**last, **{name: first[name] for name in ("warc_uri", "warc_offset", "warc_length")}}
    [(_, found)] = bodies([swapped], sqlite_library.store, errors="yield")
    assert isinstance(found, DamagedRecord)


def test_a_store_that_cannot_be_asked_is_no_missing_document(sqlite_library: Library) -> None:
    sqlite_library.fill()
    written = sqlite_library.manifest()

    class Away(Counting):
        def read(self, key: str, offset: int, length: int) -> bytes:
            """Answer like a store that went away."""
            raise StoreError(f"the store is away: {key} {offset} {length}")

    with pytest.raises(StoreError, match="away"):
        list(bodies(written.path, Away(sqlite_library.store), errors="yield"))


def test_a_row_that_points_out_of_the_store_is_refused(sqlite_library: Library) -> None:
    sqlite_library.fill()
    row = {**rows_of(sqlite_library.manifest())[0], "warc_uri": "file:///a/../../etc/passwd"}
    with pytest.raises(ArchiveError, match="cannot name an object"):
        list(bodies([row], sqlite_library.store))


def test_any_warc_library_reads_a_body_by_its_locator(sqlite_library: Library) -> None:
    """Without a line of ours: seek, read that many bytes, and let warcio take them apart."""
    sqlite_library.fill()
    for row in rows_of(sqlite_library.manifest()):
        with _file(row).open("rb") as segment:
            segment.seek(row["warc_offset"])
            member: BinaryIO = io.BytesIO(segment.read(row["warc_length"]))
        [record] = [(one.rec_type, one.content_stream().read()) for one in ArchiveIterator(member)]
        assert record[0] == "response"
        assert len(record[1]) == row["length"]


def _file(row: dict[str, Any]) -> Path:
    return Path(unquote(urlsplit(row["warc_uri"]).path))
