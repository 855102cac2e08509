"""A replay tool that is not ours: pywb, in a virtual environment of its own, on loopback.

It cannot share ours (it wants an older pyOpenSSL and another «brotli»): ``deploy/replay-constraints.txt`` says what its
own holds, and ABOVEBOARD_PYWB where that is.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

_START_SECONDS = 60
COLLECTION = "site"


@pytest.fixture(scope="session")
def pywb() -> Path:
    """The folder of pywb's commands; skip without them, or fail where ABOVEBOARD_REQUIRE_SERVICES=1."""
    named = os.environ.get("ABOVEBOARD_PYWB")
    found = shutil.which("wayback", path=named or os.environ.get("PATH"))
    if found is None:
        message = (
            "no pywb: install it into an environment of its own and let ABOVEBOARD_PYWB name its bin folder"
        )
        if os.environ.get("ABOVEBOARD_REQUIRE_SERVICES") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return Path(found).parent


@contextmanager
def replaying(
    pywb: Path, folder: Path, index: bytes, archive: str, environ: Mapping[str, str]
) -> Iterator[str]:
    """Serve one collection; yield the URL before which a timestamp and the address of a page go.

    Args:
        pywb: its commands.
        folder: an empty one.
        index: sorted CDXJ lines.
        archive: what comes before a line's ``filename``: a folder or "s3://bucket/prefix/".
        environ: what the SDK of the store wants to know.
    """
    folder.mkdir()
    (folder / "index.cdxj").write_bytes(index)
    (folder / "config.yaml").write_text(
        f"framed_replay: false\ncollections:\n  {COLLECTION}:\n    index_paths: {folder / 'index.cdxj'}\n"
        f"    archive_paths: {archive}\n"
    )
    port = _free_port()
    command = [pywb / "python", pywb / "wayback", "--port", str(port), "--bind", "127.0.0.1"]
    with (folder / "pywb.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env={"PATH": os.environ["PATH"], **environ}
        )
    try:
        url = f"http://127.0.0.1:{port}/{COLLECTION}/"
        _wait_until_ready(process, url, folder / "pywb.log")
        yield url
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
                return
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"pywb did not start ({error}):\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
