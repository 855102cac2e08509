"""The figures of the provenance database, each beside what was asked of it, engine by engine.

    python tests/benchmarks/bench_provenance.py [--captures 10000000] [--engine sqlite|postgresql|both]
                                                [--only NAME …] [--folder FOLDER | --database URL] [--rounds 5]

Fills a database with synthetic captures (`synthetic`: 2,000 sites, zipf sizes, 5,000 rights sets, four runs) and asks
it what people ask.  Questions run in this process, after one that warms the caches, several times: the median is
printed, with the fastest and the slowest.  Commands run as processes of their own; their CPU seconds are theirs alone,
the server's excluded.  With --folder the databases are kept there and used again; --database names one that `synthetic`
filled.  Prints, asserts nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_figures import FIGURES, Subject
from own_postgresql import own_postgresql, sqlalchemy_url
from synthetic import fill, world

from provenance.database import Database

ENGINES = ("sqlite", "postgresql")


def main() -> None:
    """Fill or find the databases, measure, print."""
    arguments = _arguments()
    if arguments.database:
        with tempfile.TemporaryDirectory() as temporary, Database.open(arguments.database) as database:
            engine = "sqlite" if database.is_sqlite else "postgresql"
            folder = arguments.folder or Path(temporary)
            subject = Subject(database=database, engine=engine, folder=folder, rounds=arguments.rounds)
            _print(subject, arguments.only)
        return
    engines = ENGINES if arguments.engine == "both" else (arguments.engine,)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for engine in engines:
            with _subject(engine, folder, arguments.captures, arguments.rounds) as subject:
                _print(subject, arguments.only)


def _print(subject: Subject, only: list[str]) -> None:
    print(f"\n{subject.engine}, {subject.captures:,} captures")
    print(f"{'figure':<46} {'asked':<18} measured")
    for figure in FIGURES:
        if only and not any(name in figure.name for name in only):
            continue
        for name, measured in figure.measure(subject):
            print(f"{name:<46} {figure.asked:<18} {measured}", flush=True)


@contextmanager
def _subject(engine: str, folder: Path, captures: int, rounds: int) -> Iterator[Subject]:
    """Yield a filled database; PostgreSQL's server runs as long as it is asked."""
    if engine == "sqlite":
        file = folder / f"captures-{captures}.db"
        with _filled(f"sqlite:///{file}", captures) as database:
            yield Subject(database=database, engine=engine, folder=folder, rounds=rounds)
        return
    with (
        own_postgresql(kept=folder / f"captures-{captures}.postgresql") as server,
        _filled(sqlalchemy_url(server), captures) as database,
    ):
        yield Subject(database=database, engine=engine, folder=folder, rounds=rounds)


@contextmanager
def _filled(url: str, captures: int) -> Iterator[Database]:
    with Database.open(url) as database:
        if Subject.is_empty(database):
            clock = time.perf_counter()
            fill(database, world(captures))
            print(f"filled in {time.perf_counter() - clock:.0f} s")
        yield database


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=10_000_000)
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    parser.add_argument(
        "--only", nargs="*", default=[], help="figures whose name contains one of these words"
    )
    parser.add_argument("--folder", type=Path, help="where databases are kept; default: a temporary folder")
    parser.add_argument("--database", help="URL of a filled database; manifests are written to --folder")
    parser.add_argument("--rounds", type=int, default=5, help="of each question")
    return parser.parse_args()


if __name__ == "__main__":
    main()
