"""A store that is slow, down or gone: the crawl waits within its bound, and nothing is lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from services.s3 import S3Server
from services.s3_proxy import S3Proxy
from small_crawl import ORIGIN, SITE, SmallCrawl, exchange_of

from crawler.archivable import Archivable
from crawler.archive import open_store
from crawler.archive.recovery import recover
from crawler.archive.spool import spooled_keys
from crawler.archive.uploading import Uploads
from crawler.archive.verification import verify
from crawler.backpressure import BackPressure
from crawler.frontier.services import ByteBudget
from crawler.recording import ArchiveWriter
from provenance.database import Database
from provenance.records import CaptureKind, PermissionRecord, capture_id

SEGMENT = 200_000  # bytes
BOUND = 4 * SEGMENT
BUDGET = 300_000
PAGE = 20_000
_ALLOWED = PermissionRecord(origin=ORIGIN, granted=True, rule="robots.no-rule")


@pytest.fixture
def proxy(s3_server: S3Server, s3_credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Proxy]:
    """A proxy before the store, and pauses of a fraction of a second between two attempts."""
    monkeypatch.setattr(Uploads, "first_pause", 0.05)
    monkeypatch.setattr(Uploads, "longest_pause", 0.1)
    monkeypatch.setattr(BackPressure, "limit", BOUND)
    with S3Proxy(s3_server.endpoint) as running:
        yield running


class Crawl:
    """A visit whose pages are there as fast as the byte budget lets it ask for them."""

    def __init__(self, database: Database, proxy: S3Proxy, spool_dir: Path) -> None:
        url = f"s3://aboveboard-test/{uuid4().hex}?endpoint={proxy.endpoint}&region=us-east-1&path_style=true"
        self.database, self.spool_dir, self.store = database, spool_dir, open_store(url)
        small = SmallCrawl.begin(database, spool_dir)
        self.id, self.run_id, self.site, self.epoch = small.visit_id, small.run_id, SITE, small.lease.epoch
        self.pages, self.most_spooled, self.errors = 0, 0, list[BaseException]()
        self.budget, self._room = ByteBudget(BUDGET), threading.Condition()
        self.writer = ArchiveWriter(
            small.recorder,
            self.store,
            spool_dir,
            failed=self.errors.append,
            give_back=self._give_back,
            segment_bytes=SEGMENT,
        )
        self.writer.open_visit(self, {"software": "aboveboard/0.1.0"})

    def _give_back(self, size: int) -> None:
        with self._room:
            self.budget.give_back(size)
            self._room.notify_all()

    def go_on(self, pages: int, *, until: Callable[[], bool] = lambda: False) -> None:
        """Archive pages, each only while the budget has room; end early when ``until`` says so."""
        for _ in range(pages):
            with self._room:
                while self.budget.exhausted:
                    if until() or self.errors:
                        return
                    self._room.wait(0.02)
                self.budget.take(PAGE)
            self._page()
            self.most_spooled = max(self.most_spooled, self.spooled)

    def _page(self) -> None:
        number, self.pages = self.pages, self.pages + 1
        self.writer.archive(
            self,
            Archivable(
                capture_id=capture_id(self.id, number),
                kind=CaptureKind.SITE_DOCUMENT,
                origin=ORIGIN,
                path=f"/{number}",
                status=200,
                media_type="text/html",
                exchange=exchange_of(f"/{number}", os.urandom(PAGE)),
                held=PAGE,
                permission=_ALLOWED,
                rights=None,
                metadata={},
            ),
        )

    @property
    def spooled(self) -> int:
        """Bytes in the spool."""
        total = 0
        for path in self.spool_dir.rglob("*.warc.gz"):
            try:
                total += path.stat().st_size
            except FileNotFoundError:  # stored in this moment
                continue
        return total

    def end(self) -> None:
        """Close the visit and end the writer, as the end of a run does."""
        closing = self.writer.close_visit(self, [], [], [])
        try:
            closing.result(timeout=60)
        finally:
            self.writer.finish()

    def check(self) -> None:
        """Whatever was archived is held, once, and agrees with its rows."""
        result = verify(self.database, self.store, self.spool_dir)
        assert (result.captures, result.findings) == (self.pages, ())


@pytest.fixture
def crawl(sqlite: Database, proxy: S3Proxy, spool_dir: Path) -> Crawl:
    return Crawl(sqlite, proxy, spool_dir)


def test_a_slow_store_slows_the_crawl(crawl: Crawl, proxy: S3Proxy) -> None:
    """Spool and bytes in flight stay within the bound, and the crawl ends complete."""
    proxy.bytes_a_second = 1_000_000  # a page is there in no time
    crawl.go_on(150)
    assert crawl.most_spooled > BOUND - SEGMENT  # it did fall behind
    assert crawl.most_spooled <= BOUND + BUDGET + SEGMENT
    crawl.end()
    assert list(spooled_keys(crawl.spool_dir)) == []
    assert (crawl.budget.held, crawl.writer.backlog, crawl.writer.left) == (0, "", [])
    crawl.check()


@pytest.mark.parametrize(
    "outage",
    [
        pytest.param("down", id="it hangs up"),
        pytest.param((503, "SlowDown"), id="503 SlowDown"),
        pytest.param((500, "InternalError"), id="500"),
    ],
)
def test_a_store_that_comes_back_gets_everything(
    crawl: Crawl, proxy: S3Proxy, outage: str | tuple[int, str]
) -> None:
    """The crawl goes on to the bound, says what it waits for, and waits; then all of it is delivered."""
    crawl.go_on(5)
    if isinstance(outage, str):
        proxy.down = True
    else:
        proxy.answer = outage
    crawl.go_on(500, until=lambda: "waits for it" in crawl.writer.backlog)
    assert crawl.pages < 500
    assert crawl.spooled > BOUND
    assert crawl.most_spooled <= BOUND + BUDGET + SEGMENT
    assert "in the spool for the store, and the crawl waits for it" in crawl.writer.backlog
    while crawl.writer.backlog.endswith("waits for it"):  # the first attempts are still under way
        threading.Event().wait(0.05)
    assert "the store s3://" in crawl.writer.backlog
    assert crawl.errors == []
    proxy.down, proxy.answer = False, None
    crawl.go_on(20)
    crawl.end()
    assert list(spooled_keys(crawl.spool_dir)) == []
    crawl.check()


@pytest.mark.parametrize("told", [pytest.param("hurry", id="told to stop"), pytest.param("cut", id="cut")])
def test_who_is_interrupted_while_the_store_is_down_leaves_everything_in_the_spool(
    crawl: Crawl, proxy: S3Proxy, told: str
) -> None:
    """The end is orderly, the next start delivers, and nothing is there twice."""
    crawl.go_on(30)
    proxy.down = True
    crawl.go_on(30, until=lambda: bool(crawl.writer.backlog))
    getattr(crawl.writer, told)()
    crawl.end()
    assert crawl.errors == []
    assert crawl.writer.left
    assert set(crawl.writer.left) <= set(spooled_keys(crawl.spool_dir))
    proxy.down = False
    crawl.check()
    recovered = recover(crawl.database, crawl.store, crawl.spool_dir)
    assert (recovered.finished, recovered.damaged) == (len(crawl.writer.left), [])
    assert list(spooled_keys(crawl.spool_dir)) == []
    crawl.check()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param((404, "NoSuchBucket"), "there is no bucket", id="bucket gone"),
        pytest.param(
            (403, "SignatureDoesNotMatch"), "check the access key, its secret", id="wrong credentials"
        ),
    ],
)
def test_what_a_person_has_to_mend_ends_the_crawl(
    crawl: Crawl, proxy: S3Proxy, answer: tuple[int, str], words: str
) -> None:
    """It would not pass by itself: the crawl stops at once, says why, and can be gone on with."""
    crawl.go_on(3)
    proxy.answer, proxy.spared = answer, lambda method, _: method == "HEAD"
    crawl.go_on(500)
    with pytest.raises(Exception, match=words):
        crawl.end()
    assert crawl.errors
    proxy.answer = None
    recover(crawl.database, crawl.store, crawl.spool_dir)
    assert list(spooled_keys(crawl.spool_dir)) == []
    assert verify(crawl.database, crawl.store, crawl.spool_dir).findings == ()


def test_many_open_segments_are_closed_before_they_are_full() -> None:
    """None of them is, but together they are more than half the bound."""
    pressure = BackPressure(lambda _size: None)
    pressure.grew(pressure.limit // 2)
    assert not pressure.open_too_much
    pressure.grew(1)
    assert pressure.open_too_much


def test_bytes_are_given_back_only_within_the_bound() -> None:
    """And all of them, once the store has caught up."""
    given: list[int] = []
    pressure = BackPressure(given.append)
    pressure.written(1)
    pressure.grew(pressure.limit)
    pressure.closed(pressure.limit)
    pressure.written(2)
    pressure.grew(1)
    pressure.written(3)
    assert pressure.holds
    assert given == [1, 2]
    pressure.gone(pressure.limit)
    assert given == [1, 2, 3]
    assert not pressure.holds
