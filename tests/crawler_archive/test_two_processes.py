"""Two processes work on one run, a visit each in turn: what one has taken, the other does not ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_crawl import NOON, ORIGIN, SITE, SmallCrawl

from crawler import job as jobs
from crawler.frontier.itinerary import Itinerary
from crawler.opening import prepare
from crawler.permission.gate import Gate
from crawler.places import Places
from crawler.run import Run
from crawler.site_work import SiteWork
from provenance.leases import Lease

JOB = f"""
[job]
name = "both"
[operator]
name = "Example Research"
contact = "crawler@example.org"
[[site]]
start = ["{ORIGIN}/0"]
admitted_by = "the tests"
basis = "our own"
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """The run of this process, which began it."""
    (tmp_path / "job.toml").write_text(JOB, encoding="utf-8")
    job, text = jobs.load(tmp_path / "job.toml")
    opened = Run(job, text, Places.of(job, f"sqlite:///{tmp_path}/p.db", f"file://{tmp_path}/store", {}))
    yield opened
    opened.close()


@pytest.fixture
def work(run: Run) -> SiteWork:
    return SiteWork(SITE, Itinerary(run.job.sites()[SITE]), Gate("Aboveboard", lambda: 0.0))


def leased(run: Run) -> Lease:
    lease = run.lease(SITE)
    assert isinstance(lease, Lease)
    return lease


def queued(work: SiteWork) -> list[str]:
    return [stop.target.url for queue in work.itinerary.queues.values() for stop in queue.line()]


def another_takes_the_start_page(run: Run) -> None:
    """Another process has the site for a visit of the same run."""
    lease = leased(run)
    visit = run.recorder.begin_visit(run.id, SITE, lease.epoch, NOON)
    crawl = SmallCrawl(run.database, run.places.spool, run.recorder, lease, run.id, visit)
    crawl.open_segment()
    crawl.page(b"<p>The start</p>", outlinks={"base": ORIGIN, "hrefs": [f"{ORIGIN}/next"]})
    crawl.commit()
    crawl.finish(run.store)
    run.leases.release(lease)


def test_what_another_process_took_between_two_visits_is_not_asked_for_again(
    run: Run, work: SiteWork
) -> None:
    """Our own queue still has it; the archive knows better, and where it led to."""
    first = leased(run)
    prepare(work, run, first)
    assert queued(work) == [f"{ORIGIN}/0"]
    run.leases.release(first)
    another_takes_the_start_page(run)
    prepare(work, run, leased(run))
    assert queued(work) == [f"{ORIGIN}/next"]


def test_what_another_process_took_before_our_first_visit_is_not_asked_for_again(
    run: Run, work: SiteWork
) -> None:
    """This process began the run, and another one that went on with it was quicker."""
    another_takes_the_start_page(run)
    prepare(work, run, leased(run))
    assert queued(work) == [f"{ORIGIN}/next"]


def test_a_queue_stays_where_nobody_came_between(run: Run, work: SiteWork) -> None:
    first = leased(run)
    prepare(work, run, first)
    itinerary = work.itinerary
    run.leases.release(first)
    prepare(work, run, leased(run))
    assert work.itinerary is itinerary
    assert queued(work) == [f"{ORIGIN}/0"]
