"""What a test sets up for a crawl of host names on loopback, and what it can ask afterwards."""

from __future__ import annotations

import json
import mmap
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from many_hosts import Hosts

from provenance.database import Database
from provenance.queries import (
    CaptureFilter,
    CaptureRow,
    RefusalFilter,
    RefusalRow,
    all_rows,
    captures,
    refusals,
)

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 100.0  # seconds until a process counts as stuck; no test measures time


def site_of_job(*starts: str, include: Sequence[str] = (), site: str, more: str = "") -> str:
    """Return one ``[[site]]`` with its owner's permission for loopback, without gaps."""
    scope = f"include = {json.dumps(list(include))}" if include else ""
    return f"""
[[site]]
start = {json.dumps(list(starts))}
{scope}
{more}
admitted_by = "the tests"
basis = "our own"

[[permission]]
site = "{site}"
granted_by = "ourselves"
private_addresses = true
min_gap_seconds = 0
max_in_flight = 16
valid_until = 2099-12-31
"""


class CrawlerProcess:
    """A process that crawls one folder after the other: importing a crawler takes longer than most crawls here."""

    def __init__(self, log: Path, **environ: str) -> None:
        self._log = log
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ABOVEBOARD_")}
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("clocked_crawl.py")],
                env=ours | {"PYTHONPATH": str(REPOSITORY)} | environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def crawl(self, folder: Path) -> dict[str, Any]:
        """Crawl a folder to the end; nothing may have gone wrong on the way."""
        pipes = self._process
        assert pipes.stdin is not None
        assert pipes.stdout is not None
        stuck = threading.Timer(PATIENCE, pipes.kill)
        stuck.start()
        pipes.stdin.write(json.dumps(str(folder)) + "\n")
        pipes.stdin.flush()
        line = pipes.stdout.readline()
        stuck.cancel()
        said = self._log.read_text(encoding="utf-8")
        assert line, f"stuck: {said}"
        assert "Traceback" not in said, said
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=PATIENCE)


@dataclass(slots=True)
class Crawl:
    """One folder with a job, a clock, and what came of them."""

    folder: Path
    crawler: CrawlerProcess
    set_up: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    _clock: mmap.mmap | None = None

    def __post_init__(self) -> None:
        file = self.folder / "clock"
        file.write_bytes(struct.pack("d", 0.0))
        with file.open("r+b") as opened:
            self._clock = mmap.mmap(opened.fileno(), 8)

    def advance(self, seconds: float) -> None:
        """Let time pass, for the crawl that is running."""
        clock = self._clock
        assert clock is not None
        clock[:8] = struct.pack("d", struct.unpack("d", clock[:8])[0] + seconds)

    def run(
        self,
        hosts: Hosts,
        *sites: str,
        code: int | None = 0,
        max_wait: float = 0,
        names: Sequence[str] = (),
        policy: str = "strict-optin",
    ) -> int:
        """Crawl these sites to the end; every host name of the server leads to it.

        Args:
            hosts: the server.
            sites: see `site_of_job`.
            code: the exit code that must come of it; None: any.
            max_wait: seconds, of the job.
            names: more host names that lead to the server.
            policy: the name of a profile.
        """
        lines = ["[job]", 'name = "permission"', f"max_wait_seconds = {max_wait}", f'policy = "{policy}"']
        lines += ["[operator]", 'name = "Example Research"', 'contact = "crawler@example.org"', *sites]
        job = self.folder / "job.toml"
        job.write_text("\n".join(lines), encoding="utf-8")
        known = dict.fromkeys([*hosts.answers, *names], hosts.address)
        words = json.dumps({"hosts": known, **self.set_up})
        (self.folder / "set-up.json").write_text(words, encoding="utf-8")
        self.answer = self.crawler.crawl(self.folder)
        assert code is None or self.answer["code"] == code, self.answer
        return int(self.answer["code"])

    @property
    def database(self) -> str:
        """Where everything was recorded."""
        return f"sqlite:///{self.folder / 'provenance.db'}"

    @property
    def store(self) -> str:
        """Where the bytes are."""
        return (self.folder / "store").as_uri()

    def refusals(self) -> list[RefusalRow]:
        """Return what was not taken."""
        with Database.open(self.database) as database:
            return all_rows(database, refusals(RefusalFilter()))

    def captures(self) -> list[CaptureRow]:
        """Return every archived exchange."""
        with Database.open(self.database) as database:
            return all_rows(database, captures(CaptureFilter(kind=None)))
