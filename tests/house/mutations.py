"""Take each enforcing part out in turn, in a copy of the tree, and see which test misses it.

``python tests/house/mutations.py [WORD…]`` prints the table (of the parts that hold these words), and ends with 1 where
a removal went unnoticed, where a part's text is no longer in its file (move the mutation along with the part), or
where the tests are not green to begin with.  Each run of tests is a fork of this process, which has imported what takes
long to import and nothing of ours.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from enforcing_parts import PARTS, Part

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "crawler",
    "provenance",
    "licences",
    "migrations",
    "tests",
    "pyproject.toml",
    "scrapy.cfg",
    "README.md",
)
IMPORTED = (
    "scrapy.core.downloader.handlers.http11", "scrapy.core.engine", "scrapy.core.scraper", "scrapy.crawler",
    "twisted.web.client", "sqlalchemy.orm", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql",
    "alembic.command", "psycopg", "boto3", "hypothesis.strategies", "pydantic", "typer.testing", "rich.table",
    "structlog", "tldextract", "selectolax.lexbor", "defusedxml.ElementTree", "fastwarc", "warcio.archiveiterator",
    "license_expression", "protego", "cryptography.x509", "jinja2", "isal.igzip",
)  # fmt: skip  # a list of names
AT_ONCE = 2
STUCK = 100.0  # seconds
GREEN, RED = 0, 1  # pytest: all tests passed; some failed
QUIET = (
    "-x",
    "-q",
    "-p",
    "no:cacheprovider",
    "--tb=no",
    "-rfE",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
_SECONDS = count(int(time.time()))


@dataclass(slots=True)
class Trial:
    """Some tests, running in a tree where a part is disabled; None: nothing is."""

    part: Part | None
    tree: Path
    original: str = ""
    said: Path = field(default_factory=lambda: Path(tempfile.mkstemp(prefix="mutation-")[1]))
    since: float = field(default_factory=time.monotonic)

    def begin(self, tests: Iterable[str]) -> int:
        """Run the tests in a process of their own, up to the first that fails; return its id."""
        if self.part is not None:
            path = self.tree / self.part.file
            self.original = path.read_text(encoding="utf-8")
            _write(path, self.original.replace(self.part.text, self.part.instead))
        child = os.fork()
        if child == 0:
            os.setsid()
            _run(self.tree, self.said, list(tests))
        return child

    def end(self, code: int) -> str:
        """Put the part back; return the line of the table, which says OK where everything is as it must be."""
        words = self.said.read_text(encoding="utf-8", errors="replace")
        self.said.unlink()
        if self.part is None:
            return (
                "OK  unmutated: all tests are green" if code == GREEN else f"BAD  unmutated: {words[-800:]}"
            )
        _write(self.tree / self.part.file, self.original)
        failed = [
            line.split(" ", 1)[1] for line in words.splitlines() if line.startswith(("FAILED ", "ERROR "))
        ]
        if code != RED or not failed:
            return f"BAD {self.part.name:<48} {self.part.file:<34} NOT CAUGHT, pytest ended with {code}: {words[-300:]}"
        return f"OK  {self.part.name:<48} {self.part.file:<34} {failed[0].partition(' - ')[0]}"


def _run(tree: Path, said: Path, tests: list[str]) -> None:
    """Become pytest."""
    with said.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)
    sys.path[:] = [str(tree)] + [
        entry for entry in sys.path if not Path(entry).resolve().is_relative_to(ROOT)
    ]
    code = 99
    try:
        code = int(pytest.main([*QUIET, *tests]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _write(path: Path, text: str) -> None:
    """Write a module so that compiled code of another text never passes for it: no two writes share a second."""
    path.write_text(text, encoding="utf-8")
    later = next(_SECONDS)
    os.utime(path, (later, later))


def copy_of_the_tree(folder: Path) -> Path:
    """Return a copy of everything that tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        elif source.exists():
            shutil.copy2(source, folder / name)
    return folder


def misplaced(parts: Iterable[Part]) -> Iterator[str]:
    """Yield a line for each part whose text is not exactly once in its file."""
    for part in parts:
        found = (ROOT / part.file).read_text(encoding="utf-8").count(part.text)
        if found != 1:
            yield f"BAD {part.name}: its text is {found} times in {part.file}: {part.text!r}"


def table(parts: Sequence[Part]) -> Iterator[str]:
    """Yield the table line by line, as trials end; two run at once, each in a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        trees = [copy_of_the_tree(Path(folder, str(number))) for number in range(AT_ONCE)]
        waiting: list[Part | None] = [*reversed(parts), None]
        running: dict[int, Trial] = {}
        while waiting or running:
            while waiting and trees:
                part = waiting.pop()
                trial = Trial(part, trees.pop())
                tests = (
                    part.tests
                    if part is not None
                    else sorted({test for part in parts for test in part.tests})
                )
                running[trial.begin(tests)] = trial
            child, status = os.waitpid(-1, os.WNOHANG)
            if child:
                trial = running.pop(child)
                trees.append(trial.tree)
                yield trial.end(os.waitstatus_to_exitcode(status))
                continue
            for child, trial in running.items():
                if time.monotonic() - trial.since > STUCK:
                    os.killpg(child, signal.SIGKILL)
            time.sleep(0.02)


def main(words: Sequence[str]) -> int:
    """Print the table; return the exit code."""
    parts = [part for part in PARTS if all(word in part.name + part.file for word in words)]
    bad = list(misplaced(parts))
    if bad:
        print(*bad, sep="\n")
        return 1
    for name in IMPORTED:
        importlib.import_module(name)
    for line in table(parts):
        print(line, flush=True)
        bad += [line] * line.startswith("BAD")
    print(f"{len(parts)} parts, {len(bad)} not caught")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
