"""An erasure that others overtake: another process has the site by now, records more of the scope, or places a hold."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pytest
from filled_archive import Visiting, begin, body_of
from looking import assert_gone, bodies, keys

from crawler.archive import Store, failpoints
from crawler.archive.directory import DirectoryStore
from crawler.archive.erasing import Erased, erase, resume_erasures
from crawler.archive.erasing.engine import Engine
from crawler.archive.indexing import mend_indexes
from crawler.archive.keys import index_key
from crawler.archive.verification import verify
from provenance import erasures
from provenance.database import Database
from provenance.erasures import ErasureState, Scope, ScopeKind
from provenance.errors import StaleLease
from provenance.leases import Lease, Leases

ORIGIN = "https://example.org"
GONE = body_of("gone")
SCOPE = Scope.parse(ScopeKind.DIGEST, f"sha256:{hashlib.sha256(GONE).hexdigest()}")


@pytest.fixture
def visited(sqlite: Database, directory_store: Store, spool_dir: Path) -> Visiting:
    """A site with one segment, of which one document is to go."""
    visit = begin(sqlite, directory_store, spool_dir)
    visit.page("/gone", GONE)
    visit.page("/kept", body_of("kept"))
    visit.end()
    return visit


def erase_it(visited: Visiting) -> Erased:
    return erase(
        visited.database, visited.store, visited.spool_dir, SCOPE, reason="a test", requested_by="the tests"
    )


def more_of_it(visited: Visiting, path: str) -> None:
    """Another visit finds the same bytes elsewhere."""
    visit = begin(visited.database, visited.store, visited.spool_dir)
    visit.page(path, GONE)
    visit.end()


def assert_only_kept(visited: Visiting) -> None:
    assert_gone(
        visited.database,
        visited.store.url,
        visited.spool_dir,
        gone=[GONE],
        left={f"{ORIGIN}/kept": body_of("kept")},
    )


def test_a_process_that_lost_the_site_changes_no_row(visited: Visiting) -> None:
    """It was stopped for longer than its lease; who has the site now may be rewriting the same segment."""
    leases = Leases(visited.database)
    taken: list[Lease] = []

    def another_takes_it() -> None:
        held = leases.acquire("example.org", "another", 60)
        assert not isinstance(held, Lease)
        lease = leases.take_over(held, "another", 60)
        assert isinstance(lease, Lease)
        taken.append(lease)

    before = sorted(keys(visited.store))
    with failpoints.armed("erase.rewritten", another_takes_it), pytest.raises(StaleLease):
        erase_it(visited)
    assert set(before) <= set(keys(visited.store))
    leases.release(taken[0])
    resumed = resume_erasures(visited.database, visited.store, visited.spool_dir)
    assert [each.state for each in resumed.finished] == [ErasureState.ERASED]
    assert_only_kept(visited)


def test_what_another_process_finished_is_not_begun_again(visited: Visiting) -> None:
    """The bytes turn up elsewhere later; a finished erasure and its certificate speak of what was there then."""
    visit = begin(visited.database, visited.store, visited.spool_dir)
    waiting = erase_it(visited)
    visit.end()
    assert waiting.erasure is not None
    [finished] = resume_erasures(visited.database, visited.store, visited.spool_dir).finished
    more_of_it(visited, "/elsewhere")
    again = Engine(visited.database, visited.store, visited.spool_dir).settle(waiting.erasure)
    assert again == finished
    assert f"{ORIGIN}/elsewhere" in bodies(visited.database, visited.store)
    assert not verify(visited.database, visited.store, visited.spool_dir).findings


def test_what_turns_up_after_rewriting_is_rewritten_as_well(visited: Visiting) -> None:
    """Killed with everything rewritten; before anybody goes on, a visit finds the same bytes elsewhere."""

    def die() -> None:
        raise KeyboardInterrupt

    with failpoints.armed("erase.deleted", die), pytest.raises(KeyboardInterrupt):
        erase_it(visited)
    [left] = erasures.unfinished(visited.database)
    assert left.state is ErasureState.REWRITTEN
    more_of_it(visited, "/elsewhere")
    resumed = resume_erasures(visited.database, visited.store, visited.spool_dir)
    assert [(each.id, each.captures) for each in resumed.finished] == [(left.id, 2)]
    assert_only_kept(visited)


def test_a_hold_that_comes_while_segments_are_rewritten_keeps_their_bytes(
    visited: Visiting, now: datetime
) -> None:
    """Nothing was deleted by then, and nothing is."""
    before = set(keys(visited.store))

    def place() -> None:
        scope = Scope.parse(ScopeKind.SITE, "example.org")
        erasures.place_hold(visited.database, scope, reason="a case", placed_by="counsel", at=now)

    with failpoints.armed("erase.switched", place):
        done = erase_it(visited)
    assert done.waits_for is not None
    assert "legal hold 1" in done.waits_for
    assert before <= set(keys(visited.store))
    erasures.lift_hold(visited.database, 1, lifted_by="counsel", at=now)
    assert resume_erasures(visited.database, visited.store, visited.spool_dir).finished
    assert_only_kept(visited)


def test_an_index_that_a_killed_process_left_in_the_spool_goes_as_well(visited: Visiting) -> None:
    [key] = [key for key in keys(visited.store) if key.endswith(".warc.gz")]
    left = visited.spool_dir / index_key(key)
    left.parent.mkdir(parents=True)
    with visited.store.open(index_key(key)) as stream:
        left.write_bytes(stream.read())
    assert erase_it(visited).waits_for is None
    assert not left.exists()


def test_an_index_that_is_made_again_meanwhile_does_not_come_back(visited: Visiting, tmp_path: Path) -> None:
    """Recovery by hand has read a segment whose index was missing, and brings it there when the erasure is through."""
    [key] = [key for key in keys(visited.store) if key.endswith(".warc.gz")]
    visited.store.delete(index_key(key))

    class Slow(DirectoryStore):
        def open(self, key: str) -> BinaryIO:
            opened = super().open(key)
            assert erase_it(visited).waits_for is None
            return opened

    assert mend_indexes(visited.database, Slow(tmp_path / "store"), visited.spool_dir) == 0
    assert index_key(key) not in set(keys(visited.store))
    assert_only_kept(visited)
