"""``scrapy crawl site -a job=JOB.toml``: the same run, with Scrapy's own command in the dispatcher's place.

One job, one of its sites, one visit.  Lease, records and archive are those of ``aboveboard crawl``.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler

from crawler import job as jobs
from crawler import leasing, opening
from crawler.dispatch import CUT_AFTER
from crawler.errors import CrawlerError
from crawler.frontier.itinerary import Itinerary
from crawler.frontier.services import Services
from crawler.frontier.watch import HostWatch
from crawler.permission.gate import Gate
from crawler.places import ExitCode, Places
from crawler.recording import ArchiveWriter
from crawler.run import Run
from crawler.site_work import SiteWork
from crawler.visit import Visit
from provenance.errors import ProvenanceError
from provenance.leases import Held, Lease


def _chosen(job: jobs.Job, site: str | None) -> str:
    """Return the one site to visit."""
    sites = list(job.sites())
    if site is None and len(sites) == 1:
        return sites[0]
    if site not in sites:
        raise CrawlerError(f"say which site of the job: -a site= one of {', '.join(sites)}")
    return site


def open_visit(crawler: Crawler, job_file: str | None, site: str | None) -> Visit:
    """Open the visit that ``-a job=FILE [-a site=SITE]`` asks for; it closes with its spider."""
    if job_file is None:
        raise CrawlerError(
            "this spider needs a job: scrapy crawl site -a job=JOB.toml ('aboveboard init' writes one)"
        )
    job, text = jobs.load(Path(job_file))
    chosen = _chosen(job, site)
    run = Run(job, text, Places.of(job, None, None, os.environ))
    lease = run.lease(chosen)
    if isinstance(lease, Held):
        raise CrawlerError(
            f"{chosen} is leased by {lease.owner} since {lease.since:%Y-%m-%d %H:%M:%S} UTC: try later"
        )
    return _open(crawler, run, lease, chosen)


def _open(crawler: Crawler, run: Run, lease: Lease, site: str) -> Visit:
    loop = asyncio.get_event_loop()
    opened: list[Visit] = []

    def failed(error: BaseException) -> None:
        del error  # the writer keeps it, and closing the visit raises it
        loop.call_soon_threadsafe(opened[0].stop)

    def archived(size: int) -> None:
        loop.call_soon_threadsafe(services.budget.give_back, size)

    writer = ArchiveWriter(run.recorder, run.store, run.places.spool, failed=failed, give_back=archived)
    services = Services(writer=writer)
    itinerary = Itinerary(run.job.sites()[site])
    work = SiteWork(
        site, itinerary, Gate(run.job.operator.token, services.clock, services.suppressed, services.sources)
    )
    opening.prepare(work, run, lease)
    visit = opening.open_visit(run, services, work, lease)
    opened.append(visit)

    def stop(error: BaseException | None = None) -> None:
        del error  # the next write says what is wrong
        visit.stop()

    keeping = loop.create_task(leasing.keep(run, visit, lease, failed=stop))
    services.hosts.on_alarm = lambda: loop.call_soon(stop)
    watch = HostWatch(services, opening.memory_of(run, services), visits=lambda: [visit], failed=stop)
    watching = loop.create_task(watch.run())
    if (limit := run.job.job.max_time_seconds) is not None:
        loop.call_later(limit, visit.stop)

    async def close(spider: Any, reason: str) -> None:  # noqa: ARG001  # the signature of Scrapy's signal
        keeping.cancel()
        watching.cancel()
        unfinished = reason == "shutdown" or visit.due is not None or bool(len(itinerary))
        if unfinished:
            services.writer.hurry()
            loop.call_later(CUT_AFTER, services.writer.cut)
        try:
            await _end_visit(run, visit, lease, reason)
            unfinished = unfinished or bool(services.writer.left)
        except (CrawlerError, ProvenanceError):
            unfinished = True
            raise
        finally:
            with suppress(CrawlerError, ProvenanceError):  # the database may be what failed
                code = ExitCode.UNFINISHED if unfinished else ExitCode.DONE
                run.end(code, {"not_asked": dict(itinerary.not_asked)})
            run.close()

    crawler.signals.connect(close, signal=signals.spider_closed, weak=False)
    return visit


async def _end_visit(run: Run, visit: Visit, lease: Lease, reason: str) -> None:
    """Keep what the visit has, then give its site back."""
    services = visit.services
    hosts, holds = opening.memory_of(run, services).changed()
    loads = visit.loads.records(visit.id)
    try:
        await asyncio.wrap_future(services.writer.close_visit(visit, hosts, holds, loads))
    finally:
        await asyncio.to_thread(services.writer.finish)
    run.recorder.end_visit(visit.id, reason, datetime.now(UTC))
    run.leases.release(lease)
