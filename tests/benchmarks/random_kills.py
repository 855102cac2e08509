"""A long crawl, killed at random moments and begun again by the same command each time: what is lost, what is doubled?

Figures end on standard output; the exit code is 1 where anything was lost, doubled or found by verify.

Usage: python tests/benchmarks/random_kills.py [--kills 500] [--pages 12000] [--seed 5]
           [--database URL] [--store URL]     (default: SQLite and a directory, in a folder that goes afterwards)
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

ACCEPTANCE = Path(__file__).resolve().parents[1] / "acceptance"
sys.path[:0] = [str(ACCEPTANCE.parents[1]), str(ACCEPTANCE), str(ACCEPTANCE / "faults")]

from killing import killed_at_random  # noqa: E402 - after the path to it


def main(
    kills: Annotated[int, typer.Option(min=0, help="How often the process is killed.")] = 500,
    pages: Annotated[
        int, typer.Option(min=1, help="Of the site; about 25 a kill last until the end.")
    ] = 12_000,
    seed: Annotated[int, typer.Option(help="Of the moments.")] = 5,
    database: Annotated[str | None, typer.Option(help="Its URL.")] = None,
    store: Annotated[str | None, typer.Option(help="Its URL.")] = None,
) -> None:
    """Crawl, kill, and judge."""
    began = monotonic()
    with tempfile.TemporaryDirectory(prefix="aboveboard-kills-") as folder:
        figures = killed_at_random(
            Path(folder),
            kills=kills,
            pages=pages,
            seed=seed,
            database_url=database,
            store_url=store,
            told=lambda words: typer.echo(f"{monotonic() - began:6.0f} s  {words}", err=True),
        )
    typer.echo(f"{figures}; {monotonic() - began:.0f} s")
    sys.exit(0 if figures.judgement.is_good and figures.kills >= kills else 1)


if __name__ == "__main__":
    typer.run(main)
