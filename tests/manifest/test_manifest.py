"""A manifest holds what a policy permits, each document once, with where its payload lies and why it may be used."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from library import CC_BY_SA, Library, captures_of, rows_of
from standing_world import CC_BY, MONDAY, NO_AI, TUESDAY

from provenance.errors import ProvenanceError
from provenance.manifest.layout import COLUMNS
from provenance.manifest.sealing import canonical, header_of, rows_digest, seal_of
from provenance.manifest.selection import Duplicates, Versions, parts_of
from provenance.queries.capture_filter import CaptureFilter
from provenance.records import Kept


def test_a_row_says_everything_that_a_data_team_has_to_know(library: Library) -> None:
    made = library.fill()
    row = {row["capture"]: row for row in rows_of(library.manifest())}[made["by"]]
    told = {
        name: row[name] for name in ("url", "length", "media_type", "language", "site", "licence", "outcome")
    }
    assert told == {
        "url": "https://example.org/a",
        "length": 20,
        "media_type": "text/html",
        "language": "en",
        "site": "example.org",
        "licence": "CC-BY-4.0",
        "outcome": "permitted_with_conditions",
    }
    assert row["attribution"] == "https://example.org/a, example.org, CC-BY-4.0, retrieved 2026-11-02"
    assert json.loads(row["conditions"]) == [{"type": "attribution"}]
    assert json.loads(row["reasons"])
    assert row["source"].startswith("example.org#")
    assert row["rights_set"].startswith("sha256:")
    assert row["split"] is None
    assert isinstance(row["observed_at"], datetime)
    assert row["observed_at"] <= row["decided_at"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        pytest.param({}, ["by", "near", "sa", "plain"], id="an equal payload is there once, the lowest key"),
        pytest.param(
            {"duplicates": Duplicates.KEEP}, ["by", "again", "near", "sa", "plain"], id="duplicates kept"
        ),
        pytest.param({"duplicates": Duplicates.NEAR}, ["by", "sa", "plain"], id="three bits apart is near"),
        pytest.param({"wanted": CaptureFilter(site="other.example")}, ["sa"], id="one site"),
        pytest.param({"wanted": CaptureFilter(prefix="https://example.org/c")}, ["near"], id="a prefix"),
        pytest.param({"wanted": CaptureFilter(media_type="text/plain")}, ["plain"], id="a media type"),
        pytest.param(
            {"wanted": CaptureFilter(language="en")}, ["by", "near"], id="a language and its regions"
        ),
        pytest.param({"wanted": CaptureFilter(source="third.example")}, ["plain"], id="a source"),
        pytest.param({"wanted": CaptureFilter(run=2)}, ["sa"], id="a run"),
        pytest.param({"wanted": CaptureFilter(until=MONDAY)}, [], id="nothing from before"),
    ],
)
def test_what_is_asked_for_is_in(library: Library, asked: dict[str, Any], names: list[str]) -> None:
    made = library.fill()
    runs = {row["site"]: 1 for row in rows_of(library.manifest())}
    assert runs
    if (run := getattr(asked.get("wanted"), "run", None)) is not None:
        with library.world.database.reading() as connection:
            first = connection.exec_driver_sql("SELECT min(id) FROM run").scalar_one()
        asked = {"wanted": CaptureFilter(run=first + run - 1)}
    assert captures_of(library.manifest(**asked)) == [made[name] for name in names]


def test_every_exclusion_is_counted_once(library: Library) -> None:
    library.fill()
    library.add("/short", b"", CC_BY, at=TUESDAY, kept=Kept.HEADERS)
    library.world.page("/spooled", CC_BY, at=TUESDAY)
    counts = library.manifest(duplicates=Duplicates.NEAR).header["counts"]
    assert counts["excluded"] == {
        "exact_duplicate": 1,
        "near_duplicate": 1,
        "no_body": 1,
        "not_permitted": 1,
        "not_stored": 1,
    }
    assert counts["considered"] == counts["rows"] + sum(counts["excluded"].values())


@pytest.mark.parametrize(
    ("then", "versions", "left"),
    [
        pytest.param(CC_BY, Versions.LATEST, ["new"], id="the newest stands for the URL"),
        pytest.param(CC_BY, Versions.ALL, ["old", "new"], id="or every version"),
        pytest.param(NO_AI, Versions.LATEST, [], id="the newest is denied: an older permission is past"),
        pytest.param(NO_AI, Versions.ALL, [], id="a denial reaches back"),
    ],
)
def test_versions_of_a_url(library: Library, then: Any, versions: Versions, left: list[str]) -> None:
    made = {"old": library.add("/", b"one", CC_BY)}
    library.shelve()
    made["new"] = library.add("/", b"two", then, at=TUESDAY)
    library.shelve(admit=False)
    assert captures_of(library.manifest(versions=versions)) == [made[name] for name in left]


def test_an_unchanged_answer_is_found_in_the_record_that_holds_its_payload(library: Library) -> None:
    first = library.add("/", b"the same", CC_BY)
    library.shelve()
    again = library.add("/", b"the same", CC_BY, at=TUESDAY, unchanged=True)
    library.shelve(admit=False)
    [held] = [row for row in rows_of(library.manifest(versions=Versions.ALL)) if row["capture"] == first]
    [row] = rows_of(library.manifest())
    assert row["capture"] == again
    assert [row[name] for name in ("warc_uri", "warc_offset", "warc_length")] == [
        held[name] for name in ("warc_uri", "warc_offset", "warc_length")
    ]
    [alone] = rows_of(library.manifest(wanted=CaptureFilter(since=TUESDAY)))
    assert alone["warc_offset"] == held["warc_offset"]


def test_an_unchanged_answer_whose_payload_nobody_holds_is_left_out(library: Library) -> None:
    library.add("/", b"gone", CC_BY, unchanged=True)
    library.shelve()
    assert library.manifest().header["counts"]["excluded"] == {"no_body": 1}


def test_a_source_out_of_force_takes_its_documents_out(library: Library) -> None:
    library.fill()
    library.world.source("revoked")
    written = library.manifest()
    assert {row["site"] for row in rows_of(written)} == {"other.example", "third.example"}
    assert written.header["counts"]["excluded"]["source.revoked"] == 3


def test_as_of_a_moment_it_holds_what_was_on_record_then(library: Library) -> None:
    library.fill()
    before = library.manifest()
    moment = datetime.fromisoformat(before.header["as_of"])
    library.add("/later", b"later", CC_BY, at=TUESDAY)
    library.shelve(admit=False)
    library.world.source("revoked", site="other.example")
    assert rows_of(library.manifest("then.parquet", as_of=moment)) == rows_of(before)
    assert rows_of(library.manifest("now.parquet")) != rows_of(before)


def test_the_seal_covers_header_and_rows(library: Library) -> None:
    library.fill()
    written = library.manifest(holder="research")
    sealed = header_of(written.path)
    assert sealed.is_whole
    assert sealed.header == written.header
    assert sealed.seal == written.seal == seal_of(canonical(written.header))
    assert sealed.header["columns"] == [column.name for column in COLUMNS]
    assert sealed.header["holder"] == "research"
    assert rows_digest(pq.ParquetFile(written.path).iter_batches(2)) == sealed.header["rows_digest"]


def test_the_digest_depends_on_the_rows_alone(sqlite_library: Library) -> None:
    """Another writer may cut and encode the same rows as it likes; one letter less is other rows."""
    sqlite_library.fill()
    written = sqlite_library.manifest()
    table = pq.read_table(written.path)
    plain = pa.table(
        {
            name: pa.array(table.column(name).to_pylist(), COLUMNS[at].type)
            for at, name in enumerate(table.column_names)
        }
    )
    assert rows_digest(plain.to_batches(max_chunksize=3)) == written.header["rows_digest"]
    changed = plain.set_column(1, "url", pa.array([f"{url}x" for url in plain.column("url").to_pylist()]))
    assert rows_digest(changed.to_batches()) != written.header["rows_digest"]


def test_the_same_question_gives_the_same_bytes(library: Library, tmp_path: Path) -> None:
    library.fill()
    written = library.manifest(parts=parts_of("train=0.5,test=0.5"))
    first = {path.name: path.read_bytes() for path in (written.path, *written.papers)}
    if library.world.database.is_sqlite:
        with closing(sqlite3.connect(str(library.world.database.engine.url.database))) as file:
            file.execute("VACUUM")
    database = library.world.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "crawler", "manifest", "set.parquet", "--usage", "ai-train-gen"]
    command += ["--policy", "strict-optin", "--split", "train=0.5,test=0.5", "--database", database]
    again = tmp_path / "elsewhere"
    again.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONHASHSEED": "7"}
    done = subprocess.run(command, cwd=again, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "left out, exact_duplicate" in done.stderr
    assert done.stdout == ""
    assert {path.name: path.read_bytes() for path in again.iterdir()} == first


def test_nothing_of_this_machine_is_in_the_files(sqlite_library: Library, tmp_path: Path) -> None:
    """Where the bytes lie is what the store's URI says, and it is the only path."""
    sqlite_library.fill()
    written = sqlite_library.manifest()
    for path in written.papers:
        assert str(tmp_path) not in path.read_text()
    assert str(tmp_path) not in canonical(written.header)


def test_a_file_that_is_there_stays(sqlite_library: Library, tmp_path: Path) -> None:
    from provenance.manifest.export import write_manifest  # noqa: PLC0415  # only this test calls it by itself
    from provenance.manifest.selection import Selection  # noqa: PLC0415  # likewise

    sqlite_library.fill()
    (tmp_path / "set.NOTICE.txt").write_text("mine")
    standing = sqlite_library.world.standing()
    with pytest.raises(ProvenanceError, match="--force"):
        write_manifest(
            sqlite_library.world.database,
            standing,
            Selection(usage=standing.usage, policy=standing.policy),
            tmp_path / "set.parquet",
            force=False,
            told=lambda *_: None,
        )
    assert (tmp_path / "set.NOTICE.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param(".", "names no file", id="here"),
        pytest.param("-", "names no file", id="standard output"),
        pytest.param("folder", "is no file", id="a folder"),
        pytest.param("paper.parquet", "is no file", id="a folder in place of a paper"),
    ],
)
def test_what_is_no_file_is_refused_before_anything_is_registered(
    sqlite_library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    """Also with --force: a folder cannot be replaced, and a device must not be."""
    from provenance.manifest.export import write_manifest  # noqa: PLC0415  # as above
    from provenance.manifest.selection import Selection  # noqa: PLC0415  # likewise

    sqlite_library.fill()
    monkeypatch.chdir(tmp_path)
    for folder in ("folder", "paper.NOTICE.txt"):
        Path(folder).mkdir()
    standing = sqlite_library.world.standing()
    asked = Selection(usage=standing.usage, policy=standing.policy)
    with pytest.raises(ProvenanceError, match=says):
        write_manifest(
            sqlite_library.world.database, standing, asked, Path(name), force=True, told=lambda *_: None
        )
    with sqlite_library.world.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM manifest").scalar_one() == 0


def test_a_full_disk_is_told_in_a_sentence_also_by_the_last_few_rows(tmp_path: Path) -> None:
    """Rows wait in a buffer, so that the disk may be found full when nothing more is written."""
    from provenance.manifest.spooling import Spool  # noqa: PLC0415  # only this test looks into it

    rows = pa.record_batch({"id": list(range(100))})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Spool(tmp_path, rows.schema) as spool:
        spool.add(rows)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
        try:
            with pytest.raises(ProvenanceError, match="no room for the rows"):
                list(spool.batches())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Whoever starts the tests in the background of a shell has Ctrl-C ignored from the start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("doing", ["reading documents", "choosing among them", "writing rows"])
def test_an_interrupted_one_leaves_nothing(sqlite_library: Library, tmp_path: Path, doing: str) -> None:
    """Ctrl-C at any step: no file, no half of one, nothing registered."""
    from provenance.manifest.export import write_manifest  # noqa: PLC0415  # only this test calls it by itself
    from provenance.manifest.selection import Selection  # noqa: PLC0415  # likewise

    sqlite_library.fill()
    there = {path.name for path in tmp_path.iterdir()}

    def told(what: str, _rows: int) -> None:
        if what == doing:
            os.kill(os.getpid(), signal.SIGINT)

    standing = sqlite_library.world.standing()
    asked = Selection(usage=standing.usage, policy=standing.policy)
    with pytest.raises(KeyboardInterrupt):
        write_manifest(
            sqlite_library.world.database, standing, asked, tmp_path / "set.parquet", force=False, told=told
        )
    assert {path.name for path in tmp_path.iterdir()} - there <= {"provenance.db-wal", "provenance.db-shm"}
    with sqlite_library.world.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM manifest").scalar_one() == 0


def test_nothing_permitted_is_an_empty_manifest(library: Library) -> None:
    library.add("/", b"mine", NO_AI)
    library.shelve()
    written = library.manifest(parts=parts_of("train=0.9,test=0.1"))
    assert rows_of(written) == []
    assert rows_digest([]) == written.header["rows_digest"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("train", id="no share"),
        pytest.param("train=0.5", id="not all of it"),
        pytest.param("train=0.5,train=0.5", id="one name twice"),
        pytest.param("Train=1", id="a capital"),
        pytest.param("a=nan,b=1", id="not a number"),
        pytest.param("a=1,b=0", id="a part with nothing"),
    ],
)
def test_a_split_is_written_with_shares_that_add_up(text: str) -> None:
    with pytest.raises(ProvenanceError, match="--split"):
        parts_of(text)


def test_share_alike_documents_stand_apart_in_the_notice(sqlite_library: Library) -> None:
    sqlite_library.fill()
    written = sqlite_library.manifest()
    notice = next(path for path in written.papers if path.name.endswith("NOTICE.txt")).read_text()
    apart = notice.index("SHARE ALIKE")
    assert notice.index("CC-BY-4.0") < apart < notice.index(str(CC_BY_SA.licence))
    assert "https://creativecommons.org/licenses/by-sa/4.0/" in notice
