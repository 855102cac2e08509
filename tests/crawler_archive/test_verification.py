"""Verify names every way in which store and database can disagree, and nothing where they agree."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from small_crawl import NOON, ORIGIN, SITE, SmallCrawl, exchange_of
from sqlalchemy import text

from crawler.archive import Revisit, Store
from crawler.archive.agreement import Agreement
from crawler.archive.delivery import deliver
from crawler.archive.errors import DamagedRecord
from crawler.archive.indexing import mend_indexes
from crawler.archive.keys import segment_key
from crawler.archive.records import concurrent_fields, metadata_member, new_record_id, request_member
from crawler.archive.segment import SegmentWriter
from crawler.archive.verification import verify
from provenance.database import Database
from provenance.queries.crawling import captures_of_segment, stored_segments
from provenance.records import Kept


@pytest.fixture
def crawled(sqlite: Database, directory_store: Store, spool_dir: Path) -> SmallCrawl:
    """A visit with two stored segments of three pages each, the last of them unchanged since the first."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    for _ in range(2):
        crawl.open_segment()
        crawl.page(b"first")
        crawl.page(os.urandom(4000))
        crawl.page(b"first", revisit_of=Revisit(url=f"{ORIGIN}/0", fetched_at=NOON))
        crawl.commit()
        crawl.finish(directory_store)
    return crawl


def kinds(database: Database, store: Store, spool_dir: Path) -> set[str]:
    return {finding.kind for finding in verify(database, store, spool_dir).findings}


def test_an_archive_that_agrees_has_no_findings(
    crawled: SmallCrawl, directory_store: Store, spool_dir: Path
) -> None:
    """Stored and spooled segments, responses and revisits; progress is told after each segment."""
    told: list[tuple[int, int]] = []
    crawled.open_segment()
    crawled.page(b"still in the spool")
    crawled.commit()
    crawled.page(b"not promised to anyone")
    verified = verify(
        crawled.database, directory_store, spool_dir, progress=lambda done, total: told.append((done, total))
    )
    assert (verified.segments, verified.captures, verified.findings) == (3, 7, ())
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_both_databases_and_both_stores_agree(database: Database, store: Store, spool_dir: Path) -> None:
    crawl = SmallCrawl.begin(database, spool_dir)
    crawl.open_segment()
    crawl.page(b"page")
    crawl.commit()
    crawl.finish(store)
    verified = verify(database, store, spool_dir)
    assert (verified.segments, verified.captures, verified.findings) == (1, 1, ())


def alter(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(bytes(data))


def index_beside(path: Path) -> Path:
    return path.with_name(path.name.replace(".warc.gz", ".cdxj"))


def update(statement: str) -> Callable[[SmallCrawl, Path], None]:
    """Make a case of a row that says something else."""

    def spoil(crawl: SmallCrawl, _: Path) -> None:
        with crawl.database.writing() as connection:
            connection.execute(text(statement))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        pytest.param(lambda _, path: path.unlink(), {"missing-object"}, id="an object is gone"),
        pytest.param(lambda _, path: alter(path, 60), {"damaged", "other-bytes"}, id="a bit flipped"),
        pytest.param(
            lambda _, path: alter(path, 4), {"other-bytes"}, id="a bit flipped where no record reads it"
        ),
        pytest.param(
            lambda _, path: path.write_bytes(path.read_bytes()[:-3]),
            {"damaged", "other-bytes"},
            id="cut short",
        ),
        pytest.param(
            lambda _, path: path.write_bytes(path.read_bytes() * 2),
            {"unknown-record", "other-bytes"},
            id="too long",
        ),
        pytest.param(
            update("UPDATE capture SET payload_digest = zeroblob(32) WHERE path = '/1'"),
            {"other-payload"},
            id="another body was recorded",
        ),
        pytest.param(
            update("UPDATE capture SET payload_digest = zeroblob(32) WHERE path = '/2'"),
            {"other-payload", "missing-original"},
            id="another body was recorded for a revisit",
        ),
        pytest.param(
            update("UPDATE capture SET length = 1 WHERE path = '/1'"), {"other-payload"}, id="another length"
        ),
        pytest.param(
            update("UPDATE capture SET path = '/other' WHERE path = '/1'"),
            {"other-record"},
            id="another page",
        ),
        pytest.param(
            update("UPDATE capture SET revisit = 1 WHERE path = '/1'"),
            {"other-record", "missing-original"},
            id="no revisit after all",
        ),
        pytest.param(
            update("UPDATE capture SET warc_offset = warc_offset + 1 WHERE path = '/1'"),
            {"missing-record", "unknown-record"},
            id="a row points beside its record",
        ),
        pytest.param(
            update("UPDATE capture SET request_length = request_length + 1 WHERE path = '/1'"),
            {"missing-request"},
            id="a row misplaces the request",
        ),
        pytest.param(
            update("UPDATE capture SET metadata_length = metadata_length + 1 WHERE path = '/1'"),
            {"missing-metadata"},
            id="a row misplaces the metadata",
        ),
        pytest.param(
            update("UPDATE capture SET kept = 'headers' WHERE path = '/1'"),
            {"other-kept"},
            id="a body that was not to be kept",
        ),
        pytest.param(
            update(
                "DELETE FROM capture WHERE NOT revisit AND payload_digest IN (SELECT payload_digest FROM capture WHERE revisit)"
            ),
            {"unknown-record", "missing-original"},
            id="the body that revisits point to is gone",
        ),
        pytest.param(lambda _, path: index_beside(path).unlink(), {"missing-index"}, id="an index is gone"),
        pytest.param(
            lambda _, path: index_beside(path).write_bytes(b""), {"other-index"}, id="an index says nothing"
        ),
        pytest.param(
            lambda _, path: index_beside(path).write_bytes(
                index_beside(path).read_bytes().replace(b"/1", b"/9")
            ),
            {"other-index"},
            id="an index says something else",
        ),
        pytest.param(update("DELETE FROM capture WHERE path = '/1'"), {"unknown-record"}, id="a row is gone"),
        pytest.param(
            update("UPDATE segment SET records = 1"), {"other-records"}, id="another number of records"
        ),
    ],
)
def test_every_disagreement_has_its_name(
    crawled: SmallCrawl,
    directory_store: Store,
    spool_dir: Path,
    spoil: Callable[[SmallCrawl, Path], None],
    expected: set[str],
) -> None:
    """Rows without bytes, bytes without rows, and bytes that are others."""
    key = segment_key(SITE, crawled.run_id, crawled.visit_id, 0)
    spoil(crawled, Path(directory_store.url.removeprefix("file://")) / key)
    assert kinds(crawled.database, directory_store, spool_dir) == expected


def test_a_record_that_belongs_to_no_exchange_is_found(
    sqlite: Database, directory_store: Store, spool_dir: Path
) -> None:
    """An exchange that was taken out leaves no request and no metadata behind: these name its URL, too."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    writer = crawl.open_segment()
    crawl.page(b"page")
    exchange = exchange_of("/stray", b"")
    common = concurrent_fields(exchange, new_record_id(), new_record_id())
    for stray in (request_member(exchange, common), metadata_member(exchange, {}, common)):
        with writer.path.open("ab") as stream:
            stream.write(stray)
    crawl.commit()
    agreement = Agreement(writer.key, "here", captures_of_segment(sqlite, crawl.segment_id))
    with writer.path.open("rb") as stream:
        assert agreement.walk(stream)
    assert [finding.kind for finding in agreement.findings] == ["unknown-record"]


@pytest.mark.parametrize(
    ("kept", "head", "kinds"),
    [
        pytest.param(Kept.HEADERS, b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n", [], id="the head"),
        pytest.param(Kept.NOTHING, b"HTTP/1.1 200 OK\r\n\r\n", [], id="the status line"),
        pytest.param(
            Kept.NOTHING,
            b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n",
            ["other-kept"],
            id="a head that was not to be kept",
        ),
    ],
)
def test_no_more_of_an_answer_lies_there_than_may_be_kept(
    sqlite: Database, spool_dir: Path, kept: Kept, head: bytes, kinds: list[str]
) -> None:
    """Retention is held against the bytes, not only against the row."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    writer = crawl.open_segment()
    crawl.page(b"", response_head=head, truncated="unspecified")
    crawl.commit()
    (row,) = captures_of_segment(sqlite, crawl.segment_id)
    agreement = Agreement(writer.key, "here", [dataclasses.replace(row, kept=kept)])
    with writer.path.open("rb") as stream:
        assert agreement.walk(stream)
    assert [finding.kind for finding in agreement.findings] == kinds


def test_recovery_makes_missing_indexes_again(
    crawled: SmallCrawl, directory_store: Store, spool_dir: Path
) -> None:
    """An index says nothing that its segment does not: what comes back is what was there, byte for byte."""
    root = Path(directory_store.url.removeprefix("file://"))
    indexes = {path: path.read_bytes() for path in root.rglob("*.cdxj")}
    assert len(indexes) == 2
    for path in indexes:
        path.unlink()
    assert kinds(crawled.database, directory_store, spool_dir) == {"missing-index"}
    assert mend_indexes(crawled.database, directory_store, spool_dir) == 2
    assert {path: path.read_bytes() for path in root.rglob("*.cdxj")} == indexes
    assert mend_indexes(crawled.database, directory_store, spool_dir) == 0
    assert kinds(crawled.database, directory_store, spool_dir) == set()


def test_an_object_that_no_row_knows_is_found(
    crawled: SmallCrawl, directory_store: Store, spool_dir: Path
) -> None:
    """Bytes without provenance must not lie in the store."""
    stranger = spool_dir.parent / "stranger"
    stranger.write_bytes(b"bytes")
    directory_store.put("warc/example.org/9/9-0.warc.gz", stranger)
    verified = verify(crawled.database, directory_store, spool_dir)
    assert [(finding.kind, finding.where) for finding in verified.findings] == [
        ("unknown-object", directory_store.uri("warc/example.org/9/9-0.warc.gz"))
    ]
    assert verify(crawled.database, directory_store, spool_dir, site="example.com").findings == ()


def test_a_leftover_in_the_spool_is_found(
    crawled: SmallCrawl, directory_store: Store, spool_dir: Path
) -> None:
    """While its process lives it is no finding; afterwards it waits for recovery."""
    writer = SegmentWriter(spool_dir, "warc/example.org/9/9-0.warc.gz", {})
    assert kinds(crawled.database, directory_store, spool_dir) == set()
    writer.release()
    assert kinds(crawled.database, directory_store, spool_dir) == {"unknown-file"}


def test_captures_of_a_spool_that_is_gone_are_found(
    crawled: SmallCrawl, directory_store: Store, spool_dir: Path
) -> None:
    """Documents without bytes are told, with where to look."""
    crawled.open_segment()
    crawled.page(b"page")
    crawled.commit()
    assert crawled.writer is not None
    crawled.writer.remove()
    (finding,) = verify(crawled.database, directory_store, spool_dir).findings
    assert finding.kind == "missing-file"
    assert "recover" in finding.words


def test_a_sample_reads_a_share_and_still_counts_objects(
    crawled: SmallCrawl, directory_store: Store, spool_dir: Path
) -> None:
    """``sample=0`` reads no object, but objects that no row knows are found all the same."""
    verified = verify(crawled.database, directory_store, spool_dir, sample=0.0)
    assert (verified.segments, verified.captures, verified.findings) == (0, 0, ())


def test_only_the_asked_site_is_read(crawled: SmallCrawl, directory_store: Store, spool_dir: Path) -> None:
    assert verify(crawled.database, directory_store, spool_dir, site=SITE).segments == 2
    assert verify(crawled.database, directory_store, spool_dir, site="example.com").segments == 0


def test_a_spool_file_that_changed_is_not_recorded_as_stored(
    sqlite: Database, directory_store: Store, spool_dir: Path
) -> None:
    """What reaches the store must be what was written."""
    writer = SegmentWriter(spool_dir, segment_key(SITE, 1, 1, 0), {})
    writer.append(exchange_of("/", b"page"), {})
    closed = writer.close()
    alter(closed.path, 4)
    with pytest.raises(DamagedRecord, match="changed after it was written"):
        deliver(directory_store, writer.key, 1, closed)
    assert stored_segments(sqlite) == []
