"""The local dispatcher: many visits in one process, each site in one owner's hands.

Each visit is one Scrapy crawler.  A few are opened per tick, each only when its first request is due; one that has
nothing due for a minute closes and is queued again.  Stopping asks for nothing more, lets what is in flight end, and
cuts it after ten seconds.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from scrapy.crawler import AsyncCrawlerRunner

from crawler import leasing
from crawler.frontier.itinerary import Itinerary
from crawler.frontier.services import Services
from crawler.frontier.watch import HostWatch
from crawler.opening import memory_of, open_visit, prepare
from crawler.permission.gate import Gate
from crawler.places import ExitCode
from crawler.politeness import NEVER
from crawler.recording import ArchiveWriter
from crawler.run import Run, effective_settings
from crawler.site_work import SiteWork, held_in_words, hosts_of
from crawler.spiders.site import SiteSpider
from crawler.visit import Visit
from provenance.leases import Held, Lease
from provenance.records import RunState

OPEN_VISITS = 200
OPENED_A_TICK = 4
TICK = 0.2  # seconds
HOLD_LOOK = 2.0  # seconds between two looks at a site whose hosts are paused
ALARM = "global pause"
LEASE_LOOK = 10.0  # seconds between two looks at a site that another run holds
CUT_AFTER = 10.0  # seconds that requests in flight get when told to stop


class Dispatcher:
    """Runs all sites of a job; one of these a process."""

    def __init__(
        self,
        run: Run,
        *,
        planning: bool = False,
        fixed_hosts: dict[str, str] | None = None,
        make_services: Callable[..., Services] | None = None,
    ) -> None:
        self.run = run
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._failure: BaseException | None = None
        writer = ArchiveWriter(
            run.recorder,
            run.store,
            run.places.spool,
            failed=self._failed_in_writer,
            give_back=self._archived,
        )
        self.services = (make_services or Services)(writer=writer, fixed_hosts=fixed_hosts or {})
        self._memory = memory_of(run, self.services)
        self.services.hosts.on_alarm = lambda: loop.call_soon(self._alarmed)
        self._runner = AsyncCrawlerRunner(effective_settings())
        self._due: list[tuple[float, int, SiteWork]] = []
        self._open: dict[asyncio.Task[None], Visit] = {}
        self._stopped = asyncio.Event()
        self._deadline: float | None = None
        self.stopping: str | None = None
        self.sites = [
            SiteWork(
                site,
                Itinerary(sections),
                Gate(
                    run.job.operator.token,
                    self.services.clock,
                    self.services.suppressed,
                    self.services.sources,
                ),
                planned=[] if planning else None,
            )
            for site, sections in run.job.sites().items()
        ]

    def _archived(self, size: int) -> None:
        """Take, on the writer's thread, that bytes are kept."""
        if size:
            self._loop.call_soon_threadsafe(self.services.budget.give_back, size)

    def _failed_in_writer(self, error: BaseException) -> None:
        self._loop.call_soon_threadsafe(self._fail, error)

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self.stop("failed")

    def stop(self, why: str) -> None:
        """Ask for nothing more, let what is in flight end; safe to call twice."""
        if self.stopping is not None:
            return
        self.stopping = why
        self._stopped.set()
        self.services.writer.hurry()  # the next start goes on with what a store does not take now
        for visit in self._open.values():
            visit.stop()
        self._loop.call_later(CUT_AFTER, self._cut)

    def _cut(self) -> None:
        for visit in self._open.values():
            visit.cut()
        if self.stopping == "interrupted":
            self.services.writer.cut()

    def _visits(self) -> list[Visit]:
        return list(self._open.values())

    def _alarmed(self) -> None:
        """Stop everything: so many hosts fail that the fault is probably ours."""
        for work in self.sites:
            if len(work.itinerary):
                work.waits_for = f"everything is paused: {self.services.hosts.alarm}"
        self.stop(ALARM)

    # ------------------------------------------------------------------ the loop

    async def crawl(self) -> ExitCode:
        """Work on every site until nothing is left, due soon enough, or allowed; return the exit code.

        Raises:
            CrawlerError, ProvenanceError: store or database failed; what was committed stays.
        """
        clock = self.services.clock
        limit = self.run.job.job.max_time_seconds
        self._deadline = clock() + limit if limit is not None else None
        for number, work in enumerate(self.sites):
            heapq.heappush(self._due, (clock(), number, work))
        watch = HostWatch(self.services, self._memory, visits=self._visits, failed=self._fail)
        watching = asyncio.ensure_future(watch.run())
        try:
            await self._work()
        finally:
            watching.cancel()
            await asyncio.to_thread(self.services.writer.finish)
        if self._failure is not None:
            raise self._failure
        return self._exit_code()

    async def _work(self) -> None:
        clock = self.services.clock
        while (self._due or self._open) and not (self.stopping and not self._open):
            if self._deadline is not None and clock() >= self._deadline:
                self.stop("limit.time")
            opened = 0
            while (
                self._due
                and not self.stopping
                and self._due[0][0] <= clock()
                and len(self._open) < OPEN_VISITS
                and opened < OPENED_A_TICK
            ):
                _, number, work = heapq.heappop(self._due)
                await self._try_open(number, work)
                opened += 1
            if not self._open and self._due and not self.stopping:
                self._tell_waiting()
            await self._pause()

    async def _pause(self) -> None:
        """Sleep until something may have changed."""
        clock = self.services.clock
        timeout = max(self._due[0][0] - clock(), 0.0) if self._due and not self.stopping else TICK * 50
        if self._deadline is not None and not self.stopping:
            timeout = min(timeout, max(self._deadline - clock(), 0.0))
        waiting = (
            [*self._open, asyncio.ensure_future(self._stopped.wait())] if not self.stopping else [*self._open]
        )
        if waiting:
            await asyncio.wait(waiting, timeout=max(timeout, 0.01), return_when=asyncio.FIRST_COMPLETED)
        for extra in waiting[len(self._open) :]:
            extra.cancel()
        for task in [task for task in self._open if task.done()]:
            del self._open[task]
            if (error := task.exception()) is not None:
                self._fail(error)  # the other visits end in good order first

    def _tell_waiting(self) -> None:
        due, _, _ = self._due[0]
        waiting = [f"{work.site}: {work.waits_for}" for _, _, work in self._due]
        self.run.recorder.set_run_state(
            self.run.id, RunState.WAITING, waiting_until=self.services.at(due), waiting_for=waiting
        )

    # ------------------------------------------------------------------ one visit

    async def _try_open(self, number: int, work: SiteWork) -> None:
        if work.restored and (held := held_in_words(work, self.services.hosts)):
            self._wait(number, work, NEVER, held)
            return
        lease = await asyncio.to_thread(self.run.lease, work.site)
        if isinstance(lease, Held):
            why = f"leased by {lease.owner} since {lease.since:%Y-%m-%d %H:%M:%S} UTC"
            self._wait(number, work, self.services.clock() + LEASE_LOOK, why)
            return
        work.waiting_since, work.waits_for = None, ""
        await asyncio.to_thread(prepare, work, self.run, lease)
        visit = open_visit(self.run, self.services, work, lease)
        if self.stopping:
            visit.stop()
        self.run.recorder.set_run_state(self.run.id, RunState.RUNNING)
        task = asyncio.ensure_future(self._conduct(number, work, visit, lease))
        self._open[task] = visit

    async def _conduct(self, number: int, work: SiteWork, visit: Visit, lease: Lease) -> None:
        """Run one visit to its end; queue its site again where something of it is due later."""
        crawler = self._runner.create_crawler(SiteSpider)
        renewing = asyncio.ensure_future(leasing.keep(self.run, visit, lease, failed=self._fail))
        try:
            await self._runner.crawl(crawler, visit=visit)
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
        reason = self.stopping or ("waits" if visit.due is not None else "finished")
        services = self.services
        if services.writer.error is None:
            closed = services.writer.close_visit(
                visit, *self._memory.changed(), visit.loads.records(visit.id)
            )
            await asyncio.wrap_future(closed)
            await asyncio.to_thread(self.run.recorder.end_visit, visit.id, reason, datetime.now(UTC))
            await asyncio.to_thread(self.run.leases.release, lease)
        work.reason = reason
        if visit.due is not None and not self.stopping:
            self._wait(number, work, visit.due, visit.waits_for)

    def _wait(self, number: int, work: SiteWork, due: float, why: str) -> None:
        """Queue a site for later, unless that is later than the job waits for (NEVER: until a person says so)."""
        now = self.services.clock()
        work.waiting_since = now if work.waiting_since is None else work.waiting_since
        if due < NEVER:
            work.waits_for = f"due at {self.services.at(due):%Y-%m-%d %H:%M:%S} UTC ({why})"
        else:
            work.waits_for = f"waits for a person ({why}); 'aboveboard hosts resume HOST' lets it go on"
            if any(map(self.services.hosts.is_paused, hosts_of(work))):  # parked ones are not waited for
                due = now + HOLD_LOOK
        if due - work.waiting_since > self.run.job.job.max_wait_seconds:
            work.reason = "waits too long"
            return
        heapq.heappush(self._due, (due, number, work))

    def _exit_code(self) -> ExitCode:
        if self.stopping == "interrupted":
            return ExitCode.INTERRUPTED
        if (
            self.services.writer.left
            or self.stopping == ALARM
            or any(work.reason == "waits too long" or len(work.itinerary) for work in self.sites)
        ):
            return ExitCode.UNFINISHED
        captured = sum(work.tally.captured + len(work.planned or ()) for work in self.sites)
        refused = sum(sum(work.tally.refused.values()) for work in self.sites)
        return ExitCode.ALL_REFUSED if refused and not captured else ExitCode.DONE
