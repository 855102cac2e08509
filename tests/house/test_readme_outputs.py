"""The README's commands are run and print what it shows, figures aside.

`aboveboard demo` runs once; every other command in a console block is typed in the folder it left behind.  What
differs from run to run (numbers, times, digests, ports, paths) is masked on both sides; every other word must be real.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from house import ROOT

README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PORT = re.compile(r"127\.0\.0\.1:(\d+)")
ELSEWHERE = re.compile(
    r"\b(crawl|desk|docker|scrapy|pip|pytest|systemctl|psql|export|cd|git)\b"
)  # servers, networks, set-up
MASKS = [
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00| UTC)?"), "TIME"),
    (re.compile(r"(?:sha256:)?\b[0-9a-f]{8,64}\b…?"), "DIGEST"),
    (re.compile(r"(?:file://|sqlite:///)?/?(?:[\w.-]+/)+[\w.-]+"), "PATH"),
    (re.compile(r"\b\d[\d.,_]*"), "N"),
    (re.compile(r"[─━═-]{2,}"), "-"),
    (re.compile(r"\s+"), " "),
]


class Session(NamedTuple):
    """A command as the README shows it, with the lines it shows below."""

    command: str
    shows: tuple[str, ...]


def sessions() -> Iterator[Session]:
    """Yield the commands of the README's console blocks that can be typed without a network."""
    for block in BLOCK.findall(README.read_text(encoding="utf-8") if README.exists() else ""):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shows = part.splitlines()
            last = command.rsplit("&&", 1)[-1].strip().removeprefix(".venv/bin/")
            if last.startswith("aboveboard ") and not ELSEWHERE.search(last):
                yield Session(last, tuple(line for line in shows if line.strip(" .…")))


def masked(line: str) -> str:
    """Return what of a line is the same in every run.

    >>> masked("captured  51 documents, 31.2 KiB, in /srv/aboveboard-data/store")
    'captured N documents, N KiB, in PATH'
    """
    line = PORT.sub("HOST", line)
    for pattern, word in MASKS:
        line = pattern.sub(word, line)
    return line.strip()


class House:
    """A folder in which the demo has run, and a shell in which ``aboveboard`` is this checkout's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        program = folder / "bin" / "aboveboard"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m crawler "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        own = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("ABOVEBOARD_", "AWS_", "PG"))
        }
        self._environment = own | {
            "PATH": f"{program.parent}:{own['PATH']}",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "100",
        }
        self.demo = self.type("aboveboard demo")
        found = PORT.search(self.demo)
        self._port = found[1] if found else ""

    def type(self, command: str) -> str:
        """Run a command line; return what it prints, on both channels."""
        if command.strip() == "aboveboard demo" and hasattr(self, "demo"):
            return self.demo
        here = PORT.sub(lambda _: f"127.0.0.1:{self._port}", command)
        done = subprocess.run(
            ["bash", "-c", here],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"$ {here}\n{done.stdout}"
        return done.stdout


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Run the demo once."""
    return House(tmp_path_factory.mktemp("readme"))


def test_the_readme_shows_the_demo() -> None:
    assert "aboveboard demo" in {session.command for session in sessions()}


@pytest.mark.parametrize("session", [pytest.param(session, id=session.command) for session in sessions()])
def test_a_command_prints_what_the_readme_shows(house: House, session: Session) -> None:
    real = {masked(line) for line in house.type(session.command).splitlines()}
    assert [line for line in session.shows if masked(line) not in real] == []
