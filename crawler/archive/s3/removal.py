"""Taking objects away for good: old versions, delete markers and unfinished uploads as well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from crawler.archive.s3.client import MISSING, NO_UPLOAD, UNKNOWN_REQUEST, tolerating

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import MultipartUploadTypeDef


def remove(client: S3Client, bucket: str, name: str) -> bool:
    """Remove every version of the object and every unfinished upload under its name; return whether there was one."""
    found = False
    for upload in uploads_of(client, bucket, name):
        abort(client, bucket, name, upload["UploadId"])
        found = True
    for version in versions_of(client, bucket, name):
        client.delete_object(Bucket=bucket, Key=name, VersionId=version)
        found = True
    with tolerating(MISSING):  # a server that lists no versions: there is one object or none
        client.head_object(Bucket=bucket, Key=name)
        client.delete_object(Bucket=bucket, Key=name)
        return True
    return found


def is_left(client: S3Client, bucket: str, name: str) -> bool:
    """Whether anything of it, in any version, is still there."""
    if next(versions_of(client, bucket, name), None) is not None:
        return True
    with tolerating(MISSING):
        client.head_object(Bucket=bucket, Key=name)
        return True
    return False


def versions_of(client: S3Client, bucket: str, name: str) -> Iterator[str]:
    """Yield the id of each version and delete marker; none where the server does not know versions."""
    with tolerating(UNKNOWN_REQUEST):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=name):
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if version["Key"] == name:
                    yield version["VersionId"]


def uploads_of(client: S3Client, bucket: str, name: str) -> list[MultipartUploadTypeDef]:
    """Return the unfinished uploads of one object."""
    return [upload for upload in uploads_under(client, bucket, name) if upload["Key"] == name]


def uploads_under(client: S3Client, bucket: str, prefix: str) -> Iterator[MultipartUploadTypeDef]:
    """Yield the unfinished uploads of all objects whose names begin so."""
    with tolerating(UNKNOWN_REQUEST):
        for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
            yield from page.get("Uploads", ())


def abandoned_under(
    client: S3Client, bucket: str, prefix: str, older_than: timedelta
) -> list[tuple[str, str]]:
    """Return name and id of each old upload, sorted; old by the server's clock, by which it began as well."""
    answer = client.head_bucket(Bucket=bucket)
    now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    return sorted(
        (upload["Key"], upload["UploadId"])
        for upload in uploads_under(client, bucket, prefix)
        if now - upload["Initiated"] > older_than
    )


def abort(client: S3Client, bucket: str, name: str, upload: str) -> None:
    """End an upload and free its parts; one that somebody else ended is fine."""
    with tolerating(NO_UPLOAD):
        client.abort_multipart_upload(Bucket=bucket, Key=name, UploadId=upload)
