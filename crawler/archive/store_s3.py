"""Segments in an S3 bucket: the only module that knows boto3.

An object is sent with its SHA-256, so that the server refuses bytes that changed on the way, and with
``If-None-Match: *``, so that it refuses to replace one.  Neither is taken on trust (some servers accept a wrong
sum, some overwrite): before a put we look whether the key is taken, after it we read back length and checksum,
and where the server does not state a checksum of the whole object, the object itself.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from crawler.archive.errors import ObjectDiffers, ObjectMissing, StoreError
from crawler.archive.keys import checked_key
from crawler.archive.store import ABANDONED_AFTER, SEGMENT, Stored
from crawler.archive.streams import BodyStream

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, MultipartUploadTypeDef

_PARAMETERS = {"endpoint", "region", "path_style"}
_SINGLE_PUT = (
    128 << 20
)  # bytes: a segment of the usual size is one request, and then its checksum is the object's own
_PART = 32 << 20  # bytes in memory while a larger object is sent
_CHUNK = 1 << 20
_TAKEN = {"PreconditionFailed", "412"}
_RACING = {"ConditionalRequestConflict", "409"}  # two writers at once: one of them will have won
_MISSING = {"NoSuchKey", "404", "NotFound"}
_DENIED = {"AccessDenied", "403", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}


class S3Store:
    """Objects under one prefix of one bucket."""

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        prefix: str,
        url: str,
        *,
        single_put: int = _SINGLE_PUT,
        abandoned_after: timedelta = ABANDONED_AFTER,
    ) -> None:
        self.url = url
        self._abandoned_after = abandoned_after
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._single_put = single_put

    @classmethod
    def from_url(
        cls, url: str, *, single_put: int = _SINGLE_PUT, abandoned_after: timedelta = ABANDONED_AFTER
    ) -> S3Store:
        """Return the store that "s3://bucket/prefix?endpoint=…&region=…&path_style=true" names.

        Raises:
            StoreError: the URL lacks a bucket or has a parameter that we do not know.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := options.keys() - _PARAMETERS:
            raise StoreError(
                f"{url}: unknown parameter {min(unknown)!r}; there are endpoint, region, path_style"
            )
        if not parts.hostname or parts.username or parts.password:
            raise StoreError(
                f"s3://{parts.hostname or ''}{parts.path}: write s3://bucket/prefix, and give credentials by "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile, not in the URL"
            )
        path_style = options.get("path_style", "").lower() in {"true", "1", "yes"}
        config = Config(
            connect_timeout=10,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 5},
            max_pool_connections=16,
            s3={"addressing_style": "path" if path_style else "auto"},
            user_agent_extra="aboveboard",
        )
        try:
            session = boto3.Session()  # not the module's own: that keeps the first credentials it met
            client = session.client(
                "s3", endpoint_url=options.get("endpoint"), region_name=options.get("region"), config=config
            )
        except (BotoCoreError, ValueError) as error:
            raise StoreError(f"{url}: {error}") from error
        return cls(
            client,
            parts.hostname,
            parts.path.strip("/"),
            url,
            single_put=single_put,
            abandoned_after=abandoned_after,
        )

    def check(self) -> None:
        """See `Store.check`: the bucket exists and lets us in."""
        with self._words():
            self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, MaxKeys=1)

    def put(self, key: str, path: Path, *, media_type: str = SEGMENT) -> Stored:
        """See `Store.put`."""
        with path.open("rb") as stream:
            expected = hashlib.file_digest(stream, "sha256").digest()
        length = path.stat().st_size
        with self._words():
            if self._length(key) is None:
                self._send(key, path, length, expected, media_type)
        held = self._length(key)
        if held is None:
            raise StoreError(
                f"{self.uri(key)} was not kept; what is not stored yet waits in the spool: try again"
            )
        if held != length or self.digest(key) != expected:
            raise ObjectDiffers(
                f"{self.uri(key)} holds other bytes than {path}; move one of them away, and see why"
            )
        return Stored(uri=self.uri(key), length=length, digest=expected)

    def uri(self, key: str) -> str:
        """See `Store.uri`."""
        return f"s3://{self._bucket}/{self._name(key)}"

    def read(self, key: str, offset: int, length: int) -> bytes:
        """See `Store.read`."""
        if length == 0:
            return b""
        with self._words(key):
            try:
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=self._name(key), Range=f"bytes={offset}-{offset + length - 1}"
                )
            except ClientError as error:
                if _code(error) in {"InvalidRange", "416"}:  # it begins behind the object's end
                    return b""
                raise
            return answer["Body"].read()

    def open(self, key: str) -> BinaryIO:
        """See `Store.open`."""
        with self._words(key):
            body = self._client.get_object(Bucket=self._bucket, Key=self._name(key))["Body"]
        return io.BufferedReader(BodyStream(body, self._words), _CHUNK)

    def keys(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """See `Store.keys`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._name(prefix)
        )
        with self._words():
            for page in pages:
                for item in page.get("Contents", ()):
                    yield self._key(item["Key"]), item["Size"]

    def digest(self, key: str) -> bytes | None:
        """See `Store.digest`: as the server states it for the whole object, else computed from its bytes."""
        with self._words():
            head = self._head(key)
        if head is None:
            return None
        stated = head.get("ChecksumSHA256", "")
        if stated and "-" not in stated and head.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT":
            return base64.b64decode(stated)
        computed = hashlib.sha256()
        with self.open(key) as stream:
            while chunk := stream.read(_CHUNK):
                computed.update(chunk)
        return computed.digest()

    def delete(self, key: str) -> bool:
        """See `Store.delete`: versions and delete markers as well, where the bucket keeps them."""
        name = self._name(key)
        with self._words():
            found = False
            for upload in self._uploads(name):
                if upload["Key"] == name:
                    found = True
                    self._abort(name, upload["UploadId"])
            for version in self._versions(name):
                found = True
                self._client.delete_object(Bucket=self._bucket, Key=name, VersionId=version)
            if self._head(key) is not None or any(self._versions(name)):
                raise StoreError(
                    f"{self.uri(key)} was deleted and is still there: see whether the bucket locks objects"
                )
        return found

    def abandoned(self) -> Iterator[str]:
        """See `Store.abandoned`."""
        for name, _ in sorted(self._abandoned()):
            yield self._key(name)

    def clean(self) -> int:
        """See `Store.clean`."""
        found = self._abandoned()
        with self._words():
            for name, upload in found:
                self._abort(name, upload)
        return len(found)

    def _abandoned(self) -> list[tuple[str, str]]:
        """Return name and id of each old upload; old by the server's clock, which began it as well."""
        with self._words():
            pages = self._client.list_multipart_uploads
            now = parsedate_to_datetime(
                pages(Bucket=self._bucket, Prefix=self._name(""), MaxUploads=1)["ResponseMetadata"][
                    "HTTPHeaders"
                ]["date"]
            )
            return [
                (upload["Key"], upload["UploadId"])
                for upload in self._uploads(self._name(""))
                if now - upload["Initiated"] > self._abandoned_after
            ]

    def _uploads(self, prefix: str) -> Iterator[MultipartUploadTypeDef]:
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            yield from page.get("Uploads", ())

    def _versions(self, name: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket, Prefix=name):
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if version["Key"] == name:
                    yield version["VersionId"]

    def _abort(self, name: str, upload: str) -> None:
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=name, UploadId=upload)
        except ClientError as error:
            if _code(error) != "NoSuchUpload":  # finished or aborted by somebody else
                raise

    def _send(self, key: str, path: Path, length: int, digest: bytes, media_type: str) -> None:
        try:
            if length > self._single_put:
                self._send_in_parts(key, path, media_type)
                return
            with path.open("rb") as stream:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._name(key),
                    Body=stream,
                    ContentLength=length,
                    ContentType=media_type,
                    ChecksumSHA256=base64.b64encode(digest).decode(),
                    IfNoneMatch="*",
                )
        except ClientError as error:
            if _code(error) not in _TAKEN | _RACING:  # taken: what lies there is compared by the caller
                raise

    def _send_in_parts(self, key: str, path: Path, media_type: str) -> None:
        bucket, name = self._bucket, self._name(key)
        upload = self._client.create_multipart_upload(
            Bucket=bucket, Key=name, ContentType=media_type, ChecksumAlgorithm="SHA256"
        )["UploadId"]
        try:
            self._client.complete_multipart_upload(
                Bucket=bucket,
                Key=name,
                UploadId=upload,
                MultipartUpload={"Parts": list(self._parts(name, upload, path))},
                IfNoneMatch="*",
            )
        except BaseException:
            with suppress(BotoCoreError, ClientError):  # the first error tells what is wrong
                self._client.abort_multipart_upload(Bucket=bucket, Key=name, UploadId=upload)
            raise

    def _parts(self, name: str, upload: str, path: Path) -> Iterator[CompletedPartTypeDef]:
        with path.open("rb") as stream:
            for number, part in enumerate(iter(lambda: stream.read(_PART), b""), start=1):
                checksum = base64.b64encode(hashlib.sha256(part).digest()).decode()
                answer = self._client.upload_part(
                    Bucket=self._bucket,
                    Key=name,
                    UploadId=upload,
                    PartNumber=number,
                    Body=part,
                    ChecksumSHA256=checksum,
                )
                yield {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._name(key), ChecksumMode="ENABLED")
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise
        return dict(head)

    def _length(self, key: str) -> int | None:
        with self._words():
            head = self._head(key)
        return None if head is None else int(head["ContentLength"])

    def _name(self, key: str) -> str:
        name = checked_key(key) if key and not key.endswith("/") else key
        return f"{self._prefix}/{name}" if self._prefix else name

    def _key(self, name: str) -> str:
        return name.removeprefix(f"{self._prefix}/" if self._prefix else "")

    @contextmanager
    def _words(self, key: str | None = None) -> Iterator[None]:
        """Turn what the SDK raises into what an operator can act on."""
        where = f"the store {self.url}"
        try:
            yield
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise StoreError(
                f"{where}: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile"
            ) from error
        except BotoCoreError as error:
            raise StoreError(
                f"{where} does not answer: {error}; check that it runs and that the endpoint is right"
            ) from error
        except ClientError as error:
            code = _code(error)
            if code == "NoSuchBucket":
                raise StoreError(
                    f"{where}: there is no bucket {self._bucket!r}; create it, or name another with --store"
                ) from error
            if code in _DENIED:
                raise StoreError(
                    f"{where} refuses us ({code}); check the access key, its secret, and that it may read, write and "
                    f"list the bucket {self._bucket!r}"
                ) from error
            if code in _MISSING and key is not None:
                raise ObjectMissing(f"{self.uri(key)} does not exist") from error
            raise StoreError(
                f"{where} answers: {error}; what is not stored yet waits in the spool"
            ) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
