"""Where segments lie for good: one small protocol; `crawler.archive.directory` and `crawler.archive.s3` keep to it.

No store ever overwrites an object, and none answers `put` before it has read back what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from crawler.archive.errors import StoreError

SEGMENT = "application/warc"  # the media type of what stores mostly keep
ABANDONED_AFTER = timedelta(days=1)  # no upload takes that long: whoever began it is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object that the store holds, checked."""

    uri: str  # "file:///…" or "s3://bucket/…"
    length: int  # bytes
    digest: bytes  # SHA-256 of what the store holds


class Store(Protocol):
    """Keeps objects under keys such as "warc/example.org/12/34-0.warc.gz".  Safe to use from many threads.

    Every method raises StoreError, with what to do, when the store cannot be reached or refuses;
    those that read one object raise ObjectMissing when there is none.
    """

    url: str  # as `open_store` takes it

    def check(self) -> None:
        """Find out, before a run, whether the store can be reached and written at all."""

    def put(self, key: str, path: Path, *, media_type: str = SEGMENT) -> Stored:
        """Keep the file's bytes under the key and read back that they are there.

        The same bytes under that key already: fine, nothing is written.

        Args:
            key: where; see `crawler.archive.keys`.
            path: the file; it stays.
            media_type: what the bytes are, for stores that say so when they hand them out.

        Raises:
            ObjectDiffers: other bytes are there; they stay.
        """

    def uri(self, key: str) -> str:
        """Return where an object lies, or would: what rows say."""

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset``; fewer where the object ends before."""

    def open(self, key: str) -> BinaryIO:
        """Return a stream of the whole object; close it."""

    def keys(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Yield (key, bytes) of every object whose key begins with the prefix, sorted."""

    def digest(self, key: str) -> bytes | None:
        """Return the SHA-256 of what the store holds, None when it holds nothing under the key."""

    def delete(self, key: str) -> bool:
        """Remove every version of the object and every unfinished upload under the key, and see that they are gone.

        Returns whether there was anything.  Repeating it is harmless.

        Raises:
            StoreError: something of it stays, and why.
        """

    def abandoned(self) -> Iterator[str]:
        """Yield the keys of uploads that nobody finished for a day: a key comes up once for each, sorted."""

    def clean(self) -> int:
        """Remove what `abandoned` finds; return how many uploads that were."""


def open_store(url: str) -> Store:
    """Return the store that a URL names.

    Args:
        url: "file:///var/lib/aboveboard/store", a plain path, or
            "s3://bucket/prefix?endpoint=http://127.0.0.1:8333&region=eu-central-1&path_style=true".
            Parameters are optional: sse=AES256, sse=aws:kms with kms_key=…, storage_class=…, tags=team=web,kind=archive
            besides these.  What is not said, and all credentials, come from the AWS SDK's own chain of environment
            variables (AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID, …), files and roles.

    Raises:
        StoreError: the URL names none that we know.
    """
    from crawler.archive.directory import DirectoryStore  # noqa: PLC0415 - both stores import this module

    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url):
        return DirectoryStore(Path(url))
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return DirectoryStore(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        from crawler.archive.s3 import S3Store  # noqa: PLC0415 - boto3 takes 0.3 s to import: only who uses S3 pays

        return S3Store.from_url(url)
    raise StoreError(
        f"no store is called {url!r}; write file:///directory, a directory, or s3://bucket/prefix"
    )
