"""Pages per CPU second of the crawler: a crawl into an S3 store against the same crawl into a directory.

Both crawl the bench site (`bench_site`), in turns, into fresh places.  The kernel counts the CPU time of the crawler's
process and its children; neither nginx nor the S3 server (SeaweedFS on loopback, plain HTTP, so that every body is
hashed for its signature as well) is counted.

Usage: python tests/benchmarks/bench_store.py [--rounds 3]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Annotated
from uuid import uuid4

import typer
from bench_crawl import JOB, Figures, measure
from bench_site import BenchSite

sys.path.insert(0, str(Path(__file__).parents[1]))  # the services that the tests run with

from services import s3

WANTED = 0.9


def crawl(site: BenchSite, store: str | None) -> Figures:
    """Measure one crawl into a store; None: a directory."""
    with tempfile.TemporaryDirectory(prefix="aboveboard-bench-data-") as folder:
        job = Path(folder) / "bench.toml"
        job.write_text(JOB.format(url=site.url), encoding="utf-8")
        places = [
            "--database",
            f"sqlite:///{folder}/provenance.db",
            "--store",
            store or f"file://{folder}/store",
        ]
        return measure([sys.executable, "-m", "crawler", "crawl", str(job), "--quiet", *places], site)


def main(rounds: Annotated[int, typer.Option(help="How often each side runs.", min=1)] = 3) -> None:
    """Run both sides in turns; print figures a round and the median of their ratios."""
    seen: dict[str, list[Figures]] = {"directory": [], "s3": []}
    os.environ.update(AWS_ACCESS_KEY_ID=s3.ACCESS_KEY, AWS_SECRET_ACCESS_KEY=s3.SECRET_KEY)
    with BenchSite() as site, s3.running(Path(tempfile.mkdtemp(prefix="aboveboard-bench-s3-"))) as server:
        print(f"{len(site.pages)} pages, {site.mean_size / 1024:.1f} KiB mean: {', '.join(site.sources)}")
        for number in range(rounds):
            for name in sorted(seen, reverse=number % 2 == 0):  # who goes first changes every round
                store = server.store_url(uuid4().hex) if name == "s3" else None
                seen[name].append(crawl(site, store))
                print(f"round {number + 1}  {name:9}  {seen[name][-1]}", flush=True)
    ratio = median(a.rate / b.rate for a, b in zip(seen["s3"], seen["directory"], strict=True))
    print(f"median   ratio      {ratio:.2f} times the pages per CPU second  (wanted: at least {WANTED})")
    sys.exit(ratio < WANTED)


if __name__ == "__main__":
    typer.run(main)
