"""The other end of `warm_process`: start commands there, wait for them, kill them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
PATIENCE = 120.0  # seconds until a process counts as stuck; no test measures time
KILLED = -signal.SIGKILL

Arrangement = tuple[str, Mapping[str, Any]]  # a function of `arranging`, and its arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it told people."""

    code: int  # negative: the signal that ended it
    said: str


@dataclass(slots=True, kw_only=True)
class Command:
    """A command that runs, or has run."""

    pid: int
    err: Path
    warmth: Warmth = field(repr=False)

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        if self.is_running():
            os.kill(self.pid, signal.SIGKILL)

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.warmth.code(self.pid, within=0) is None

    def ended(self) -> Ended:
        """Wait for its end."""
        code = self.warmth.code(self.pid, within=PATIENCE)
        if code is None:
            os.kill(self.pid, signal.SIGKILL)
            raise AssertionError(f"stuck: {self.err.read_text()}")
        return Ended(code=code, said=self.err.read_text())

    def until(self, seen: Callable[[], bool], *, look: float = 0.005) -> None:
        """Wait until something has happened, for as long as it lives."""
        deadline = time.monotonic() + PATIENCE
        while not seen():
            if not self.is_running():
                raise AssertionError(f"it ended too early: {self.ended()}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"it never happened: {self.ended()}")
            time.sleep(look)


class Warmth:
    """A warm process; close it, and whatever it still runs ends."""

    def __init__(self) -> None:
        self._started = 0
        self._codes: dict[int, int | None] = {}
        self._read = b""
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "warm_process.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": f"{REPOSITORY}{os.pathsep}{HERE}"},
        )
        if self._answer(PATIENCE) != {"ready": True}:
            raise AssertionError("the warm process did not start")

    def start(
        self,
        folder: Path,
        *arguments: str,
        environ: Mapping[str, str],
        arrange: Sequence[Arrangement] = (),
    ) -> Command:
        """Fork a process that runs ``aboveboard`` with these arguments in a folder, arranged before it begins."""
        self._started += 1
        out, err = f"{self._started}.out", f"{self._started}.err"
        order = {"folder": str(folder), "arguments": arguments, "environ": dict(environ)}
        order |= {"out": out, "err": err, "arrange": arrange}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        while (answer := self._answer(PATIENCE)) is not None:
            if "code" not in answer:
                self._codes[answer["pid"]] = None
                return Command(pid=answer["pid"], err=folder / err, warmth=self)
            self._codes[answer["pid"]] = answer["code"]
        raise AssertionError("the warm process does not answer")

    def code(self, pid: int, *, within: float) -> int | None:
        """Return a command's exit code, None where it has not ended within so many seconds."""
        deadline = time.monotonic() + within
        while self._codes[pid] is None:
            answer = self._answer(max(deadline - time.monotonic(), 0))
            if answer is None:
                return None
            self._codes[answer["pid"]] = answer["code"]
        return self._codes[pid]

    def close(self) -> None:
        """Kill what still runs, and end."""
        for pid, code in self._codes.items():
            if code is None and self.code(pid, within=0) is None:
                os.kill(pid, signal.SIGKILL)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, within: float) -> dict[str, Any] | None:
        assert self._process.stdout is not None
        file = self._process.stdout.fileno()
        while b"\n" not in self._read:
            ready, _, _ = select.select([file], [], [], within)
            if not ready:
                return None
            read = os.read(file, 1 << 16)
            if not read:
                raise AssertionError("the warm process has ended")
            self._read += read
        line, _, self._read = self._read.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer
