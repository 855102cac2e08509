"""A crawl in a process of its own, whose clock a test moves: ``clocked_crawl.py JOB.toml SET-UP.json CLOCK``.

CLOCK is a file of eight bytes: seconds to add to the monotonic clock, a double.  Days pass by writing it.
"""

from __future__ import annotations

import json
import mmap
import os
import resource
import struct
import sys
import time
from functools import partial
from pathlib import Path

from crawler import dispatch, download_handler, reactor
from crawler import job as jobs
from crawler.frontier.services import Services
from crawler.places import ExitCode, Places
from crawler.run import Run


def main(job_file: Path, set_up_file: Path, clock_file: Path) -> int:
    """Crawl; return the exit code."""
    set_up = json.loads(set_up_file.read_text(encoding="utf-8"))
    with clock_file.open("rb") as file:
        offset = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)

    def clock() -> float:
        moved: float = struct.unpack("d", offset[:8])[0]
        return time.monotonic() + moved

    dispatch.Services = partial(Services, clock=clock)  # type: ignore[attr-defined, misc, assignment]  # time is the test's
    download_handler.ROBOTS_TIMEOUT = set_up.get("robots_timeout", download_handler.ROBOTS_TIMEOUT)
    job, text = jobs.load(job_file)
    run = Run(job, text, Places.of(job, None, None, os.environ), choice=set_up.get("choice"))

    async def conduct(stopper: reactor.Stopper) -> ExitCode:
        dispatcher = dispatch.Dispatcher(run, fixed_hosts=set_up["hosts"])
        stopper.on_stop(lambda: dispatcher.stop("interrupted"))
        return await dispatcher.crawl()

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code = reactor.run(conduct)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    run.end(code, {})
    run.close()
    sys.stdout.write(json.dumps({"grown_kib": grown}))
    return int(code)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
