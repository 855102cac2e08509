"""Crawls in a process whose time runs ``SPEED`` times as fast as the server's, so that 30 s pass in one.

Everything in the process lives on this clock: event loop, frontier, host state.  A wait that came out right is then
seen by the server as a ``SPEED``-th of it.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from paced_crawl import SPEED
from scrapy.utils.reactor import install_reactor
from twisted.internet import error

from crawler import dispatch, reactor
from crawler import job as jobs
from crawler.frontier.services import Services
from crawler.places import Places
from crawler.run import Run

BEGINNING = 1_790_000_000.0  # Unix time that all processes count from


def clock() -> float:
    """Return hastened monotonic seconds."""
    return time.monotonic() * SPEED


def wall() -> float:
    """Return hastened Unix time, the same in every process."""
    return BEGINNING + (time.time() - BEGINNING) * SPEED


class _Selector(selectors.DefaultSelector):  # type: ignore[valid-type, misc]  # chosen for the machine at run time
    """Waits a ``SPEED``-th of what it is told."""

    def select(self, timeout: float | None = None) -> Any:
        return super().select(None if timeout is None else timeout / SPEED)


class HastenedLoop(asyncio.SelectorEventLoop):
    """An event loop on the hastened clock."""

    def __init__(self) -> None:
        super().__init__(_Selector())

    def time(self) -> float:
        """Return the loop's time."""
        return clock()


def main(job_file: Path, hosts: Mapping[str, str]) -> int:
    """Crawl a job; print how it waits and what its exit code is."""
    asyncio.set_event_loop(HastenedLoop())
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor", f"{__name__}.HastenedLoop")
    folder = job_file.parent
    job, text = jobs.load(job_file)
    run = Run(
        job, text, Places.of(job, f"sqlite:///{folder / 'provenance.db'}", (folder / "store").as_uri(), {})
    )
    waits: list[str] = []

    async def conduct(stopper: reactor.Stopper) -> int:
        services = partial(Services, clock=clock, wall=wall)
        dispatcher = dispatch.Dispatcher(run, fixed_hosts=dict(hosts), make_services=services)
        stopper.on_stop(lambda: dispatcher.stop("interrupted"))
        code = await dispatcher.crawl()
        waits.extend(work.waits_for for work in dispatcher.sites if work.waits_for)
        run.end(code, {"waiting": waits})
        return int(code)

    code = reactor.run(conduct)
    used = time.process_time()
    run.close()
    sys.stdout.write(json.dumps({"code": code, "waits": waits, "cpu_seconds": used}) + "\n")
    return 0


if __name__ == "__main__":
    assert error  # Twisted's errors are imported before its reactor is
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
