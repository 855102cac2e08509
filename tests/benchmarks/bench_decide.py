"""What comparing two policies over everything held costs, by rights set and by the clock.

    python tests/benchmarks/bench_decide.py [--captures 1000000] [--rights-sets 2000] [--database FILE]

Fills a SQLite database with synthetic captures (see `synthetic`), then runs ``aboveboard decide --policy strict-optin
--compare eu-tdm`` as a process of its own.  Prints, asserts nothing.  With --database the filled file is kept and used
again.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from synthetic import fill, world
from timed_command import timed

from provenance.database import Database


def main() -> None:
    """Fill, compare, print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        file = arguments.database or Path(folder) / "provenance.db"
        url = f"sqlite:///{file}"
        if not file.exists():
            clock = time.perf_counter()
            with Database.open(url) as database:
                fill(database, world(arguments.captures, rights_sets=arguments.rights_sets))
            print(f"filled in {time.perf_counter() - clock:.0f} s, {file.stat().st_size / 1e6:.0f} MB")
        usages = ["--usage", "ai-train-gen", "--usage", "index"]
        print(f"starting the program: {timed('--version')}")
        for more in ([], ["--compare", "eu-tdm"], ["--compare", "eu-tdm", *usages]):
            command = ["decide", "--policy", "strict-optin", *more]
            done = timed(*command, "--format", "jsonl", "--database", url)
            print(f"\naboveboard {' '.join(command)}: {done}, {len(done.out.splitlines())} lines")
            print(done.err.rstrip())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=1_000_000)
    parser.add_argument("--rights-sets", type=int, default=2_000)
    parser.add_argument("--database", type=Path, help="a file to keep; default: a temporary one")
    return parser.parse_args()


if __name__ == "__main__":
    main()
