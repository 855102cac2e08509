"""No document without provenance, no provenance without the document, wherever the process was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_crawl import SITE, SmallCrawl

from crawler.archive import Store, open_store
from crawler.archive.errors import SpoolError, StoreError
from crawler.archive.recovery import Recovered, recover
from crawler.archive.spool import spooled_keys
from crawler.archive.verification import verify
from provenance.database import Database
from provenance.leases import Leases
from provenance.queries.crawling import archived, spooled_segments, stored_segments


def assert_settled(database: Database, store: Store, spool_dir: Path, *, captures: int) -> None:
    """Everything recorded is stored, nothing else is, and a second recovery finds nothing to do."""
    verified = verify(database, store, spool_dir)
    assert verified.findings == ()
    assert verified.captures == captures
    assert spooled_segments(database) == []
    assert list(spooled_keys(spool_dir)) == []
    assert recover(database, store, spool_dir) == Recovered()


def test_committed_pages_are_stored_and_the_tail_is_cut(
    database: Database, store: Store, spool_dir: Path
) -> None:
    """On both databases and both stores: rows keep their bytes, bytes that no row promised go."""
    crawl = SmallCrawl.begin(database, spool_dir)
    crawl.open_segment()
    places = [crawl.page(os.urandom(3000)) for _ in range(3)]
    crawl.commit()
    crawl.page(os.urandom(3000))
    committed = places[-1].offset + places[-1].length + places[-1].metadata_length
    tail = crawl.writer.size - committed if crawl.writer else 0
    crawl.die()
    assert recover(database, store, spool_dir) == Recovered(finished=1, truncated=tail)
    (segment,) = stored_segments(database)
    assert (segment.length, segment.records) == (committed, 10)
    assert_settled(database, store, spool_dir, captures=3)


@pytest.mark.parametrize("torn", [1, 40, 2000])
def test_a_torn_tail_is_cut(sqlite: Database, directory_store: Store, spool_dir: Path, torn: int) -> None:
    """Power went while a record was written: only what was committed counts."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    writer = crawl.open_segment()
    crawl.page(b"page")
    crawl.commit()
    crawl.die()
    with writer.path.open("ab") as file:
        file.write(os.urandom(torn))
    assert recover(sqlite, directory_store, spool_dir).truncated == torn
    assert_settled(sqlite, directory_store, spool_dir, captures=1)


STEPS = ["the segment row", "the first page", "the commit", "the upload", "the row says where", "the removal"]


def died_before(step: str, crawl: SmallCrawl, store: Store) -> None:
    """Let a visit go on until the named arrow of the state machine, and no further."""
    crawl.open_segment(record_it=step != "the segment row")
    done = STEPS[: STEPS.index(step)]
    if "the first page" in done:
        crawl.page(b"page")
    if "the commit" in done:
        crawl.commit()
    if "the upload" in done:
        stored = crawl.upload(store)
        if "the row says where" in done:
            crawl.say_where(stored)
    crawl.die()


@pytest.mark.parametrize(
    ("step", "expected", "captures"),
    [
        pytest.param("the segment row", Recovered(discarded=1), 0, id="absent to spooled"),
        pytest.param("the first page", Recovered(discarded=1), 0, id="an empty segment"),
        pytest.param("the commit", Recovered(discarded=1), 0, id="spooled to recorded"),
        pytest.param("the upload", Recovered(finished=1), 1, id="recorded to uploaded"),
        pytest.param("the row says where", Recovered(finished=1), 1, id="checked to stored"),
        pytest.param("the removal", Recovered(finished=1), 1, id="stored to absent"),
    ],
)
def test_a_process_that_dies_between_two_states_loses_and_doubles_nothing(  # noqa: PLR0917 - fixtures and a case
    database: Database,
    directory_store: Store,
    spool_dir: Path,
    step: str,
    expected: Recovered,
    captures: int,
) -> None:
    """Every arrow of the segment's state machine can be gone again."""
    died_before(step, SmallCrawl.begin(database, spool_dir), directory_store)
    assert recover(database, directory_store, spool_dir) == expected
    assert_settled(database, directory_store, spool_dir, captures=captures)


def test_kill_9_in_the_middle_loses_nothing_that_was_committed(
    sqlite: Database, directory_store: Store, spool_dir: Path
) -> None:
    """A real process, really killed: every commit that it reported is stored afterwards."""
    command = [sys.executable, "-c", "import small_crawl, sys; small_crawl.main(*sys.argv[1:])"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    url = sqlite.engine.url.render_as_string()
    with subprocess.Popen(
        [*command, url, str(spool_dir)], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        reported = [int(process.stdout.readline()) for _ in range(24)]
        assert (
            recover(sqlite, directory_store, spool_dir).busy == 1
        )  # the segment that it writes is left alone
        process.kill()
        reported += [int(line) for line in process.stdout]
    result = recover(sqlite, directory_store, spool_dir)
    assert (result.damaged, result.elsewhere, result.busy) == ([], [], 0)
    held = [entry.url for entry in archived(sqlite, 1, SITE)]
    assert len(held) == len(set(held)) >= reported[-1]
    assert_settled(sqlite, directory_store, spool_dir, captures=len(held))


def test_a_living_visit_is_left_alone(sqlite: Database, directory_store: Store, spool_dir: Path) -> None:
    """A locked segment is somebody's; once let go, it is finished."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    writer = crawl.open_segment()
    crawl.page(b"page")
    crawl.commit()
    crawl.page(b"more")
    assert recover(sqlite, directory_store, spool_dir) == Recovered(busy=1)
    assert writer.path.stat().st_size == writer.size
    crawl.commit()
    crawl.finish(directory_store)
    assert_settled(sqlite, directory_store, spool_dir, captures=2)


def test_a_segment_in_another_machines_spool_is_left_alone(
    sqlite: Database, directory_store: Store, spool_dir: Path, tmp_path: Path
) -> None:
    """Rows without a file here may be another machine's; they are named, and stay."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    writer = crawl.open_segment()
    result = recover(sqlite, directory_store, tmp_path / "elsewhere")
    assert result == Recovered()
    assert len(spooled_segments(sqlite)) == 1  # no captures yet, but its site is leased: its visit may live
    crawl.page(b"page")
    crawl.commit()
    assert recover(sqlite, directory_store, tmp_path / "elsewhere") == Recovered(elsewhere=[writer.key])
    crawl.finish(directory_store)
    assert_settled(sqlite, directory_store, spool_dir, captures=1)


def test_an_empty_segment_of_a_lost_spool_goes_once_its_lease_is_free(
    sqlite: Database, directory_store: Store, spool_dir: Path
) -> None:
    """Nothing stands on it, and nobody can add to it any more."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    crawl.open_segment().remove()
    Leases(sqlite).release(crawl.lease)
    assert recover(sqlite, directory_store, spool_dir) == Recovered(discarded=1)
    assert_settled(sqlite, directory_store, spool_dir, captures=0)


def test_an_uploaded_segment_of_a_lost_spool_is_found_in_the_store(
    sqlite: Database, store: Store, spool_dir: Path
) -> None:
    """The owner died between upload and row, and its spool is gone: the store has what the rows promise."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    writer = crawl.open_segment()
    crawl.page(b"page")
    crawl.commit()
    store.put(writer.key, writer.close().path)
    writer.remove()
    assert recover(sqlite, store, spool_dir) == Recovered(finished=1)
    assert_settled(sqlite, store, spool_dir, captures=1)


@pytest.mark.parametrize("loss", ["shorter", "altered"])
def test_lost_bytes_are_named_and_nothing_is_thrown_away(
    sqlite: Database, directory_store: Store, spool_dir: Path, loss: str
) -> None:
    """A disk that lied: the file stays for a person to look at, its rows stay, nothing false is uploaded."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    writer = crawl.open_segment()
    place = crawl.page(os.urandom(500))
    crawl.commit()
    crawl.die()
    with writer.path.open("r+b") as file:
        if loss == "shorter":
            file.truncate(writer.size - 1)
        else:
            file.seek(place.offset + 60)
            file.write(b"\0\0\0\0")
    result = recover(sqlite, directory_store, spool_dir)
    assert len(result.damaged) == 1
    assert result.finished == result.discarded == 0
    assert writer.path.exists()
    assert directory_store.digest(writer.key) is None
    kinds = {finding.kind for finding in verify(sqlite, directory_store, spool_dir).findings}
    assert kinds & {"damaged", "missing-metadata", "missing-record"}


def test_a_store_that_is_down_keeps_everything_in_the_spool(
    sqlite: Database, spool_dir: Path, tmp_path: Path
) -> None:
    """The next start, with the store back, goes on."""
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    writer = crawl.open_segment()
    crawl.page(b"page")
    crawl.commit()
    crawl.die()
    (tmp_path / "store").write_text("in the way")
    store = open_store(str(tmp_path / "store"))
    with pytest.raises(StoreError):
        recover(sqlite, store, spool_dir)
    assert writer.path.exists()
    (tmp_path / "store").unlink()
    assert recover(sqlite, store, spool_dir).finished == 1
    assert_settled(sqlite, store, spool_dir, captures=1)


def test_another_databases_spool_is_refused(sqlite: Database, directory_store: Store, tmp_path: Path) -> None:
    """To a database that does not know them, committed segments would look like leftovers: never delete those."""
    spool_dir = tmp_path / "spool"
    recover(sqlite, directory_store, spool_dir)
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    writer = crawl.open_segment()
    crawl.page(b"page")
    crawl.commit()
    crawl.die()
    with Database.open(f"sqlite:///{tmp_path}/other.db") as other:
        with pytest.raises(SpoolError, match=r"segments of another database.*start with that database"):
            recover(other, directory_store, spool_dir)
        assert writer.path.exists()
        assert recover(sqlite, directory_store, spool_dir).finished == 1
        assert recover(other, directory_store, spool_dir) == Recovered()  # empty: free to use


def test_many_leftovers_are_finished_in_one_pass(
    sqlite: Database, directory_store: Store, spool_dir: Path
) -> None:
    crawl = SmallCrawl.begin(sqlite, spool_dir)
    for _ in range(5):
        crawl.open_segment()
        crawl.page(b"page")
        crawl.commit()
        crawl.die()
    assert recover(sqlite, directory_store, spool_dir) == Recovered(finished=5)
    assert_settled(sqlite, directory_store, spool_dir, captures=5)


def test_what_is_no_segment_is_left_where_it_lies(
    sqlite: Database, directory_store: Store, spool_dir: Path
) -> None:
    """A file that somebody put beside the segments stops no start."""
    spool_dir.mkdir()
    strange = spool_dir / "copied by hand.warc.gz"
    strange.write_bytes(b"what")
    assert recover(sqlite, directory_store, spool_dir) == Recovered()
    assert strange.exists()
