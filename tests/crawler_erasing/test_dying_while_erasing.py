"""Killed at any arrow of its state machine, an erasure is finished by whoever starts next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import filled_archive
import pytest
from test_erasing_engine import ORIGIN, filled

from crawler.archive import open_store
from crawler.archive.erasing import resume_erasures
from crawler.archive.recovery import recover
from provenance import erasures
from provenance.database import Database
from provenance.erasures import ErasureState, ScopeKind

FOLDER = (f"{ORIGIN}/shared", f"{ORIGIN}/folder/b", f"{ORIGIN}/folder/same")


ARROWS = [
    ("erase.hidden", 1, "rows are tombstones, every byte is there"),
    ("erase.rewritten", 1, "the first segment is stored under its new key, no row says so"),
    ("erase.switched", 1, "rows point at it, the next one still holds what goes"),
    ("erase.rewritten", 2, "the second one is stored as well"),
    ("erase.switched", 2, "all are switched, the old ones are still there"),
    ("erase.deleted", 1, "the first old one is deleted"),
    ("erase.deleted", 2, "all are deleted, nobody has looked yet"),
    ("erase.certified", 1, "finished"),
]
PLACES = ("sqlite and a directory", "postgresql and s3")


def _cells() -> list[object]:
    """Return every arrow in every kind of place: each arrow is met in one of them, the rest by the fault matrix."""
    return [
        pytest.param(
            place,
            failpoint,
            number,
            id=f"{place}: {name}",
            marks=[] if (turn + which) % 2 else [pytest.mark.faults],
        )
        for turn, (failpoint, number, name) in enumerate(ARROWS)
        for which, place in enumerate(PLACES)
    ]


@pytest.mark.parametrize(("places", "failpoint", "number"), _cells(), indirect=["places"])
def test_a_killed_erasure_is_finished_by_the_next_start(
    places: tuple[str, str], spool_dir: Path, failpoint: str, number: int
) -> None:
    """SIGKILL, for real: hidden from the first moment; after the next start nothing is left and nothing is lost."""
    database_url, store_url = places
    with Database.open(database_url) as database:
        archive = filled(database, store_url, spool_dir)
        gone = _kill(places, spool_dir, failpoint, number)
        assert erasures.forgotten(database, gone[0])
        store = open_store(store_url)
        recover(database, store, spool_dir)
        resumed = resume_erasures(database, store, spool_dir)
        assert resumed.waiting == []
        assert [each.state for each in erasures.erasures(database)] == [ErasureState.ERASED]
        archive.assert_gone(*gone)
        assert resume_erasures(database, store, spool_dir).finished == []


def _kill(places: tuple[str, str], spool_dir: Path, failpoint: str, number: int) -> tuple[str, ...]:
    """Erase what one segment holds and others point to, in a process that dies at the failpoint."""
    scope = [ScopeKind.URL.value, FOLDER[0]]
    program = [sys.executable, filled_archive.__file__, *places, str(spool_dir), failpoint, str(number)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run([*program, *scope], check=False, timeout=120, capture_output=True, env=environment)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    return FOLDER[:1]
