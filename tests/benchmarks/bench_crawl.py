"""Pages per CPU second: «aboveboard crawl» with everything on, against a bare Scrapy spider.

Both crawl the same real pages (`bench_site`), in turns.  The server's access log counts the pages; the kernel counts
the CPU time (user and system) and the peak memory of each side's process and its children.  nginx is not counted.

Usage: python tests/benchmarks/bench_crawl.py [--rounds 3] [--gzip] [--only bare|aboveboard]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Annotated

import typer
from bench_site import BenchSite

REPOSITORY = Path(__file__).resolve().parents[2]

JOB = """\
[job]
name = "bench"
purpose = "ai-train-gen"
policy = "strict-optin"

[operator]
name = "Aboveboard bench"
contact = "bench@example.org"

[[site]]
start = ["{url}"]
include = ["{url}"]
admitted_by = "whoever runs this benchmark"
basis = "documentation installed on this machine"
max_pages = 100_000
max_depth = 1_000
media = ["text/html"]

[[permission]]
site = "127.0.0.1"
granted_by = "ourselves: a bench server on loopback"
private_addresses = true
min_gap_seconds = 0
max_in_flight = 16
max_requests_per_day = 1_000_000
max_bytes_per_day = 1_000_000_000_000
valid_until = 2999-12-31
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one crawl cost, and what the server saw of it."""

    pages: int  # distinct HTML pages answered with 200
    repeated: int  # how often the server was asked for a page again
    missing: int  # pages that links lead to and the crawl did not ask for
    requests: int
    cpu: float  # user and system, seconds
    wall: float  # seconds
    peak: float  # MiB
    exit_code: int

    @property
    def rate(self) -> float:
        """Pages per CPU second."""
        return self.pages / self.cpu

    def __str__(self) -> str:
        return (
            f"{self.pages} pages, {self.requests} requests, {self.cpu:.1f} s CPU ({1000 * self.cpu / max(self.pages, 1):.1f} ms "
            f"a page), {self.wall:.1f} s, {self.rate:.1f} pages per CPU second, peak {self.peak:.0f} MiB"
            + (f", {self.missing} MISSING" if self.missing else "")
            + (f", {self.repeated} asked for again" if self.repeated else "")
            + (f", EXIT CODE {self.exit_code}" if self.exit_code else "")
        )


def measure(command: list[str], site: BenchSite) -> Figures:
    """Run one side to its end and read what it cost off the kernel and the server."""
    before = len(site.accesses())
    started = monotonic()
    child = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)  # reaped here: Popen need not wait again
    asked = Counter(site.pages_served(before))
    return Figures(
        pages=len(asked),
        repeated=asked.total() - len(asked),
        missing=len(site.pages - asked.keys()),
        requests=len(site.accesses()) - before,
        cpu=usage.ru_utime + usage.ru_stime,
        wall=monotonic() - started,
        peak=usage.ru_maxrss / 1024,  # Linux: KiB
        exit_code=child.returncode,
    )


def bare(site: BenchSite) -> Figures:
    """Measure the bare spider."""
    return measure([sys.executable, str(Path(__file__).with_name("bare_spider.py")), site.url], site)


def aboveboard(site: BenchSite) -> Figures:
    """Measure our crawl: permission, rights, WARC and database, into a fresh folder."""
    with tempfile.TemporaryDirectory(prefix="aboveboard-bench-data-") as folder:
        job = Path(folder) / "bench.toml"
        job.write_text(JOB.format(url=site.url), encoding="utf-8")
        places = ["--database", f"sqlite:///{folder}/provenance.db", "--store", f"file://{folder}/store"]
        return measure([sys.executable, "-m", "crawler", "crawl", str(job), "--quiet", *places], site)


SIDES = {"bare": bare, "aboveboard": aboveboard}


def main(
    rounds: Annotated[int, typer.Option(help="How often each side runs.", min=1)] = 3,
    gzip: Annotated[bool, typer.Option("--gzip", help="Let nginx compress.")] = False,
    only: Annotated[str | None, typer.Option(help="One side: bare or aboveboard.")] = None,
) -> None:
    """Run both sides in turns; print figures a round and the medians."""
    sides = {name: run for name, run in SIDES.items() if only in (None, name)}
    with BenchSite(gzip=gzip) as site:
        print(f"{len(site.pages)} pages, {site.mean_size / 1024:.1f} KiB mean: {', '.join(site.sources)}")
        seen: dict[str, list[Figures]] = {name: [] for name in sides}
        for number in range(rounds):
            for name in sorted(sides, reverse=number % 2 == 0):  # who goes first changes every round
                seen[name].append(sides[name](site))
                print(f"round {number + 1}  {name:10}  {seen[name][-1]}", flush=True)
            if len(sides) == len(SIDES):
                print(
                    f"round {number + 1}  ratio       {_compared(seen['aboveboard'][-1:], seen['bare'][-1:])}"
                )
    for name, figures in seen.items():
        print(
            f"median   {name:10}  {median(f.rate for f in figures):.1f} pages per CPU second, {median(f.peak for f in figures):.0f} MiB"
        )
    if len(sides) == len(SIDES):
        print(
            f"median   ratio       {_compared(seen['aboveboard'], seen['bare'])}  (wanted: at least 1.5 and at most 1.5)"
        )


def _compared(ours: list[Figures], theirs: list[Figures]) -> str:
    rate = median(a.rate / b.rate for a, b in zip(ours, theirs, strict=True))
    peak = median(a.peak / b.peak for a, b in zip(ours, theirs, strict=True))
    return f"{rate:.2f} times the pages per CPU second, {peak:.2f} times the peak memory"


if __name__ == "__main__":
    typer.run(main)
