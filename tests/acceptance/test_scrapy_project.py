"""It is a Scrapy project: Scrapy's own commands run the same thing.  And many sites are one process."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from loopback_site import FILES, Log, LoopbackSite, tree, tree_urls
from outside import REPOSITORY, Ended, Workplace, finish, job

SITES = 30


@pytest.fixture
def project(place: Workplace) -> Workplace:
    """A folder with the project's own scrapy.cfg."""
    (place.folder / "scrapy.cfg").write_bytes((REPOSITORY / "scrapy.cfg").read_bytes())
    return place


def _scrapy(project: Workplace, *arguments: str) -> Ended:
    return finish(project.begin("scrapy", *arguments))


def test_scrapy_lists_the_spider(project: Workplace) -> None:
    assert _scrapy(project, "list").out.split() == ["site"]


def test_scrapy_shows_our_scheduler(project: Workplace) -> None:
    assert (
        _scrapy(project, "settings", "--get", "SCHEDULER").out.strip() == "crawler.frontier.frontier.Frontier"
    )


def test_scrapy_runs_the_same_crawl(project: Workplace) -> None:
    """The same rows, from the same job, whoever runs it."""

    def said(run: int) -> list[tuple[Any, ...]]:
        keys = ("url", "kind", "status", "payload_digest", "licences", "rights_set", "outcome")
        return sorted(
            tuple(map(str, map(row.get, keys))) for row in project.data("--kind", "all", "--run", str(run))
        )

    with LoopbackSite(tree(20)) as site:
        name = project.write(job(site.url))
        ended = _scrapy(project, "crawl", "site", "-a", f"job={name}")
        assert ended.code == 0, ended
        assert [row["state"] for row in project.runs()] == ["finished"]
        assert set(site.log.times().values()) == {1}
        assert site.log.paths()[0] == "/robots.txt"
        project.run("crawl", name)
    assert {row["url"] for row in project.data("--run", "1")} == tree_urls(site.origin, 20)
    assert said(1) == said(2)
    project.verify()


def test_scrapy_is_told_what_it_needs(project: Workplace) -> None:
    """No job, no crawl; in words."""
    ended = _scrapy(project, "crawl", "site")
    assert ended.code != 0
    assert "-a job=JOB.toml" in ended.err


def test_many_sites_are_crawled_by_one_process(place: Workplace) -> None:
    """Each in its own visit, robots.txt first, none delayed or left out by the others."""
    log = Log()
    with ExitStack() as stack:
        sites = [
            stack.enter_context(LoopbackSite(tree(3), address=f"127.0.0.{number}", log=log))
            for number in range(2, 2 + SITES)
        ]
        place.run("crawl", place.write(job(*(site.url for site in sites))))
    for site in sites:
        paths = [line.path for line in log.lines if line.url.startswith(f"{site.origin}/")]
        assert paths[0] == "/robots.txt"
        assert sorted(paths) == sorted(["/", "/1.html", "/2.html", "/robots.txt", *FILES])
    assert len(place.data()) == 3 * SITES
    assert place.verify()["segments"] == SITES
