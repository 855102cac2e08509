"""The command as a stranger uses it: a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from crawler.cli import app

REPOSITORY = Path(__file__).parents[2]
CONTACT = "crawler@example.org"
PATIENCE = 120.0  # seconds until a process counts as stuck; no test measures time


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Workplace:
    """A folder in which commands run, and what they find in their environment."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def begin(self, *command: str) -> subprocess.Popen[str]:
        """Start a command; the caller waits for it."""
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=environment() | self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``aboveboard`` with these arguments."""
        return self.begin("crawler", *arguments)

    def run(self, *arguments: str, code: int | None = 0) -> Ended:
        """Run ``aboveboard`` to its end, which must be the exit code that was asked for (None: any)."""
        ended = finish(self.start(*arguments))
        assert code is None or ended.code == code, f"{arguments}: {ended}"
        return ended

    def ask(self, *arguments: str) -> str:
        """Return what a command that only asks prints: in this process, which saves the time to start one."""
        with chdir(self.folder):
            answer = CliRunner().invoke(app, arguments, env=self.environ)
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        assert answer.exit_code == 0, f"{arguments}: {answer.output}"
        return answer.stdout

    def data(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what ``aboveboard query`` answers as JSON lines."""
        return [json.loads(line) for line in self.ask("query", "--format", "jsonl", *arguments).splitlines()]

    def captures(self) -> list[dict[str, Any]]:
        """Return every exchange that was archived."""
        return self.data("--kind", "all")

    def runs(self) -> list[dict[str, Any]]:
        """Return what ``aboveboard runs`` lists, the newest first."""
        return [json.loads(line) for line in self.ask("runs", "--format", "jsonl").splitlines()]

    def verify(self) -> dict[str, Any]:
        """Return what ``aboveboard verify`` found, which must be nothing amiss."""
        found: dict[str, Any] = json.loads(self.ask("verify", "--format", "json"))
        assert found["findings"] == []
        return found

    def write(self, text: str, name: str = "job.toml") -> str:
        """Write a job file; return its name."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


def finish(process: subprocess.Popen[str], *, patience: float = PATIENCE) -> Ended:
    """Wait for a process, and read what it said."""
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"stuck: {process.args!r}\n{out}\n{err}") from None
    return Ended(code=process.returncode, out=out, err=err)


def wait_until(seen: Callable[[], bool], process: subprocess.Popen[str], *, look: float = 0.005) -> None:
    """Wait until something has happened, for as long as the process lives; ``look`` after so many seconds."""
    deadline = time.monotonic() + PATIENCE
    while not seen():
        if process.poll() is not None:
            raise AssertionError(f"it ended too early: {finish(process)}")
        if time.monotonic() > deadline:
            process.send_signal(signal.SIGKILL)
            raise AssertionError(f"it never happened: {finish(process)}")
        time.sleep(look)


def heard(words: str, process: subprocess.Popen[str]) -> str:
    """Read what a process prints for people until a line says these words; return what was read up to there."""
    assert process.stderr is not None, "started with its error stream in a pipe"
    watchdog = threading.Timer(PATIENCE, process.send_signal, [signal.SIGKILL])
    watchdog.start()
    said = ""
    try:
        for line in process.stderr:
            said += line
            if words in line:
                return said
    finally:
        watchdog.cancel()
    raise AssertionError(f"it ended without a word of {words!r}: {said}")


def job(
    *starts: str,
    in_flight: int = 4,
    job: str = "",
    site: str = "",
    limits: Mapping[str, str] | None = None,
    name: str = "acceptance",
) -> str:
    """Return a job file for sites of our own on loopback.

    Args:
        starts: one ``[[site]]`` each.
        in_flight: what the owner allows; also gap 0, and private addresses.
        job: more lines for ``[job]``.
        site: more lines for every ``[[site]]``.
        limits: more lines for one ``[[site]]``, by its start.
        name: the job's.
    """
    lines = ["[job]", f'name = "{name}"', job, "[operator]", 'name = "Acceptance"', f'contact = "{CONTACT}"']
    for start in starts:
        lines += ["[[site]]", f'start = ["{start}"]', 'admitted_by = "the tests"', 'basis = "our own"', site]
        lines.append((limits or {}).get(start, ""))
    for host in dict.fromkeys(start.split("/")[2].partition(":")[0] for start in starts):
        lines += [
            "[[permission]]",
            f'site = "{host}"',
            'granted_by = "ourselves"',
            "private_addresses = true",
        ]
        lines += ["min_gap_seconds = 0", f"max_in_flight = {in_flight}", "valid_until = 2099-12-31"]
    return "\n".join(lines) + "\n"


def environment() -> dict[str, str]:
    """Return what a process of ours finds in its environment."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ABOVEBOARD_")}
    ours.pop("PYTHONDONTWRITEBYTECODE", None)  # a hundred processes: compile once
    return ours | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
