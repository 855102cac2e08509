"""What servers see of two overlapping jobs and a restart: the smallest gap of each key against its floor.

Four loopback addresses, ten host names, at least 2,000 requests.  Owners shortened the gaps, so that it ends in about
two minutes; the server's log is the judge.  Both jobs run in one process, as visits do, and the process is killed in
the middle.  A host is judged from the end of an answer to the next start; a key that may have several requests in
flight (a domain, an address) by its starts, of which one may take a little longer on its way than the next.

Usage: python tests/benchmarks/proof_of_pace.py [--pages 105]
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "crawler_pace"), str(HERE.parents[1])]

from timed_server import Asked, Hosts, gaps, most_at_once, pages  # noqa: E402  # lies beside another folder's tests

GAP = 0.1  # seconds; what the owners granted, for host, domain and address alike
ON_THE_WAY = 0.01  # seconds between a start and its arrival at the server, at most
KILLED_AT = 700  # requests
ADDRESSES = [f"127.0.7.{number}" for number in range(1, 5)]
NAMES = [f"h{number}.org" for number in range(6)] + [f"w{number}.family.org" for number in range(4)]
PLACES = {name: ADDRESSES[number % 4] for number, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the server saw of one key."""

    key: str
    requests: int
    floor: float  # seconds
    smallest: float  # seconds
    at_once: int
    allowed: int

    @property
    def holds(self) -> bool:
        """Whether the key's limits were kept."""
        late = ON_THE_WAY if self.allowed > 1 else 0.0
        return self.smallest >= self.floor - late and self.at_once <= self.allowed


def job(name: str, port: int) -> str:
    """Return a job over all hosts."""
    lines = ["[job]", f'name = "{name}"', "max_wait_seconds = 600", "[operator]", 'name = "Proof"']
    lines += ['contact = "proof@example.org"']
    for host in NAMES:
        lines += ["[[site]]", f'start = ["http://{host}:{port}/"]', 'admitted_by = "the proof"']
    for site in sorted({".".join(name.split(".")[-2:]) for name in NAMES}):
        lines += [
            "[[permission]]",
            f'site = "{site}"',
            'granted_by = "ourselves"',
            "private_addresses = true",
        ]
        lines += [f"min_gap_seconds = {GAP}", "valid_until = 2999-12-31"]
    return "\n".join(lines) + "\n"


def crawl(folder: Path) -> int:
    """Crawl both jobs in this process at the same time; return the worse exit code."""
    from crawler import dispatch, reactor  # noqa: PLC0415  # only the crawling process installs a reactor
    from crawler import job as jobs  # noqa: PLC0415  # as above
    from crawler.frontier.services import Services  # noqa: PLC0415  # as above
    from crawler.places import Places  # noqa: PLC0415  # as above
    from crawler.run import Run  # noqa: PLC0415  # as above

    first: list[Services] = []

    def make_services(**given: object) -> Services:
        """Share lanes and hosts between the two jobs, as the visits of one job share them."""
        services = Services(**given)  # type: ignore[arg-type]  # the dispatcher's own arguments
        if first:
            services.lanes, services.hosts = first[0].lanes, first[0].hosts
        first.append(services)
        return services

    async def one(name: str) -> int:
        read, text = jobs.load(folder / f"{name}.toml")
        spool = folder / name
        database, store = f"sqlite:///{folder / 'provenance.db'}", (spool / "store").as_uri()
        run = Run(read, text, Places.of(read, database, store, {}))
        code = await dispatch.Dispatcher(run, fixed_hosts=PLACES, make_services=make_services).crawl()
        run.end(code, {})
        run.close()
        return int(code)

    async def both(_stopper: object) -> int:
        return max(await asyncio.gather(one("first"), one("second")))

    return reactor.run(both)


def seen(key: str, lines: Sequence[Asked], floor: float, allowed: int) -> Seen:
    """Judge one key by the server's log."""
    found = gaps(lines) if allowed == 1 else [later.began - line.began for line, later in pairwise(lines)]
    return Seen(
        key=key,
        requests=len(lines),
        floor=floor,
        smallest=min(found),
        at_once=most_at_once(lines),
        allowed=allowed,
    )


def main(
    count: Annotated[int, typer.Option("--pages", help="Pages of each host.")] = 105,
    folder: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the proof and print its table; exit 1 where a floor was not kept."""
    if folder is not None:
        sys.exit(crawl(folder))
    with (
        tempfile.TemporaryDirectory() as place,
        Hosts(dict.fromkeys(NAMES, pages(count)), ADDRESSES) as hosts,
    ):
        began, folder = time.monotonic(), Path(place)
        code = _two_jobs_and_a_restart(folder, hosts)
        log = hosts.log
        table = [seen(f"host {name}", log.of(host=name), GAP, 1) for name in NAMES]
        table.append(seen("domain family.org", log.in_domain("family.org"), GAP, 2))
        table += [seen(f"address {address}", log.of(address=address), GAP, 4) for address in ADDRESSES]
        print(f"{'key':<24} {'requests':>8} {'floor s':>8} {'smallest':>9} {'at once':>8} {'allowed':>8}")
        for row in table:
            print(
                f"{row.key:<24} {row.requests:>8} {row.floor:>8.3f} {row.smallest:>9.4f} {row.at_once:>8} "
                f"{row.allowed:>8}  {'kept' if row.holds else 'BROKEN'}"
            )
        total = len(log.of())
        print(f"{total} requests in {time.monotonic() - began:.0f} s, exit code {code}")
    sys.exit(0 if all(row.holds for row in table) and code == 0 else 1)


def _two_jobs_and_a_restart(folder: Path, hosts: Hosts) -> int:
    """Two jobs over the same hosts at the same time; their process is killed in the middle and started again."""
    for name in ("first", "second"):
        (folder / f"{name}.toml").write_text(job(name, hosts.port), encoding="utf-8")
    command = partial(subprocess.Popen[bytes], [sys.executable, __file__, "--folder", str(folder)])
    process = command()
    while len(hosts.log.of()) < KILLED_AT:
        time.sleep(0.05)
    process.kill()
    process.wait()
    return command().wait()


if __name__ == "__main__":
    typer.run(main)
