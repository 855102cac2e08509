"""Rows as Arrow batches: what the engine packs comes out as it went in, whatever it is."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from library import Library
from sqlalchemy import Select, select, update
from standing_world import CC_BY, TUESDAY, World

from provenance.columnar import record_batches
from provenance.models import Capture, RightsSet, Segment

COLUMNS = (
    Capture.id,
    Capture.status,
    Capture.revisit,
    Capture.fetched_at,
    Capture.recorded_at,
    Capture.payload_digest,
    Capture.media_type,
    Capture.language,
    Capture.simhash,
    Capture.path,
    Capture.truncated,
)
PATHS = ["/", "/é中🦊", "/a,b\"c'", "/line\nbreak\ttab", "/\x01\x02", "/\\x00"]


def read(world: World, rows_of: Select[*tuple[Any, ...]], **options: Any) -> list[dict[str, Any]]:
    return [row for batch in record_batches(world.database, rows_of, **options) for row in batch.to_pylist()]


@pytest.fixture
def filled(library: Library) -> World:
    """Pages with odd paths, some with a language and a fingerprint, some without."""
    for number, path in enumerate(PATHS):
        library.world.page(
            path,
            CC_BY,
            at=TUESDAY,
            language="en" if number % 2 else None,
            simhash=-number if number % 3 else None,
            truncated="length" if number == 1 else None,
        )
    return library.world


@pytest.mark.parametrize("rows", [1, 2, 65_536])
def test_packed_rows_are_the_rows(filled: World, rows: int) -> None:
    with filled.database.reading() as connection:
        expected = [dict(row._mapping) for row in connection.execute(select(*COLUMNS).order_by(Capture.id))]
    assert len(expected) == len(PATHS)
    assert read(filled, select(*COLUMNS), key=Capture.id, rows=rows) == expected
    assert read(filled, select(*COLUMNS).order_by(Capture.id), rows=rows) == expected


def test_types_do_not_depend_on_the_engine_or_the_way(filled: World) -> None:
    ways: list[dict[str, Any]] = [{"key": Capture.id}, {}]
    packed, by_rows = (next(record_batches(filled.database, select(*COLUMNS), **way)).schema for way in ways)
    assert packed == by_rows
    assert packed.field("fetched_at").type == pa.timestamp("us", "UTC")
    assert packed.field("payload_digest").type == pa.binary(32)


def test_ranges_and_conditions_choose(filled: World) -> None:
    keys = [row["id"] for row in read(filled, select(Capture.id), key=Capture.id)]
    ranges = [(keys[0], keys[1]), (keys[3], keys[3])]
    chosen = select(Capture.path).where(Capture.path != "/")
    assert read(filled, chosen, key=Capture.id, ranges=ranges) == [{"path": PATHS[1]}, {"path": PATHS[3]}]
    assert read(filled, chosen, key=Capture.id, ranges=[]) == []


def test_a_select_may_join(filled: World) -> None:
    joined = select(Capture.path, RightsSet.digest).join(RightsSet, RightsSet.id == Capture.rights_set_id)
    assert [row["path"] for row in read(filled, joined, key=Capture.id)] == PATHS


def test_a_digest_that_is_null_does_not_matter(filled: World) -> None:
    assert read(filled, select(Segment.digest), key=Segment.id) == [{"digest": None}]


def test_a_nul_from_elsewhere_is_read_row_by_row(filled: World) -> None:
    """Our own recorder lets none in; a file that somebody else wrote to is read all the same."""
    if not filled.database.is_sqlite:
        return
    with filled.database.writing() as connection:
        connection.execute(update(Capture).where(Capture.path == "/").values(truncated=None))
        connection.exec_driver_sql("UPDATE capture SET path = '/' || char(0) || 'x' WHERE path = '/'")
    assert [row["path"] for row in read(filled, select(Capture.path), key=Capture.id)] == [
        "/\x00x",
        *PATHS[1:],
    ]
