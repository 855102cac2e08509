"""The store goes away under a running crawl: what people see, and what is kept."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from loopback_site import LoopbackSite, Reply, tree, tree_urls
from outside import Workplace, finish, heard, job, wait_until
from services.s3 import S3Server
from services.s3_proxy import S3Proxy

PAGES = 40


@pytest.fixture
def proxy(place: Workplace, s3_server: S3Server, s3_credentials: None) -> Iterator[S3Proxy]:
    """A proxy before the S3 server, which is the place's store."""
    with S3Proxy(s3_server.endpoint) as running:
        place.environ["ABOVEBOARD_STORE"] = (
            f"s3://aboveboard-test/{uuid4().hex}?endpoint={running.endpoint}&region=us-east-1&path_style=true"
        )
        yield running


def slow_tree(path: str) -> Reply:
    """Answer slowly enough that the crawl lasts a moment."""
    time.sleep(0.02)
    return tree(PAGES)(path)


def test_interrupted_while_the_store_is_down_a_crawl_ends_resumable(place: Workplace, proxy: S3Proxy) -> None:
    """Nothing is lost: it waits in the spool, the operator is told so, and the same command brings it there."""
    with LoopbackSite(slow_tree) as site:
        command = ("crawl", place.write(job(site.url)))
        process = place.start(*command)
        wait_until(lambda: len(site.log) >= PAGES // 2, process)
        proxy.down = True
        process.send_signal(signal.SIGINT)
        stopped = finish(process)
        assert stopped.code == 130, stopped
        assert "1 segment in the spool for the store: not taken in time" in stopped.err
        captured = len(place.captures())
        assert captured
        proxy.down = False
        place.verify()
        ended = place.run(*command)
        assert "(resumed)" in ended.err
        assert {row["url"] for row in place.data()} == tree_urls(site.origin, PAGES)
        assert set(site.log.times().values()) == {1}
    assert place.verify()["captures"] == len(place.captures())
    assert list((place.folder / "aboveboard-data" / "spool").rglob("*.warc.gz")) == []


def test_a_finished_crawl_waits_until_the_store_is_back(place: Workplace, proxy: S3Proxy) -> None:
    """All pages are there and the store is not: the crawl says what it waits for, then ends as any other."""
    with LoopbackSite(slow_tree) as site:
        process = place.start("crawl", place.write(job(site.url)))
        wait_until(lambda: len(site.log) >= PAGES // 2, process)
        proxy.down = True
        said = heard("in the spool for the store: the store s3://", process)
        assert "does not answer" in said
        proxy.down = False
        ended = finish(process)
        assert ended.code == 0, ended
    place.verify()
    assert list((place.folder / "aboveboard-data" / "spool").rglob("*.warc.gz")) == []


def test_a_crawl_into_a_bucket_that_vanishes_stops_and_says_so(place: Workplace, proxy: S3Proxy) -> None:
    """No retry brings a bucket back: exit and a sentence; with the bucket there again the same command goes on."""
    with LoopbackSite(slow_tree) as site:
        command = ("crawl", place.write(job(site.url)))
        process = place.start(*command)
        wait_until(lambda: len(site.log) >= PAGES // 2, process)
        proxy.answer = (404, "NoSuchBucket")
        stopped = finish(process)
        assert stopped.code == 4, stopped
        assert "there is no bucket 'aboveboard-test'; create it, or name another with --store" in stopped.err
        proxy.answer = None
        place.run(*command)
        assert {row["url"] for row in place.data()} == tree_urls(site.origin, PAGES)
    place.verify()
