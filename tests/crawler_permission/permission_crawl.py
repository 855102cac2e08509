"""What a test sets up for a crawl of host names on loopback, and what it can ask afterwards."""

from __future__ import annotations

import json
import mmap
import os
import struct
import subprocess
import sys
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


@dataclass(slots=True)
class Crawl:
    """One folder with a job, a clock, and what came of them."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    set_up: dict[str, Any] = field(default_factory=dict)
    printed: str = ""
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
        self, hosts: Hosts, *sites: str, code: int | None = 0, max_wait: float = 0, names: Sequence[str] = ()
    ) -> int:
        """Crawl these sites to the end; every host name of the server leads to it.

        Args:
            hosts: the server.
            sites: see `site_of_job`.
            code: the exit code that must come of it; None: any.
            max_wait: seconds, of the job.
            names: more host names that lead to the server.
        """
        lines = ["[job]", 'name = "permission"', f"max_wait_seconds = {max_wait}"]
        lines += ["[operator]", 'name = "Example Research"', 'contact = "crawler@example.org"', *sites]
        job = self.folder / "job.toml"
        job.write_text("\n".join(lines), encoding="utf-8")
        set_up = self.folder / "set-up.json"
        known = dict.fromkeys([*hosts.answers, *names], hosts.address)
        set_up.write_text(json.dumps({"hosts": known, **self.set_up}), encoding="utf-8")
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ABOVEBOARD_")}
        ended = subprocess.run(
            [
                sys.executable,
                Path(__file__).with_name("clocked_crawl.py"),
                job,
                set_up,
                self.folder / "clock",
            ],
            cwd=self.folder,
            env=ours | {"PYTHONPATH": str(REPOSITORY)} | self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert code is None or ended.returncode == code, ended
        assert "Traceback" not in ended.stderr, ended.stderr
        self.printed = ended.stdout
        return ended.returncode

    @property
    def database(self) -> str:
        """Where everything was recorded."""
        return f"sqlite:///{self.folder / 'aboveboard-data' / 'provenance.db'}"

    def refusals(self) -> list[RefusalRow]:
        """Return what was not taken."""
        with Database.open(self.database) as database:
            return all_rows(database, refusals(RefusalFilter()))

    def captures(self) -> list[CaptureRow]:
        """Return every archived exchange."""
        with Database.open(self.database) as database:
            return all_rows(database, captures(CaptureFilter()))
