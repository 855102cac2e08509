"""A job over hosts of our own, crawled by processes whose time runs faster than the server's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
SPEED = 20.0  # how much faster time runs for a crawl than for its server
PATIENCE = 120.0  # seconds until a process counts as stuck; no test measures time


@dataclass(slots=True)
class Paced:
    """A folder with jobs; every host name leads to the address that is named here."""

    folder: Path
    addresses: Mapping[str, str]
    port: int

    def write(
        self, name: str, starts: Sequence[str], *, job: str = "", site: str = "", owner: str = ""
    ) -> Path:
        """Write a job: one ``[[site]]`` a start (``host/path``), loopback permitted, ``owner`` added to that permission."""
        lines = [
            "[job]",
            f'name = "{name}"',
            job,
            "[operator]",
            'name = "Pace"',
            'contact = "pace@example.org"',
        ]
        for start in starts:
            host, _, path = start.partition("/")
            lines += [
                "[[site]]",
                f'start = ["http://{host}:{self.port}/{path}"]',
                'admitted_by = "the tests"',
                site,
            ]
        for domain in dict.fromkeys(".".join(start.partition("/")[0].split(".")[-2:]) for start in starts):
            lines += ["[[permission]]", f'site = "{domain}"', 'granted_by = "ourselves"']
            lines += ["private_addresses = true", "valid_until = 2999-12-31", owner]
        path = self.folder / f"{name}.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def begin(self, job: Path) -> subprocess.Popen[str]:
        """Start a crawl; the caller waits for it."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ABOVEBOARD_")}
        return subprocess.Popen(
            [
                sys.executable,
                Path(__file__).with_name("hastened_loop.py"),
                job,
                json.dumps(dict(self.addresses)),
            ],
            env=ours | {"PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def crawl(self, job: Path) -> dict[str, Any]:
        """Crawl to the end; return exit code, words of waiting, CPU seconds."""
        return finish(self.begin(job))


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a crawl, and read what it said."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"stuck: {out}\n{err}") from None
    assert process.returncode == 0, err
    assert "Traceback" not in err, err
    answer: dict[str, Any] = json.loads(out.splitlines()[-1])
    return answer
