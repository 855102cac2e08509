"""One contract, two stores: a directory and a real S3 server."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import boto3
import pytest
from services.s3 import S3Server

from crawler.archive import Store, open_store
from crawler.archive.directory import DirectoryStore
from crawler.archive.errors import ObjectDiffers, ObjectMissing, StoreError
from crawler.archive.recovery import recover
from crawler.archive.s3 import S3Store
from provenance.database import Database

KEY = "warc/example.org/12/34-0.warc.gz"


@pytest.fixture
def segment_file(tmp_path: Path) -> Path:
    path = tmp_path / "segment"
    path.write_bytes(os.urandom(10_000))
    return path


def test_what_was_put_is_there(store: Store, segment_file: Path) -> None:
    """URI, length and digest are those of what the store holds; ranges and streams give its bytes."""
    data = segment_file.read_bytes()
    store.check()
    stored = store.put(KEY, segment_file)
    assert (stored.length, stored.digest) == (len(data), hashlib.sha256(data).digest())
    assert stored.uri.partition("://")[0] == store.url.partition("://")[0]
    assert stored.uri.endswith(KEY)
    assert store.read(KEY, 10, 20) == data[10:30]
    assert store.read(KEY, 9_990, 20) == data[9_990:]
    assert store.read(KEY, 20_000, 20) == b""
    assert store.read(KEY, 0, 0) == b""
    with store.open(KEY) as stream:
        assert stream.read(7) + stream.read() == data
    assert store.digest(KEY) == stored.digest


def test_putting_the_same_bytes_again_changes_nothing(store: Store, segment_file: Path) -> None:
    """A killed upload is repeated by the next start."""
    assert store.put(KEY, segment_file) == store.put(KEY, segment_file)


def test_other_bytes_are_never_put_over_an_object(store: Store, segment_file: Path, tmp_path: Path) -> None:
    """What is archived stays as it is; a caller that disagrees is told."""
    first = store.put(KEY, segment_file)
    for other in (b"other", os.urandom(10_000)):
        (tmp_path / "other").write_bytes(other)
        with pytest.raises(ObjectDiffers, match="holds other bytes"):
            store.put(KEY, tmp_path / "other")
    assert store.digest(KEY) == first.digest


def test_of_many_writers_one_wins_and_the_others_are_told(store: Store, tmp_path: Path) -> None:
    """Two processes that believe they own a segment cannot mix their bytes."""
    results: list[bytes | None] = []

    def put(number: int) -> None:
        path = tmp_path / f"writer-{number}"
        path.write_bytes(bytes([number]) * 5000)
        try:
            results.append(store.put(KEY, path).digest)
        except ObjectDiffers:
            results.append(None)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [digest for digest in results if digest is not None]
    assert winners == [store.digest(KEY)]
    assert len(results) == 4


def test_keys_are_listed_under_a_prefix_in_order(store: Store, segment_file: Path) -> None:
    """Only whole objects are listed; a prefix may end within a name."""
    keys = [f"warc/{site}/1/{n}-0.warc.gz" for site in ("b.org", "a.org") for n in (2, 1)]
    for key in keys:
        store.put(key, segment_file)
    assert list(store.keys()) == [(key, 10_000) for key in sorted(keys)]
    assert [key for key, _ in store.keys("warc/a.org/")] == [
        "warc/a.org/1/1-0.warc.gz",
        "warc/a.org/1/2-0.warc.gz",
    ]
    assert [key for key, _ in store.keys("warc/a.org/1/1")] == ["warc/a.org/1/1-0.warc.gz"]
    assert list(store.keys("warc/nowhere.org/")) == []


def test_what_is_not_there_is_named(store: Store) -> None:
    """No digest; reading says which object is missing."""
    assert store.digest(KEY) is None
    with pytest.raises(ObjectMissing, match=r"34-0\.warc\.gz does not exist"):
        store.read(KEY, 0, 10)
    with pytest.raises(ObjectMissing, match=r"34-0\.warc\.gz does not exist"):
        store.open(KEY)


def test_an_empty_store_lists_nothing(store: Store) -> None:
    assert list(store.keys("warc/")) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param(
            "ftp://example.org/", "write file:///directory, a directory, or s3://", id="another scheme"
        ),
        pytest.param("file://elsewhere/store", "write file:///directory", id="a file on another machine"),
        pytest.param("s3:///prefix", "write s3://bucket/prefix", id="no bucket"),
        pytest.param(
            "s3://bucket/?endpont=http://127.0.0.1", "unknown parameter 'endpont'", id="a misspelt parameter"
        ),
        pytest.param("s3://key:hush@bucket/x", "AWS_ACCESS_KEY_ID", id="credentials in the URL"),
        pytest.param("s3://bucket/x?endpoint=nowhere", "endpoint", id="an endpoint that is no URL"),
    ],
)
def test_a_url_that_names_no_store_says_what_to_write(url: str, words: str) -> None:
    """The message shows the right form and never a password."""
    with pytest.raises(StoreError, match=words) as caught:
        open_store(url)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("s3://bucket/x?access_key=name&secret_key=hunter2", id="as parameters"),
        pytest.param("s3://name:hunter2@bucket/x", id="before the bucket"),
        pytest.param("s3://bucket/x?endpoint=http://name:hunter2@127.0.0.1:1", id="in the endpoint"),
    ],
)
def test_a_secret_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    """Messages end in logs."""
    with pytest.raises(StoreError) as refused:
        open_store(url)
    assert "hunter2" not in str(refused.value)


def test_a_new_directory_is_there_after_a_power_cut(
    tmp_path: Path, segment_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name lasts once the directory that holds it was synced: the store's own as well."""
    synced: set[Path] = set()
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.add(Path(f"/proc/self/fd/{handle}").readlink())
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    root = tmp_path / "new" / "store"
    DirectoryStore(root).put(KEY, segment_file)
    assert {tmp_path, tmp_path / "new", root, (root / KEY).parent} <= synced


def test_a_plain_path_is_a_directory(tmp_path: Path) -> None:
    assert open_store(str(tmp_path / "with space")).url == open_store((tmp_path / "with space").as_uri()).url


def test_a_directory_that_cannot_be_written_says_what_to_do(tmp_path: Path, segment_file: Path) -> None:
    """A file lies where the directory should be: refused before a run, and at each put."""
    (tmp_path / "store").write_text("")
    store = open_store(str(tmp_path / "store"))
    for attempt in (store.check, lambda: store.put(KEY, segment_file)):
        with pytest.raises(StoreError, match="make it writable, make room, or name another"):
            attempt()


def test_an_upload_that_was_killed_leaves_no_trace_after_the_next(tmp_path: Path, segment_file: Path) -> None:
    """A part file is no object, and goes when the object is there."""
    store = open_store(str(tmp_path / "store"))
    target = tmp_path / "store" / KEY
    target.parent.mkdir(parents=True)
    (target.parent / f".{target.name}.999999.part").write_bytes(b"half")
    assert list(store.keys()) == []
    store.put(KEY, segment_file)
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_wrong_credentials_are_told(
    s3_store_url: str, segment_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal names what to check."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    store = open_store(s3_store_url)
    for attempt in (store.check, lambda: store.put(KEY, segment_file), lambda: store.read(KEY, 0, 1)):
        with pytest.raises(StoreError, match=r"refuses us .* check the access key"):
            attempt()


def test_no_credentials_are_told(s3_store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StoreError, match="no credentials; set AWS_ACCESS_KEY_ID"):
        open_store(s3_store_url).check()


def test_a_missing_bucket_is_told(s3_store_url: str) -> None:
    """An operator learns which bucket, and is not left with a 404."""
    url = s3_store_url.replace("s3://aboveboard-test/", "s3://no-such-bucket/")
    with pytest.raises(StoreError, match="there is no bucket 'no-such-bucket'; create it"):
        open_store(url).check()


def test_a_dead_endpoint_is_told(
    s3_credentials: None, segment_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens: the message names the endpoint and what to look at."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{bound.getsockname()[1]}"
        store = open_store(f"s3://bucket/x?endpoint={endpoint}&region=us-east-1&path_style=true")
        with pytest.raises(StoreError, match=r"does not answer.*check that it runs"):
            store.put(KEY, segment_file)


def test_a_large_object_goes_in_parts(s3_store_url: str, tmp_path: Path) -> None:
    """Above the threshold: every part with its checksum, the whole read back, and still never over another."""
    store = S3Store.from_url(s3_store_url, single_put=1 << 20)
    data = os.urandom(34 << 20)  # two parts
    (tmp_path / "large").write_bytes(data)
    stored = store.put(KEY, tmp_path / "large")
    assert stored.digest == hashlib.sha256(data).digest()
    assert store.read(KEY, (32 << 20) - 5, 10) == data[(32 << 20) - 5 :][:10]
    assert store.put(KEY, tmp_path / "large") == stored
    (tmp_path / "large").write_bytes(data[:-1] + b"!")
    with pytest.raises(ObjectDiffers):
        store.put(KEY, tmp_path / "large")


def test_what_is_deleted_is_gone(store: Store, segment_file: Path) -> None:
    """Only this object; asked again, there is nothing left to do, and the key is free."""
    other = KEY.replace(".warc.gz", ".r1.warc.gz")
    for key in (KEY, other, KEY.replace(".warc.gz", ".cdxj")):
        store.put(key, segment_file, media_type="text/plain")
    assert store.delete(KEY)
    assert store.digest(KEY) is None
    assert not store.delete(KEY)
    assert not store.delete("warc/nowhere.org/1/2-0.warc.gz")
    assert list(dict(store.keys())) == sorted([other, KEY.replace(".warc.gz", ".cdxj")])
    assert store.put(KEY, segment_file).digest == store.digest(KEY)


def test_every_version_of_an_object_is_deleted(
    s3_server: S3Server, s3_credentials: None, segment_file: Path
) -> None:
    """A bucket with versioning keeps what it deletes: old versions, delete markers and unfinished uploads go too."""
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    bucket = f"versioned-{uuid4().hex}"
    client.create_bucket(Bucket=bucket)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = open_store(s3_server.store_url("x", bucket=bucket))
    for content in (b"first", b"second"):
        client.put_object(Bucket=bucket, Key=f"x/{KEY}", Body=content)
    client.delete_object(Bucket=bucket, Key=f"x/{KEY}")
    client.create_multipart_upload(Bucket=bucket, Key=f"x/{KEY}")
    store.put(f"{KEY}x", segment_file)
    assert store.delete(KEY)
    left = client.list_object_versions(Bucket=bucket)
    assert [version["Key"] for version in left["Versions"]] == [f"x/{KEY}x"]
    assert "DeleteMarkers" not in left
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)
    assert not store.delete(KEY)
    client.close()


def test_uploads_that_nobody_finished_are_cleaned_up(
    store: Store, segment_file: Path, begin_upload: Callable[[str], None]
) -> None:
    """Only old ones; whole objects stay."""
    store.put(KEY, segment_file)
    begin_upload("warc/b.org/1/2-0.warc.gz")
    begin_upload("warc/a.org/1/2-0.warc.gz")
    assert list(store.abandoned()) == []
    assert store.clean() == 0
    old = reopened(store, abandoned_after=timedelta(seconds=-10))
    assert list(old.abandoned()) == ["warc/a.org/1/2-0.warc.gz", "warc/b.org/1/2-0.warc.gz"]
    assert old.clean() == 2
    assert list(old.abandoned()) == []
    assert list(dict(store.keys())) == [KEY]


def test_each_start_cleans_up_what_nobody_finished(
    store: Store, begin_upload: Callable[[str], None], sqlite: Database, spool_dir: Path
) -> None:
    """Recovery, which every crawl begins with, frees what abandoned uploads take up."""
    begin_upload(KEY)
    assert recover(sqlite, store, spool_dir).cleaned == 0
    assert recover(sqlite, reopened(store, abandoned_after=timedelta(seconds=-10)), spool_dir).cleaned == 1
    assert recover(sqlite, store, spool_dir).cleaned == 0


@pytest.fixture
def begin_upload(store: Store, tmp_path: Path) -> Callable[[str], None]:
    """Leave behind what a process leaves that is killed within an upload."""

    def begin(key: str) -> None:
        if isinstance(store, S3Store):
            parts = urlsplit(store.url)
            endpoint = parse_qs(parts.query)["endpoint"][0]
            client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
            client.create_multipart_upload(Bucket=str(parts.hostname), Key=f"{parts.path.strip('/')}/{key}")
            client.close()
        else:
            target = tmp_path / "store" / key
            target.parent.mkdir(parents=True)
            (target.parent / f".{target.name}.999999.part").write_bytes(b"half")

    return begin


def reopened(store: Store, *, abandoned_after: timedelta) -> Store:
    if isinstance(store, S3Store):
        return S3Store.from_url(store.url, abandoned_after=abandoned_after)
    return DirectoryStore(Path(urlsplit(store.url).path), abandoned_after=abandoned_after)
