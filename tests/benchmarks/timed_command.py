"""Run the program as a process of its own, and say what that took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

_PROGRAM = "from crawler.cli import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What one run of the program took, and what it said."""

    clock: float  # seconds
    cpu: float  # seconds, user and system, servers excluded
    memory: int  # bytes, its peak
    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"{self.clock:.2f} s by the clock, {self.cpu:.2f} s of CPU, peak {self.memory / 2**20:.0f} MiB"


def timed(*arguments: str) -> Took:
    """Run ``aboveboard`` with these arguments to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        clock = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", _PROGRAM, *arguments], stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        clock = time.perf_counter() - clock
        process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for, not by Popen
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return Took(
        clock=clock,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss * 1024,
        code=process.returncode,
        out=said[0],
        err=said[1],
    )
