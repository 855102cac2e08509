"""Crawls whose clock a test moves, one after the other in a process of its own: a line in, a line out, both JSON.

A line names the folder to crawl from.  It holds ``job.toml``, ``set-up.json`` and ``clock``: eight bytes, the seconds
to add to the monotonic clock.  Days pass by writing it.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import resource
import struct
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from crawler import dispatch, download_handler, reactor
from crawler import job as jobs
from crawler.frontier.services import Services
from crawler.places import Places
from crawler.run import Run


def clock_of(file: Path) -> Callable[[], float]:
    """Return the clock that a test moves."""
    with file.open("rb") as opened:
        offset = mmap.mmap(opened.fileno(), 8, access=mmap.ACCESS_READ)

    def clock() -> float:
        moved: float = struct.unpack("d", offset[:8])[0]
        return time.monotonic() + moved

    return clock


async def crawl(folder: Path) -> dict[str, Any]:
    """Crawl; return the exit code, how the run waits, and what memory it took."""
    set_up = json.loads((folder / "set-up.json").read_text(encoding="utf-8"))
    dispatch.Services = partial(Services, clock=clock_of(folder / "clock"))  # type: ignore[attr-defined, misc, assignment]  # time is the test's
    download_handler.ROBOTS_TIMEOUT = set_up.get("robots_timeout", 30.0)
    job, text = jobs.load(folder / "job.toml")
    database, store = f"sqlite:///{folder / 'provenance.db'}", (folder / "store").as_uri()
    run = Run(job, text, Places.of(job, database, store, {}), choice=set_up.get("choice"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    dispatcher = dispatch.Dispatcher(run, fixed_hosts=set_up["hosts"])
    code = await dispatcher.crawl()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    waits = [f"{work.site} {work.waits_for}" for work in dispatcher.sites if work.waits_for]
    run.end(code, {})
    run.close()
    return {"code": int(code), "waits": waits, "grown_kib": grown}


async def serve() -> None:
    """Take folders until there are no more."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            answer = await crawl(Path(json.loads(line)))
        except Exception:  # noqa: BLE001  # whatever it was: the test is told, and fails
            answer = {"code": -1, "error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    reactor.run(lambda _: serve())
