"""Stopped in the middle, politely or not: the same command completes the run and asks for nothing twice."""

from __future__ import annotations

import random
import signal
import subprocess
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


def test_a_crawl_that_is_told_to_stop_ends_cleanly_and_goes_on_later(place: Workplace) -> None:
    """What is in flight may end and is kept; the next process asks for the rest, and for nothing else."""
    with LoopbackSite(_slowly(PAGES)) as site:
        command = ("crawl", place.write(job(site.url, in_flight=IN_FLIGHT)))
        for number, name in enumerate((signal.SIGINT, signal.SIGTERM)):
            before = len(site.log)
            process = place.start(*command)
            wait_until(partial(_has, site, before + PAGES // 3), process)
            process.send_signal(name)
            stopped = finish(process)
            assert stopped.code == 130, stopped
            assert "the same command goes on" in stopped.err
            assert ("(resumed)" in stopped.err) == bool(number)
            assert site.log.paths()[before] == "/robots.txt"  # a new process asks again, first
            assert Counter(_documents(place)) == site.log.times()  # none that was asked for is lost
            assert set(site.log.times().values()) == {1}
            assert [row["state"] for row in place.runs()] == ["interrupted"]
            place.verify()

        assert len(_documents(place)) < PAGES
        place.run(*command)
        assert set(site.log.times().values()) == {1}
        assert Counter(_documents(place)) == Counter(tree_urls(site.origin, PAGES))
        assert [(row["state"], row["resumptions"]) for row in place.runs()] == [("finished", 2)]
        place.verify()


def _told_twice(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C, and again."""
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)  # two signals at once are one to the kernel
    process.send_signal(signal.SIGINT)
    assert finish(process).code == 130


def _killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    finish(process)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("store", "deaths"),
    [
        pytest.param("directory", [_told_twice, _killed], id="two deaths, in a directory"),
        pytest.param("s3", [_killed], id="one, on S3"),
    ],
)
def test_ended_at_once_anywhere_the_same_command_completes_the_run(
    place: Workplace,
    store: str,
    deaths: list[Callable[[subprocess.Popen[str]], None]],
    request: pytest.FixtureRequest,
) -> None:
    """Only what was in flight, or in the second before the end, is asked for again: no row had been committed."""
    if store == "s3":
        place.environ["ABOVEBOARD_STORE"] = request.getfixturevalue("s3_store_url")
    stuck, freed, chance, answer = threading.Event(), threading.Event(), random.Random(2), _slowly(PAGES)

    def once_not_at_all(path: str) -> Reply:
        if path == f"/{PAGES // 5}.html" and not freed.is_set():
            stuck.set()
            freed.wait(60)  # a polite end would take its ten seconds
        return answer(path)

    with LoopbackSite(once_not_at_all) as site:
        command = ("crawl", place.write(job(site.url, in_flight=IN_FLIGHT)))
        uncommitted: set[str] = set()
        for death in deaths:
            process = place.start(*command)
            goal = len(site.log) + chance.randrange(20, PAGES // 3)
            wait_until(stuck.is_set if death is _told_twice else partial(_has, site, goal), process)
            death(process)
            freed.set()
            uncommitted |= set(site.log.times()) - set(_documents(place))
        ended = place.run(*command)
        assert "(resumed)" in ended.err
        assert Counter(_documents(place)) == Counter(tree_urls(site.origin, PAGES))
        assert {url for url, times in site.log.times().items() if times > 1} <= uncommitted
        assert [row["state"] for row in place.runs()] == ["finished"]
        assert not list(place.folder.rglob("spool/**/*.warc.gz"))
        place.verify()
