"""A data team reads a manifest with its own tools: DuckDB, Polars, datatrove.  None of them needs us."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "manifest"))
sys.path.insert(0, str(Path(__file__).parents[1] / "standings"))

from library import Library  # the path to it is set above
from standing_world import World  # likewise

from crawler.archive import open_store
from crawler.archive.bodies import bodies
from provenance.database import Database
from provenance.manifest.selection import parts_of

URLS = [
    "https://example.org/a",
    "https://example.org/c",
    "https://other.example/d",
    "https://third.example/f",
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library with a manifest, ``set.parquet``."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with Database.open(f"sqlite:///{folder}/provenance.db") as opened:
        made = Library(World(opened), open_store(str(folder / "store")), folder)
        made.fill()
        made.manifest(parts=parts_of("train=0.5,test=0.5"))
        yield made


@pytest.fixture(scope="module")
def manifest(shelf: Library) -> Path:
    return shelf.folder / "set.parquet"


def test_duckdb_reads_filters_and_groups(manifest: Path) -> None:
    rows = duckdb.sql(f"SELECT url FROM '{manifest}' ORDER BY capture").fetchall()
    assert [url for (url,) in rows] == URLS
    by_licence = duckdb.sql(
        f"SELECT licence, count(*) FROM '{manifest}' GROUP BY licence ORDER BY licence"
    ).fetchall()
    assert by_licence == [("CC-BY-4.0", 2), ("CC-BY-SA-4.0", 1), (None, 1)]
    kinds = duckdb.sql(
        f"SELECT json_extract_string(conditions, '$[0].type') FROM '{manifest}' LIMIT 1"
    ).fetchall()
    assert kinds == [("attribution",)]


def test_polars_reads_and_filters_by_part(manifest: Path) -> None:
    frame = pl.read_parquet(manifest)
    assert frame.get_column("url").to_list() == URLS
    train = pl.scan_parquet(manifest).filter(pl.col("split") == "train").collect()
    test = pl.scan_parquet(manifest).filter(pl.col("split") == "test").collect()
    assert train.height + test.height == frame.height
    assert not set(train.get_column("site")) & set(test.get_column("site"))
    assert str(frame.schema["observed_at"]) == "Datetime(time_unit='us', time_zone='UTC')"


def test_datatrove_takes_rows_for_documents(manifest: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its dependencies warn when they are imported
        from datatrove.pipeline.readers import ParquetReader  # noqa: PLC0415  # see above

        reader = ParquetReader(
            str(manifest.parent), glob_pattern="set.parquet", text_key="url", id_key="capture"
        )
        documents = list(reader.run())
    assert [document.text for document in documents] == URLS
    assert documents[0].metadata["licence"] == "CC-BY-4.0"
    assert documents[0].metadata["warc_offset"] > 0


def test_rows_chosen_elsewhere_lead_to_their_bytes(shelf: Library, manifest: Path) -> None:
    """From a Polars frame to bytes: any tool's rows will do."""
    chosen = pl.read_parquet(manifest).filter(pl.col("licence") == "CC-BY-SA-4.0").to_dicts()
    assert [body for _, body in bodies(chosen, shelf.store)] == [b"<p>Dogs."]
