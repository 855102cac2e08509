"""A process that has everything imported and forks a crawl whenever it is told to: one starts in milliseconds.

It reads orders from its standard input, a JSON object a line (`warmth.Warmth` writes them), and answers on its
standard output: first a child's ``{"pid"}``, and when it has ended ``{"pid", "code"}`` (negative: the signal).
Before a child runs the command it lets `arranging` do what the order asks for: arm failpoints, move its clock.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
from pathlib import Path
from typing import Any

import arranging
import false_clock

ORDERS, ANSWERS = 0, 1


def warm_up() -> None:
    """Import whatever a crawl imports, except the reactor: each child installs its own."""
    false_clock.install()  # before anybody holds the real one
    for name in ("crawler", "provenance", "licences"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)
    for name in ("crawler.cli", "scrapy.core.engine", "scrapy.core.scraper", "psycopg", "boto3.session"):
        importlib.import_module(name)
    from crawler.run import effective_settings  # noqa: PLC0415 - after the clock was replaced
    from crawler.urls import site_of  # noqa: PLC0415 - as above
    from licences.policy import load  # noqa: PLC0415 - as above

    site_of("example.org")
    load("strict-optin")
    effective_settings()
    if "twisted.internet.reactor" in sys.modules:
        raise RuntimeError("importing our modules has installed a reactor: no child could run its own")
    gc.collect()
    gc.freeze()


def main() -> None:
    """Take orders until there are no more."""
    warm_up()
    bell, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    waiting = b""
    _answer(ready=True)
    while True:
        ready, _, _ = select.select([ORDERS, bell], [], [])
        if bell in ready:
            os.read(bell, 4096)
            _reap()
        if ORDERS in ready:
            read = os.read(ORDERS, 1 << 16)
            if not read:
                return
            *orders, waiting = (waiting + read).split(b"\n")
            for order in orders:
                _fork(json.loads(order))


def _fork(order: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            code = _obey(order)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _answer(pid=pid)


def _obey(order: dict[str, Any]) -> int:
    """Become the command, as a shell would start it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    folder = Path(order["folder"])
    for number, name in enumerate((os.devnull, str(folder / order["out"]), str(folder / order["err"]))):
        file = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(order["environ"])
    for name, arguments in order["arrange"]:
        getattr(arranging, name)(**arguments)
    sys.argv = ["aboveboard", *order["arguments"]]
    from crawler.cli import main as command  # noqa: PLC0415 - imported long ago, if `false_clock` came first

    try:
        command()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _answer(pid=pid, code=os.waitstatus_to_exitcode(status))


def _answer(**words: Any) -> None:
    os.write(ANSWERS, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    main()
