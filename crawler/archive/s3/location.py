"""What "s3://bucket/prefix?…" says: where objects lie, how the server is reached, and what it does with each object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.archive.errors import StoreError

PARAMETERS = ("endpoint", "region", "path_style", "sse", "kms_key", "storage_class", "tags")
_ENCRYPTIONS = ("AES256", "aws:kms", "aws:kms:dsse")
_YES, _NO = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no", ""})
_MOST_TAGS = 10  # S3 takes no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A prefix of a bucket.  What is None is left to the SDK: its environment variables, files and defaults."""

    url: str
    bucket: str
    prefix: str  # without slashes at its ends; "": the whole bucket
    endpoint: str | None = None
    region: str | None = None
    path_style: bool | None = None  # bucket in the path, not in the host's name
    sse: str | None = None  # encryption by the server; None: as the bucket says
    kms_key: str | None = None
    storage_class: str | None = None
    tags: Mapping[str, str] | None = None

    @classmethod
    def from_url(cls, url: str) -> Location:
        """Read "s3://bucket/prefix?endpoint=https://…&region=…&path_style=true&sse=aws:kms&kms_key=…&tags=a=b,c=d".

        Raises:
            StoreError: no bucket, credentials in it, or a parameter or value that we do not know.
        """
        parts = urlsplit(url)
        if not parts.hostname or parts.username or parts.password:
            raise StoreError(
                f"s3://{parts.hostname or ''}{parts.path}: write s3://bucket/prefix, and give credentials by "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile, not in the URL"
            )
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := options.keys() - set(PARAMETERS):
            where = f"s3://{parts.hostname}{parts.path}"  # nothing of the rest: it may be a secret
            raise StoreError(
                f"{where}: unknown parameter {min(unknown)!r}; there are {', '.join(PARAMETERS)}"
            )
        if "@" in options.get("endpoint", "").partition("://")[2].partition("/")[0]:
            raise StoreError(
                f"s3://{parts.hostname}{parts.path}: write the endpoint without credentials, and give them by "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile"
            )
        return cls(
            url=url,
            bucket=parts.hostname,
            prefix=parts.path.strip("/"),
            endpoint=options.get("endpoint"),
            region=options.get("region"),
            path_style=_switch(url, "path_style", options.get("path_style")),
            sse=_encryption(url, options.get("sse"), options.get("kms_key")),
            kms_key=options.get("kms_key"),
            storage_class=options.get("storage_class"),
            tags=_tags(url, options.get("tags")),
        )

    @property
    def treatment(self) -> dict[str, Any]:
        """What the server is told about each new object, in the SDK's words."""
        told = {
            "ServerSideEncryption": self.sse,
            "SSEKMSKeyId": self.kms_key,
            "StorageClass": self.storage_class,
            "Tagging": urlencode(self.tags) if self.tags else None,
        }
        return {name: value for name, value in told.items() if value is not None}

    def name(self, key: str) -> str:
        """Return what the server calls the object with this key, or the objects whose keys begin so."""
        return f"{self.prefix}/{key}" if self.prefix else key

    def key(self, name: str) -> str:
        """Return the key of what the server calls so."""
        return name.removeprefix(f"{self.prefix}/" if self.prefix else "")

    def uri(self, key: str) -> str:
        """Return what rows say of the object's place."""
        return f"s3://{self.bucket}/{self.name(key)}"


def _switch(url: str, name: str, value: str | None) -> bool | None:
    if value is None:
        return None
    if value.lower() not in _YES | _NO:
        raise StoreError(f"{url}: {name} is true or false, not {value!r}")
    return value.lower() in _YES


def _encryption(url: str, sse: str | None, kms_key: str | None) -> str | None:
    if sse is not None and sse not in _ENCRYPTIONS:
        raise StoreError(f"{url}: sse is one of {', '.join(_ENCRYPTIONS)}, not {sse!r}")
    if kms_key is not None and not (sse or "").startswith("aws:kms"):
        raise StoreError(f"{url}: a kms_key needs sse=aws:kms beside it")
    return sse


def _tags(url: str, value: str | None) -> Mapping[str, str] | None:
    """Read "team=web,kind=archive"."""
    if value is None:
        return None
    pairs = [part.partition("=") for part in value.split(",")]
    if len(pairs) > _MOST_TAGS or not all(name and equals for name, equals, _ in pairs):
        raise StoreError(f"{url}: write tags as tags=team=web,kind=archive, at most {_MOST_TAGS} of them")
    return {name: text for name, _, text in pairs}
