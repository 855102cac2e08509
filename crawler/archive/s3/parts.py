"""A file as the parts of an object: each with its checksum, some at a time, and going on where a killed process stopped.

Where a file is cut follows from its length alone, so that a later process cuts it the same way.  A part that the
server already has is not sent again if its length and its checksum are those of ours: SHA-256 where the server states
one, else MD5, which is a part's ETag unless the server encrypts.  The checksum of the whole, which a server makes out
of those of the parts (S3, «composite checksums»), can then be foretold and compared.
"""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.archive.failpoints import reach
from crawler.archive.s3.client import NO_UPLOAD, RACING, TAKEN, tolerating
from crawler.archive.s3.location import Location
from crawler.archive.s3.removal import abort, uploads_of
from crawler.archive.streams import FileSlice

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, PartTypeDef

PART = 16 << 20  # bytes
PARTS_AT_ONCE = 4  # threads of one upload; none holds more of its part than the SDK's own buffer
_MOST_PARTS = 10_000  # S3 takes no more
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some bytes of a file."""

    path: Path
    number: int  # from 1
    offset: int
    length: int
    sha256: bytes

    @cached_property
    def md5(self) -> str:
        """In hex, as ETags are; read only where a part may be there already."""
        computed = hashlib.md5(usedforsecurity=False)
        with FileSlice(self.path, self.offset, self.length) as stream:
            while chunk := stream.read(_CHUNK):
                computed.update(chunk)
        return computed.hexdigest()

    @property
    def checksum(self) -> str:
        """SHA-256 as S3 writes it."""
        return b64encode(self.sha256).decode()

    def is_there(self, held: PartTypeDef) -> bool:
        """Whether what the server has under this number is this part."""
        if held.get("Size") != self.length:
            return False
        if stated := held.get("ChecksumSHA256"):
            return stated == self.checksum
        return held.get("ETag", "").strip('"') == self.md5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A file that was read once from end to end."""

    path: Path
    length: int
    digest: bytes  # SHA-256
    parts: tuple[Part, ...]

    @property
    def composite(self) -> str:
        """What a server states as the SHA-256 of an object that it got in these parts."""
        whole = hashlib.sha256(b"".join(part.sha256 for part in self.parts)).digest()
        return f"{b64encode(whole).decode()}-{len(self.parts)}"


def measure(path: Path, *, part: int = PART) -> Measured:
    """Read a file: its length, its SHA-256, and those of its parts."""
    size = max(part, -(-path.stat().st_size // _MOST_PARTS))
    parts: list[Part] = []
    whole, offset = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while True:
            sha256, length = hashlib.sha256(), 0
            while length < size and (chunk := stream.read(min(_CHUNK, size - length))):
                whole.update(chunk)
                sha256.update(chunk)
                length += len(chunk)
            if length == 0:
                break
            parts.append(
                Part(path=path, number=len(parts) + 1, offset=offset, length=length, sha256=sha256.digest())
            )
            offset += length
    return Measured(path=path, length=offset, digest=whole.digest(), parts=tuple(parts))


def send_in_parts(client: S3Client, location: Location, name: str, file: Measured, media_type: str) -> None:
    """Bring a large file to the server, or the rest of it; an object that is there already stays as it is."""
    bucket = location.bucket
    begun = sorted(uploads_of(client, bucket, name), key=lambda upload: upload["Initiated"], reverse=True)
    if begun:
        upload = begun[0]["UploadId"]
    else:
        upload = client.create_multipart_upload(
            Bucket=bucket, Key=name, ContentType=media_type, ChecksumAlgorithm="SHA256", **location.treatment
        )["UploadId"]
    with tolerating(TAKEN | RACING | NO_UPLOAD):  # what lies there now is compared by the caller
        there = _there(client, bucket, name, upload) if begun else {}
        complete = list(_sent(client, bucket, name, upload, file, there))
        reach("store.uploading")
        client.complete_multipart_upload(
            Bucket=bucket, Key=name, UploadId=upload, MultipartUpload={"Parts": complete}, IfNoneMatch="*"
        )
    for left in uploads_of(client, bucket, name):
        abort(client, bucket, name, left["UploadId"])


def _sent(  # noqa: PLR0917  # where to, what, and what is there
    client: S3Client, bucket: str, name: str, upload: str, file: Measured, there: Mapping[int, PartTypeDef]
) -> Iterator[CompletedPartTypeDef]:
    """Send what is not there yet; yield every part in order."""

    def send(part: Part) -> CompletedPartTypeDef:
        held = there.get(part.number)
        if held is not None and part.is_there(held):
            etag = held["ETag"]
        else:
            with io.BufferedReader(FileSlice(part.path, part.offset, part.length)) as body:
                etag = client.upload_part(
                    Bucket=bucket,
                    Key=name,
                    UploadId=upload,
                    PartNumber=part.number,
                    Body=body,
                    ContentLength=part.length,
                    ChecksumSHA256=part.checksum,
                )["ETag"]
        return {"PartNumber": part.number, "ETag": etag, "ChecksumSHA256": part.checksum}

    with ThreadPoolExecutor(PARTS_AT_ONCE, thread_name_prefix="part") as pool:
        sending = [pool.submit(send, part) for part in file.parts]
        try:
            for each in sending:
                yield each.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)  # the first that fails spares the others the way
            raise


def _there(client: S3Client, bucket: str, name: str, upload: str) -> dict[int, PartTypeDef]:
    pages = client.get_paginator("list_parts").paginate(Bucket=bucket, Key=name, UploadId=upload)
    return {part["PartNumber"]: part for page in pages for part in page.get("Parts", ())}
