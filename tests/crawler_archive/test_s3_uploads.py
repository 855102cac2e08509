"""What only S3 has: parts, resumed uploads, encryption, tags, and the many ways a server says no."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pytest
from services.s3 import S3Server
from services.s3_proxy import S3Proxy

from crawler.archive import open_store
from crawler.archive.errors import StoreError, StoreUnavailable
from crawler.archive.s3 import S3Store
from crawler.archive.s3.parts import measure

KEY = "warc/example.org/12/34-0.warc.gz"
MIB = 1 << 20


@pytest.fixture
def proxy(s3_server: S3Server, s3_credentials: None) -> Iterator[S3Proxy]:
    with S3Proxy(s3_server.endpoint) as running:
        yield running


@pytest.fixture
def url(proxy: S3Proxy) -> str:
    """The URL of an empty store behind the proxy."""
    return f"s3://aboveboard-test/{uuid4().hex}?endpoint={proxy.endpoint}&region=us-east-1&path_style=true"


@pytest.fixture
def client(s3_server: S3Server, s3_credentials: None) -> Iterator[Any]:
    """Look at the bucket past our own code."""
    opened = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    yield opened
    opened.close()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of four parts, the last one short."""
    path = tmp_path / "large"
    path.write_bytes(os.urandom(16 * MIB + 5))
    return path


def in_parts(url: str) -> S3Store:
    return S3Store.from_url(url, single_put=MIB, part=5 * MIB)


def test_an_upload_goes_on_where_a_killed_process_stopped(
    url: str, proxy: S3Proxy, large: Path, client: Any
) -> None:
    """Parts that are there with the right sum are not sent again; one with other bytes is."""
    data, store = large.read_bytes(), in_parts(url)
    name = f"{urlsplit(url).path.strip('/')}/{KEY}"
    bucket = "aboveboard-test"
    upload = client.create_multipart_upload(Bucket=bucket, Key=name, ChecksumAlgorithm="SHA256")["UploadId"]
    for number, part in ((1, data[: 5 * MIB]), (2, os.urandom(5 * MIB))):
        client.upload_part(
            Bucket=bucket, Key=name, UploadId=upload, PartNumber=number, Body=part, ChecksumAlgorithm="SHA256"
        )
    assert store.put(KEY, large).digest == hashlib.sha256(data).digest()
    assert proxy.sent("PUT", "partNumber=1") == 0
    assert [proxy.sent("PUT", f"partNumber={number}") for number in (2, 3, 4)] == [1, 1, 1]
    assert proxy.sent("POST", "uploads") == 0
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket, Prefix=name)


def test_parts_go_a_few_at_a_time_and_the_whole_is_not_read_back(
    url: str, proxy: S3Proxy, large: Path
) -> None:
    """The server's own sum over the parts is the one that we foretell."""
    proxy.bytes_a_second = 40 * MIB
    in_parts(url).put(KEY, large)
    assert 1 < proxy.peak <= 4
    assert proxy.sent("GET", KEY) == 0


def test_an_upload_that_fails_half_way_is_resumed_by_the_next_put(
    url: str, proxy: S3Proxy, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was there for some parts, then answered 503; when it is back, only the rest is sent."""
    store = in_parts(url)
    proxy.answer, proxy.spared = (503, "SlowDown"), lambda _, path: "partNumber=4" not in path
    with pytest.raises(StoreUnavailable, match=r"cannot take or give anything now \(SlowDown\)"):
        store.put(KEY, large)
    proxy.answer = None
    proxy.requests.clear()
    assert store.put(KEY, large).length == 16 * MIB + 5
    assert [proxy.sent("PUT", f"partNumber={number}") for number in (1, 2, 3, 4)] == [0, 0, 0, 1]


@pytest.mark.parametrize(("size", "parts"), [(0, 0), (1, 1), (10, 1), (11, 2), (30, 3)])
def test_where_a_file_is_cut_follows_from_its_length(tmp_path: Path, size: int, parts: int) -> None:
    """Another process, or the same one tomorrow, must cut it the same way; digests are those of the bytes."""
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    file = measure(tmp_path / "file", part=10)
    assert (file.length, file.digest, len(file.parts)) == (size, hashlib.sha256(data).digest(), parts)
    for part in file.parts:
        piece = data[part.offset : part.offset + part.length]
        assert part.sha256 == hashlib.sha256(piece).digest()
        assert part.md5 == hashlib.md5(piece).hexdigest()


def test_objects_are_treated_as_the_url_says(url: str, client: Any, large: Path, tmp_path: Path) -> None:
    """Encryption, storage class and tags, of small objects and of those in parts."""
    (tmp_path / "small").write_bytes(b"small")
    treated = f"{url}&sse=AES256&storage_class=STANDARD_IA&tags=team=web,kind=archive%20of%20pages"
    for key, path in ((KEY, large), (f"{KEY}x", tmp_path / "small")):
        in_parts(treated).put(key, path)
        name = f"{urlsplit(url).path.strip('/')}/{key}"
        head = client.head_object(Bucket="aboveboard-test", Key=name)
        assert (head["ServerSideEncryption"], head["ContentType"]) == ("AES256", "application/warc")
        tags = client.get_object_tagging(Bucket="aboveboard-test", Key=name)["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "web", "kind": "archive of pages"}


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        pytest.param("sse=rot13", "sse is one of AES256, aws:kms", id="an encryption that nobody has"),
        pytest.param("kms_key=abc", "a kms_key needs sse=aws:kms", id="a key for nothing"),
        pytest.param("tags=team", "write tags as tags=team=web", id="a tag without a value"),
        pytest.param("path_style=maybe", "path_style is true or false", id="neither yes nor no"),
    ],
)
def test_a_parameter_that_makes_no_sense_says_what_to_write(parameter: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        open_store(f"s3://bucket/x?{parameter}")


def test_the_environment_names_what_the_url_does_not(
    s3_server: S3Server, s3_credentials: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Endpoint and region of the SDK's own variables."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server.endpoint)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    (tmp_path / "file").write_bytes(b"bytes")
    store = open_store(f"s3://aboveboard-test/{uuid4().hex}")
    assert store.put(KEY, tmp_path / "file").digest == store.digest(KEY)


@pytest.mark.parametrize(
    ("status", "code", "error", "words"),
    [
        pytest.param(500, "InternalError", StoreUnavailable, "cannot take or give anything now", id="500"),
        pytest.param(503, "ServiceUnavailable", StoreUnavailable, "cannot take or give anything", id="503"),
        pytest.param(503, "SlowDown", StoreUnavailable, r"\(SlowDown\)", id="too fast"),
        pytest.param(
            403, "AccessDenied", StoreError, "refuses us .AccessDenied, when asked for", id="refused"
        ),
        pytest.param(
            404, "NoSuchBucket", StoreError, "there is no bucket 'aboveboard-test'", id="bucket gone"
        ),
    ],
)
def test_what_the_server_answers_is_told_in_words(  # noqa: PLR0917  # pytest reads its fixtures from them
    url: str, proxy: S3Proxy, tmp_path: Path, status: int, code: str, error: type[StoreError], words: str
) -> None:
    """What may pass is another error than what a person has to mend; each names the store."""
    (tmp_path / "file").write_bytes(b"bytes")
    proxy.answer, proxy.spared = (status, code), lambda method, _: method == "HEAD"
    with pytest.raises(StoreError, match=words) as caught:
        open_store(url).put(KEY, tmp_path / "file")
    assert type(caught.value) is error
    assert "aboveboard-test" in str(caught.value)
    assert proxy.sent("PUT") == (3 if error is StoreUnavailable else 1)
