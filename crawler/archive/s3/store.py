"""The S3 store.

An object is sent with its SHA-256, so that the server refuses bytes that changed on the way, and with
``If-None-Match: *``, so that it refuses to replace one.  Neither is taken on trust (some servers accept a wrong
sum, some overwrite): before a put we look whether the key is taken, after it we read back length and checksum,
and where the server does not state a checksum that we can foretell, the object itself.

Above a threshold objects go in parts; a process that is killed leaves them, and the next put of the same key goes on
from there.  Parts that nobody goes on with are removed by `clean` after a day.
"""

from __future__ import annotations

import hashlib
import io
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from crawler.archive.errors import ObjectDiffers, StoreError, StoreUnavailable
from crawler.archive.failpoints import reach
from crawler.archive.keys import checked_key
from crawler.archive.s3 import removal
from crawler.archive.s3.client import MISSING, RACING, TAKEN, connect, tolerating, words
from crawler.archive.s3.location import Location
from crawler.archive.s3.parts import PART, Measured, measure, send_in_parts
from crawler.archive.store import ABANDONED_AFTER, SEGMENT, Stored
from crawler.archive.streams import BodyStream

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SINGLE_PUT = 32 << 20  # bytes; larger objects go in parts
_CHUNK = 1 << 20


class S3Store:
    """Objects under one prefix of one bucket."""

    def __init__(
        self,
        client: S3Client,
        location: Location,
        *,
        single_put: int = SINGLE_PUT,
        part: int = PART,
        abandoned_after: timedelta = ABANDONED_AFTER,
    ) -> None:
        self.url = location.url
        self._client, self._location, self._bucket = client, location, location.bucket
        self._single_put, self._part, self._abandoned_after = single_put, part, abandoned_after

    @classmethod
    def from_url(cls, url: str, **limits: Any) -> S3Store:
        """Return the store that "s3://bucket/prefix?endpoint=…" names (`Location.from_url`).

        Args:
            url: the whole of it.
            limits: as the constructor takes them.

        Raises:
            StoreError: the URL cannot be used.
        """
        location = Location.from_url(url)
        return cls(connect(location), location, **limits)

    def check(self) -> None:
        """See `Store.check`: the bucket exists and lets us in."""
        with self._words():
            self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._location.prefix, MaxKeys=1)

    def put(self, key: str, path: Path, *, media_type: str = SEGMENT) -> Stored:
        """See `Store.put`."""
        file = measure(path, part=self._part)
        with self._words():
            if self._head(key) is None:
                self._send(key, file, media_type)
            reach("store.uploaded")
            head = self._head(key)
        if head is None:
            raise StoreUnavailable(
                f"{self.uri(key)} was not kept; what is not stored yet waits in the spool: try again"
            )
        if head["ContentLength"] != file.length or not self._holds(key, head, file):
            raise ObjectDiffers(
                f"{self.uri(key)} holds other bytes than {path}; move one of them away, and see why"
            )
        return Stored(uri=self.uri(key), length=file.length, digest=file.digest)

    def uri(self, key: str) -> str:
        """See `Store.uri`."""
        return self._location.uri(checked_key(key))

    def read(self, key: str, offset: int, length: int) -> bytes:
        """See `Store.read`."""
        if length == 0:
            return b""
        with self._words(key), tolerating({"InvalidRange", "416"}):  # it begins behind the object's end
            answer = self._client.get_object(
                Bucket=self._bucket, Key=self._name(key), Range=f"bytes={offset}-{offset + length - 1}"
            )
            return answer["Body"].read()
        return b""

    def open(self, key: str) -> BinaryIO:
        """See `Store.open`."""
        with self._words(key):
            body = self._client.get_object(Bucket=self._bucket, Key=self._name(key))["Body"]
        return io.BufferedReader(BodyStream(body, self._words), _CHUNK)

    def keys(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """See `Store.keys`."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._words():
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._location.name(prefix)):
                for item in page.get("Contents", ()):
                    yield self._location.key(item["Key"]), item["Size"]

    def digest(self, key: str) -> bytes | None:
        """See `Store.digest`: as the server states it for the whole object, else computed from its bytes."""
        with self._words():
            head = self._head(key)
        return None if head is None else _stated(head) or self._computed(key)

    def delete(self, key: str) -> bool:
        """See `Store.delete`: versions and delete markers as well, where the bucket keeps them."""
        name = self._name(key)
        with self._words():
            found = removal.remove(self._client, self._bucket, name)
            left = removal.is_left(self._client, self._bucket, name)
        if left:
            raise StoreError(
                f"{self.uri(key)} was deleted and is still there: see whether the bucket locks its objects, "
                "or whether somebody writes to it"
            )
        return found

    def abandoned(self) -> Iterator[str]:
        """See `Store.abandoned`."""
        for name, _ in self._abandoned():
            yield self._location.key(name)

    def clean(self) -> int:
        """See `Store.clean`."""
        found = self._abandoned()
        with self._words():
            for name, upload in found:
                removal.abort(self._client, self._bucket, name, upload)
        return len(found)

    def _abandoned(self) -> list[tuple[str, str]]:
        prefix = self._location.name("")
        with self._words():
            return removal.abandoned_under(self._client, self._bucket, prefix, self._abandoned_after)

    def _send(self, key: str, file: Measured, media_type: str) -> None:
        if file.length > self._single_put:
            send_in_parts(self._client, self._location, self._name(key), file, media_type)
            return
        reach("store.uploading")
        with file.path.open("rb") as stream, tolerating(TAKEN | RACING):  # what lies there is compared
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._name(key),
                Body=stream,
                ContentLength=file.length,
                ContentType=media_type,
                ChecksumSHA256=b64encode(file.digest).decode(),
                IfNoneMatch="*",
                **self._location.treatment,
            )

    def _holds(self, key: str, head: dict[str, Any], file: Measured) -> bool:
        if head.get("ChecksumSHA256") == file.composite:
            return True
        return (_stated(head) or self._computed(key)) == file.digest

    def _computed(self, key: str) -> bytes:
        computed = hashlib.sha256()
        with self.open(key) as stream:
            while chunk := stream.read(_CHUNK):
                computed.update(chunk)
        return computed.digest()

    def _head(self, key: str) -> dict[str, Any] | None:
        with tolerating(MISSING):
            return dict(
                self._client.head_object(Bucket=self._bucket, Key=self._name(key), ChecksumMode="ENABLED")
            )
        return None

    def _name(self, key: str) -> str:
        return self._location.name(checked_key(key))

    def _words(self, key: str | None = None) -> AbstractContextManager[None]:
        return words(self._location, key)


def _stated(head: dict[str, Any]) -> bytes | None:
    """Return the SHA-256 of the whole object, where the server states that and not one of its parts' sums."""
    stated = head.get("ChecksumSHA256", "")
    if stated and "-" not in stated and head.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT":
        return b64decode(stated)
    return None
