"""Stopped in the middle, politely or not: the same command completes the run and asks for nothing twice."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from loopback_site import LoopbackSite, Reply, tree, tree_urls
from outside import Workplace, finish, job, wait_until

PAGES = 120
IN_FLIGHT = 4


def _slowly(pages: int) -> Callable[[str], Reply]:
    """Answer slowly enough that there is a middle to be stopped in."""
    answer = tree(pages)

    def after_a_moment(path: str) -> Reply:
        time.sleep(0.008)
        return answer(path)

    return after_a_moment


def _has(site: LoopbackSite, asked: int) -> bool:
    return len(site.log) >= asked


def _documents(place: Workplace) -> list[str]:
    return [row["url"] for row in place.data()]


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_crawl_that_is_told_to_stop_ends_cleanly_and_goes_on_later(
    place: Workplace, name: signal.Signals
) -> None:
    """What is in flight may end and is kept; the second process asks for the rest, and for nothing else."""
    with LoopbackSite(_slowly(PAGES)) as site:
        command = ("crawl", place.write(job(site.url, in_flight=IN_FLIGHT)))
        process = place.start(*command)
        wait_until(lambda: len(site.log) > PAGES // 3, process)
        process.send_signal(name)
        stopped = finish(process)
        assert stopped.code == 130, stopped
        assert "the same command goes on" in stopped.err
        before = len(site.log)
        assert before < PAGES
        assert set(_documents(place)) == set(site.log.times())  # none that was asked for is lost
        assert [row["state"] for row in place.runs()] == ["interrupted"]
        place.verify()

        resumed = place.run(*command)
        assert "(resumed)" in resumed.err
        assert site.log.paths()[before] == "/robots.txt"  # a new process asks again, first
        assert set(site.log.times().values()) == {1}
        assert Counter(_documents(place)) == Counter(tree_urls(site.origin, PAGES))
        assert [(row["state"], row["resumptions"]) for row in place.runs()] == [("finished", 1)]
        place.verify()


def test_told_to_stop_twice_it_goes_at_once_and_the_next_start_cleans_up(place: Workplace) -> None:
    """The server answers no more, so that a polite end would take its ten seconds."""
    stuck, freed = threading.Event(), threading.Event()
    answer = tree(PAGES)

    def stopping(path: str) -> Reply:
        if path == "/20.html":
            stuck.set()
            freed.wait(60)
        return answer(path)

    with LoopbackSite(stopping) as site:
        command = ("crawl", place.write(job(site.url, in_flight=1)))
        process = place.start(*command)
        wait_until(stuck.is_set, process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)  # two signals at once are one to the kernel
        process.send_signal(signal.SIGINT)
        assert finish(process).code == 130
        freed.set()
        place.run(*command)
        assert Counter(_documents(place)) == Counter(tree_urls(site.origin, PAGES))
        twice = {url for url, times in site.log.times().items() if times > 1}
        assert f"{site.origin}/20.html" in twice  # it was in flight
        place.verify()


@pytest.mark.slow
@pytest.mark.parametrize("store", ["directory", "s3"])
def test_killed_anywhere_the_same_command_completes_the_run(
    place: Workplace, store: str, request: pytest.FixtureRequest
) -> None:
    """After kill -9 only what was in flight, or in the second before the kill, is asked for again."""
    if store == "s3":
        place.environ["ABOVEBOARD_STORE"] = request.getfixturevalue("s3_store_url")
    kills, chance = 3 if store == "directory" else 1, random.Random(2)
    with LoopbackSite(_slowly(PAGES)) as site:
        command = ("crawl", place.write(job(site.url, in_flight=IN_FLIGHT)))
        uncommitted: set[str] = set()
        for _ in range(kills):
            process = place.start(*command)
            goal = len(site.log) + chance.randrange(10, PAGES // (kills + 1))
            wait_until(partial(_has, site, goal), process)
            process.kill()
            finish(process)
            committed = set(_documents(place)) if place.runs() else set()
            uncommitted |= set(site.log.times()) - committed
        ended = place.run(*command)
        assert "(resumed)" in ended.err
        assert Counter(_documents(place)) == Counter(tree_urls(site.origin, PAGES))
        assert {url for url, times in site.log.times().items() if times > 1} <= uncommitted
        assert [row["state"] for row in place.runs()] == ["finished"]
        assert not list(place.folder.rglob("spool/**/*.warc.gz"))
        place.verify()
