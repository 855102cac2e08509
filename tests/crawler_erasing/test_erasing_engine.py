"""What is erased is gone from store, spool and database; everything else is there, byte for byte."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from filled_archive import Visiting, begin, body_of
from looking import assert_gone, bodies, everything, keys
from sqlalchemy import func, select

from crawler.archive import Revisit, Store, open_store
from crawler.archive.cdxj import index_segment
from crawler.archive.erasing import Erased, erase, resume_erasures
from crawler.archive.gzip_members import split
from crawler.archive.keys import index_key
from crawler.archive.recovery import recover
from crawler.archive.verification import verify
from provenance import erasures
from provenance.database import Database
from provenance.erasures import ErasureState, Scope, ScopeKind
from provenance.errors import LegalHoldStands
from provenance.leases import Leases
from provenance.models import Capture
from provenance.queries.crawling import spooled_segments
from provenance.records import CaptureKind

ORIGIN = "https://example.org"
SHARED = body_of("said in several places")


@dataclass
class Archive:
    """What lies where before anything is erased."""

    database: Database
    store_url: str
    spool_dir: Path
    held: dict[str, bytes]

    def erase(self, kind: ScopeKind, value: str) -> Erased:
        """Erase a scope of it."""
        return erase(
            self.database,
            open_store(self.store_url),
            self.spool_dir,
            Scope.parse(kind, value),
            reason="they asked us to",
            requested_by="the tests",
        )

    def without(self, *urls: str) -> dict[str, bytes]:
        """Return what is to be left."""
        assert set(urls) <= set(self.held)
        return {url: body for url, body in self.held.items() if url not in urls}

    def assert_gone(self, *urls: str) -> None:
        """Look for these URLs' bodies, and for everything else."""
        left = self.without(*urls)
        gone = [self.held[url] for url in urls if self.held[url] not in left.values()]
        assert_gone(self.database, self.store_url, self.spool_dir, gone=gone, left=left)


def filled(database: Database, store_url: str, spool_dir: Path) -> Archive:
    """Two sites; example.org with two visits, three segments, and a body that four URLs share."""
    store = open_store(store_url)
    visit = begin(database, store, spool_dir)
    visit.page("/a", body_of("a"))
    visit.page("/shared", SHARED)
    visit.page("/folder/b", body_of("b"))
    visit.page("/folder/same", SHARED)
    visit.store_segment()
    visit.page("/alone", body_of("alone"))
    visit.end()
    again = begin(database, store, spool_dir)
    again.payloads = visit.payloads
    again.page("/third", SHARED)
    again.page("/c", body_of("c"))
    again.page("/fourth", SHARED)
    again.end()
    other = begin(database, store, spool_dir, "example.net")
    other.page("/", body_of("another site"))
    other.page("/shared", SHARED)
    other.end()
    return Archive(database, store_url, spool_dir, bodies(database, store))


@pytest.fixture
def archive(database: Database, store_url: str, spool_dir: Path) -> Archive:
    return filled(database, store_url, spool_dir)


@pytest.fixture
def small(sqlite: Database, tmp_path: Path, spool_dir: Path) -> Archive:
    """The same on a directory and SQLite, where the engines make no difference."""
    return filled(sqlite, (tmp_path / "store").as_uri(), spool_dir)


@pytest.mark.parametrize(
    ("kind", "value", "gone"),
    [
        pytest.param(ScopeKind.URL, f"{ORIGIN}/a", ["/a"], id="one document of a segment"),
        pytest.param(ScopeKind.URL, f"{ORIGIN}/alone", ["/alone"], id="all that a segment holds"),
        pytest.param(ScopeKind.URL, f"{ORIGIN}/shared", ["/shared"], id="the body that revisits point to"),
        pytest.param(ScopeKind.URL, f"{ORIGIN}/third", ["/third"], id="a revisit"),
        pytest.param(ScopeKind.PREFIX, f"{ORIGIN}/folder/", ["/folder/b", "/folder/same"], id="a folder"),
        pytest.param(
            ScopeKind.DIGEST,
            f"sha256:{hashlib.sha256(body_of('c')).hexdigest()}",
            ["/c"],
            id="a payload",
        ),
        pytest.param(ScopeKind.URL, f"{ORIGIN}/never", [], id="what was never fetched"),
    ],
)
def test_what_is_in_the_scope_goes_and_nothing_else(
    archive: Archive, kind: ScopeKind, value: str, gone: list[str]
) -> None:
    """Bodies, heads, requests, metadata, index lines and rows; revisits outside still lead to their body."""
    done = archive.erase(kind, value)
    assert done.waits_for is None
    assert done.erasure is not None
    assert done.erasure.state is ErasureState.ERASED
    assert done.erasure.captures == len(gone)
    assert done.erasure.facts is not None
    assert done.erasure.facts["proof"]["hits"] == 0
    archive.assert_gone(*(ORIGIN + path for path in gone))
    assert f"{value}\\r\\n".encode() not in everything(open_store(archive.store_url), archive.spool_dir)


def test_a_site_goes_whole_and_its_neighbour_stays(archive: Archive) -> None:
    """No object is left under its prefix."""
    done = archive.erase(ScopeKind.SITE, "example.org")
    assert (done.rewritten, done.dropped) == (0, 3)
    archive.assert_gone(*(url for url in archive.held if url.startswith(ORIGIN)))
    assert all("example.net" in key for key in keys(open_store(archive.store_url)))


def test_a_payload_everywhere_goes_with_all_that_point_to_it(archive: Archive) -> None:
    done = archive.erase(ScopeKind.DIGEST, f"sha256:{hashlib.sha256(SHARED).hexdigest()}")
    assert done.rehomed == done.corrected == 0
    archive.assert_gone(*(url for url, body in archive.held.items() if body == SHARED))


def test_the_earliest_revisit_becomes_the_original(small: Archive) -> None:
    """The other two point to it; the other site keeps its own."""
    done = small.erase(ScopeKind.URL, f"{ORIGIN}/shared")
    assert (done.rehomed, done.corrected) == (1, 2)
    assert done.rewritten == 2  # the second segment has no part in it
    small.assert_gone(f"{ORIGIN}/shared")
    done = small.erase(ScopeKind.URL, f"{ORIGIN}/folder/same")
    assert (done.rehomed, done.corrected) == (1, 1)
    small.assert_gone(f"{ORIGIN}/shared", f"{ORIGIN}/folder/same")


def test_bodies_that_lie_in_each_others_segments(
    sqlite: Database, directory_store: Store, spool_dir: Path
) -> None:
    """Two segments, each with a revisit of what is erased from the other: no body is deleted before it is copied."""
    first, second = body_of("first"), body_of("second")
    visit = begin(sqlite, directory_store, spool_dir)
    visit.page("/erased/1", first)
    visit.store_segment()
    visit.page("/erased/2", second)
    visit.page("/first", first)
    visit.store_segment()
    visit.page("/second", second)
    visit.end()
    archive = Archive(sqlite, directory_store.url, spool_dir, bodies(sqlite, directory_store))
    done = archive.erase(ScopeKind.PREFIX, f"{ORIGIN}/erased/")
    assert (done.rewritten, done.dropped, done.rehomed) == (2, 1, 2)
    archive.assert_gone(f"{ORIGIN}/erased/1", f"{ORIGIN}/erased/2")


def test_what_stays_is_copied_and_never_compressed_again(small: Archive) -> None:
    """Every member of the new segment is a member of the old one."""
    store = open_store(small.store_url)
    key = next(key for key in keys(store) if "example.org" in key and key.endswith("1-0.warc.gz"))
    old = _members(store, key)
    small.erase(ScopeKind.URL, f"{ORIGIN}/a")
    new = _members(store, key.replace("-0.", "-0.r1."))
    assert len(new) == len(old) - 3
    assert set(new) < set(old)


def test_the_index_is_the_one_that_the_records_give(small: Archive) -> None:
    small.erase(ScopeKind.URL, f"{ORIGIN}/shared")
    store = open_store(small.store_url)
    segments = [key for key in keys(store) if key.endswith(".warc.gz")]
    assert len(segments) == 4
    for key in segments:
        with store.open(key) as stream, store.open(index_key(key)) as index:
            assert index.read() == index_segment(stream, key)


def test_one_rewriting_a_segment_however_many_records_go(
    sqlite: Database, directory_store: Store, spool_dir: Path
) -> None:
    visit = begin(sqlite, directory_store, spool_dir)
    for segment in range(5):
        for page in range(10):
            visit.page(f"/gone/{segment}/{page}", body_of(f"{segment}/{page}"))
            visit.page(f"/kept/{segment}/{page}", body_of(f"kept {segment}/{page}"))
        visit.store_segment()
    visit.end()
    archive = Archive(sqlite, directory_store.url, spool_dir, bodies(sqlite, directory_store))
    done = archive.erase(ScopeKind.PREFIX, f"{ORIGIN}/gone/")
    assert done.rewritten == 5
    generations = {key for key in keys(directory_store) if key.endswith(".warc.gz")}
    assert all(key.endswith(".r1.warc.gz") for key in generations)
    archive.assert_gone(*(url for url in archive.held if "/gone/" in url))


def test_a_dry_run_says_what_would_go_and_touches_nothing(small: Archive) -> None:
    store = open_store(small.store_url)
    before = {key: store.digest(key) for key in keys(store)}
    done = erase(
        small.database,
        open_store(small.store_url),
        small.spool_dir,
        Scope.parse(ScopeKind.URL, f"{ORIGIN}/shared"),
        reason="a look",
        requested_by="the tests",
        dry_run=True,
    )
    assert done.erasure is None
    plan = done.plan
    assert (plan.captures, plan.documents, plan.segments, plan.whole_segments) == (1, 1, 1, 0)
    assert plan.pointing_in == 3
    assert plan.sites == ("example.org",)
    assert {key: store.digest(key) for key in keys(store)} == before
    assert erasures.erasures(small.database) == []
    small.assert_gone()


def test_what_is_over_its_time_goes_by_its_keys_and_may_come_back(small: Archive) -> None:
    """Retention: these captures, wherever they lie; nothing is suppressed."""
    with small.database.session() as session:
        keys_of = list(session.scalars(select(Capture.id).where(Capture.path.in_(["/a", "/third"]))))
    done = erase(
        small.database,
        open_store(small.store_url),
        small.spool_dir,
        Scope.parse(ScopeKind.RETENTION, "observe: 180 days"),
        reason="their time is over",
        requested_by="the policy",
        captures=keys_of,
    )
    assert done.waits_for is None
    assert done.plan.captures == 2
    assert not erasures.suppressions(small.database)
    small.assert_gone(f"{ORIGIN}/a", f"{ORIGIN}/third")


def test_site_documents_go_with_their_exchange(small: Archive) -> None:
    """A robots.txt that is erased leaves no version behind."""
    visit = begin(small.database, open_store(small.store_url), small.spool_dir)
    visit.page("/robots.txt", b"User-agent: *\nDisallow: /private\n", kind=CaptureKind.SITE_DOCUMENT)
    visit.end()
    small.held[f"{ORIGIN}/robots.txt"] = b"User-agent: *\nDisallow: /private\n"
    small.erase(ScopeKind.URL, f"{ORIGIN}/robots.txt")
    small.assert_gone(f"{ORIGIN}/robots.txt")


# -------------------------------------------------------------------------- what stands in the way


def test_a_legal_hold_blocks_and_says_who_placed_it(small: Archive, now: datetime) -> None:
    hold = erasures.place_hold(
        small.database,
        Scope.parse(ScopeKind.PREFIX, f"{ORIGIN}/folder/"),
        reason="case 12/26",
        placed_by="counsel",
        at=now,
    )
    with pytest.raises(LegalHoldStands, match=r"placed by counsel on 2026-11-22: case 12/26.*hold lift 1"):
        small.erase(ScopeKind.SITE, "example.org")
    small.assert_gone()
    erasures.lift_hold(small.database, hold.id, lifted_by="counsel", at=now)
    assert small.erase(ScopeKind.SITE, "example.org").waits_for is None


def test_a_hold_that_comes_later_stops_what_is_only_hidden(small: Archive, now: datetime) -> None:
    """A visit keeps the bytes from going; then somebody has to preserve them; then not any more."""
    visit = begin(small.database, open_store(small.store_url), small.spool_dir)
    assert small.erase(ScopeKind.URL, f"{ORIGIN}/a").waits_for is not None
    visit.end()
    scope = Scope.parse(ScopeKind.SITE, "example.org")
    hold = erasures.place_hold(small.database, scope, reason="a case", placed_by="counsel", at=now)
    resumed = resume_erasures(small.database, open_store(small.store_url), small.spool_dir)
    assert [why for _, why in resumed.waiting if "legal hold 1" in why]
    erasures.lift_hold(small.database, hold.id, lifted_by="counsel", at=now)
    resumed = resume_erasures(small.database, open_store(small.store_url), small.spool_dir)
    assert [each.id for each in resumed.finished] == [1]
    small.assert_gone(f"{ORIGIN}/a")


def test_a_living_visit_of_the_site_is_waited_for(archive: Archive) -> None:
    """Hidden at once; what it still records of the scope, and what points into it, is settled with the rest."""
    store = open_store(archive.store_url)
    visit = begin(archive.database, store, archive.spool_dir)
    began = _began(archive.database)
    visit.payloads[hashlib.sha256(archive.held[f"{ORIGIN}/a"]).digest()] = Revisit(
        url=f"{ORIGIN}/a", fetched_at=began
    )
    visit.page("/new", body_of("new"))
    done = archive.erase(ScopeKind.URL, f"{ORIGIN}/a")
    assert done.waits_for is not None
    assert "example.org is being crawled by a visit" in done.waits_for
    assert erasures.forgotten(archive.database, f"{ORIGIN}/a")[0].erased_at is None
    found = verify(archive.database, store, archive.spool_dir).findings
    assert [finding.kind for finding in found] == ["unfinished-erasure"]
    visit.page("/a", body_of("a, fetched a moment before"))
    visit.page("/copy-of-a", archive.held[f"{ORIGIN}/a"])
    visit.end()
    assert [each.id for each in resume_erasures(archive.database, store, archive.spool_dir).finished] == [1]
    archive.held |= {f"{ORIGIN}/new": body_of("new"), f"{ORIGIN}/copy-of-a": archive.held[f"{ORIGIN}/a"]}
    archive.assert_gone(f"{ORIGIN}/a")
    assert body_of("a, fetched a moment before") not in everything(store, archive.spool_dir)


def test_a_segment_that_a_dead_visit_left_in_the_spool_is_stored_first(
    sqlite: Database, directory_store: Store, spool_dir: Path
) -> None:
    """Recovery does not cut off what is hidden: a revisit elsewhere may need it."""
    visit = begin(sqlite, directory_store, spool_dir)
    visit.page("/kept", body_of("kept"))
    visit.page("/original", SHARED)
    visit.store_segment()
    visit.page("/other", body_of("other"))
    visit.page("/last", body_of("last"))
    _die(visit)
    archive = Archive(sqlite, directory_store.url, spool_dir, {})
    done = archive.erase(ScopeKind.URL, f"{ORIGIN}/last")
    assert done.waits_for is None
    archive.held = bodies(sqlite, directory_store)
    assert len(archive.held) == 3
    assert_gone(sqlite, directory_store.url, spool_dir, gone=[body_of("last")], left=archive.held)
    assert spooled_segments(sqlite) == []


def test_a_segment_in_another_machines_spool_is_waited_for(
    sqlite: Database, directory_store: Store, spool_dir: Path, tmp_path: Path
) -> None:
    visit = begin(sqlite, directory_store, spool_dir)
    visit.page("/there", body_of("there"))
    _die(visit)
    archive = Archive(sqlite, directory_store.url, tmp_path / "another spool", {})
    done = archive.erase(ScopeKind.URL, f"{ORIGIN}/there")
    assert done.waits_for is not None
    assert "on the machine that crawled it" in done.waits_for
    recover(sqlite, directory_store, spool_dir)
    resume_erasures(sqlite, directory_store, spool_dir)
    assert_gone(sqlite, directory_store.url, spool_dir, gone=[body_of("there")], left={})


def test_two_erasures_that_meet_in_one_segment(small: Archive) -> None:
    """Both hidden while a visit lives, then settled one after the other."""
    visit = begin(small.database, open_store(small.store_url), small.spool_dir)
    assert small.erase(ScopeKind.URL, f"{ORIGIN}/shared").waits_for
    assert small.erase(ScopeKind.PREFIX, f"{ORIGIN}/folder/").waits_for
    visit.end()
    resumed = resume_erasures(small.database, open_store(small.store_url), small.spool_dir)
    assert len(resumed.finished) == 2
    small.assert_gone(f"{ORIGIN}/shared", f"{ORIGIN}/folder/b", f"{ORIGIN}/folder/same")


def test_a_damaged_segment_is_not_thrown_away(small: Archive, tmp_path: Path) -> None:
    """Nobody can tell what else it held: hidden, told, and left as it is."""
    store = open_store(small.store_url)
    path = tmp_path / "store" / next(key for key in keys(store) if key.endswith("1-0.warc.gz"))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-20] + bytes(20))
    done = small.erase(ScopeKind.URL, f"{ORIGIN}/a")
    assert done.waits_for is not None
    assert "not the object that was stored" in done.waits_for
    assert path.exists()


def _began(database: Database) -> datetime:
    """When /a was fetched."""
    with database.session() as session:
        return session.execute(select(func.min(Capture.fetched_at))).scalar_one()


def _members(store: Store, key: str) -> list[bytes]:
    with store.open(key) as stream:
        whole = stream.read()
    with store.open(key) as stream:
        return [whole[offset : offset + length] for offset, length, _ in split(stream)]


def _die(visit: Visiting) -> None:
    """Let go of everything as a killed process does; its lease runs out."""
    assert visit.writer is not None
    visit.writer.release()
    Leases(visit.database).release(visit.lease)
