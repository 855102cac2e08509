"""One crawl from job to summary, as the commands run it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console

from crawler import reactor
from crawler.dispatch import Dispatcher
from crawler.errors import CrawlerError
from crawler.job import Job
from crawler.places import ExitCode, Places
from crawler.progress import show
from crawler.run import Run
from crawler.site_work import PlannedOrigin, planned
from provenance import reports
from provenance.errors import ProvenanceError

STORE_LATER = "not taken in time; the same command goes on, or «aboveboard recover» brings it there"


class CrawlFailed(CrawlerError):  # noqa: N818  # says what is the case
    """Store, spool or database failed under a running crawl; what was committed is what the next start goes on from."""

    resumable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a crawl ended, and what the database says of it."""

    code: ExitCode
    run_id: int
    resumed: bool
    summary: reports.RunSummary
    places: Places
    waiting: tuple[str, ...]  # sites that are not due yet, with why and until when
    not_asked: Mapping[str, int]  # links that a limit ended, by limit
    plan: tuple[PlannedOrigin, ...] = ()


def set_up_log(log_file: Path | None) -> None:
    """Send Scrapy's and our log lines to a file as JSON; without one, only warnings show, on stderr."""
    if log_file is None:
        logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
        return
    log_file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log_file, encoding="utf-8")
    stamps: list[Any] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.add_log_level,
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *stamps],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def crawl(
    job: Job,
    text: str,
    *,
    database: str | None,
    store: str | None,
    console: Console,
    quiet: bool = False,
    choice: str | None = None,
    plan: bool = False,
) -> Ended:
    """Run a job in this process to its end, show progress, and return what came of it.

    Args:
        job: what to do.
        text: the job file as it was read: evidence.
        database: where the database is, as the command line said; None: not said.
        store: the same for the store.
        console: where progress goes.
        quiet: show none.
        choice: "resume" or "new" where a changed job meets an unfinished run; None: refuse to guess.
        plan: ask for robots.txt and sitemaps only, and return what would come of the rest.
    """
    if plan:
        job = job.planned()
    run = Run(job, text, Places.of(job, database, store, os.environ), choice=choice)
    waiting: list[str] = []
    not_asked: Counter[str] = Counter()
    plans: list[PlannedOrigin] = []

    async def conduct(stopper: reactor.Stopper) -> ExitCode:
        dispatcher = Dispatcher(run, planning=plan)
        stopper.on_stop(lambda: dispatcher.stop("interrupted"))
        shown = asyncio.ensure_future(show(dispatcher, console, quiet=quiet))
        try:
            code = await dispatcher.crawl()
        except (CrawlerError, ProvenanceError) as error:
            with suppress(CrawlerError, ProvenanceError):  # the database may be what failed
                run.end(ExitCode.UNFINISHED, {"failed": str(error)})
            raise CrawlFailed(f"{error}\nwhat was recorded stays, and the same command goes on") from error
        finally:
            shown.cancel()
            with suppress(asyncio.CancelledError):
                await shown
        waiting.extend(f"{work.site} {work.waits_for}" for work in dispatcher.sites if work.waits_for)
        if left := dispatcher.services.writer.left:
            many = "1 segment" if len(left) == 1 else f"{len(left)} segments"
            waiting.append(f"{many} in the spool for the store: {STORE_LATER}")
        for work in dispatcher.sites:
            not_asked.update(work.itinerary.not_asked)
        plans.extend(row for work in dispatcher.sites for row in planned(work, dispatcher.services.hosts))
        words: dict[str, Any] = {"not_asked": dict(not_asked), "waiting": waiting}
        run.end(code, words)
        return code

    try:
        code = reactor.run(conduct)
        summary = reports.summary(run.database, run.id)
    finally:
        run.close()
    return Ended(
        code=code,
        run_id=run.id,
        resumed=run.resumed,
        summary=summary,
        places=run.places,
        waiting=tuple(waiting),
        not_asked=not_asked,
        plan=tuple(plans),
    )
