"""The only door to the AWS SDK: a client for a location, and its errors in words that an operator can act on.

The SDK tries each request three times, with pauses that grow and vary; what fails after that and may pass is
StoreUnavailable, and who has time tries again later (`crawler.archive.uploading`).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  # the SDK's own: no route, no answer in time
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)

from crawler.archive.errors import ObjectMissing, StoreError, StoreUnavailable
from crawler.archive.s3.location import Location

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
TAKEN = frozenset({"PreconditionFailed", "412"})
RACING = frozenset({"ConditionalRequestConflict", "409"})  # two writers at once: one of them will have won
NO_UPLOAD = frozenset({"NoSuchUpload"})
UNKNOWN_REQUEST = frozenset({"NotImplemented", "MethodNotAllowed", "501", "405"})
_DENIED = frozenset(
    {
        "AccessDenied",
        "403",
        "Forbidden",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "AllAccessDisabled",
    }
)
_BUSY = frozenset({"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException"})
_NOT_NOW = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_ADDRESSING: Mapping[bool | None, Any] = {  # None: as the SDK's own files say
    None: None,
    True: {"addressing_style": "path"},
    False: {"addressing_style": "auto"},
}
_PASSING = (ConnectionError, HTTPClientError, IncompleteReadError, CredentialRetrievalError)
_ATTEMPTS = 3
_CONNECT_SECONDS, _READ_SECONDS = 10, 60  # without a byte
_CONNECTIONS = 16


def connect(location: Location) -> S3Client:
    """Return a client; nothing is asked of the server yet.

    Credentials come from the SDK's own chain: environment, files and profiles, the machine's role.

    Raises:
        StoreError: what the location says, or the SDK's own files, cannot be used.
    """
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=_CONNECTIONS,
        s3=_ADDRESSING[location.path_style],
        user_agent_extra="aboveboard",
    )
    try:
        session = boto3.Session()  # not the module's own: that keeps the first credentials it met
        region = location.region or session.region_name or os.environ.get("AWS_REGION")
        return session.client("s3", endpoint_url=location.endpoint, region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        raise StoreError(f"{location.url}: {error}") from error


@contextmanager
def words(location: Location, key: str | None = None) -> Iterator[None]:
    """Turn what the SDK raises into what an operator can act on; with a key, its absence into ObjectMissing."""
    where = f"the store {location.url}"
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StoreError(
            f"{where}: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile"
        ) from error
    except BotoCoreError as error:
        passing = isinstance(error, _PASSING) and not isinstance(error, SSLError)
        raise (StoreUnavailable if passing else StoreError)(
            f"{where} does not answer: {error}; check that it runs and that the endpoint is right"
        ) from error
    except ClientError as error:
        raise _told(where, location, key, error) from error


def _told(where: str, location: Location, key: str | None, error: ClientError) -> StoreError:
    code = code_of(error)
    if code == "NoSuchBucket":
        return StoreError(
            f"{where}: there is no bucket {location.bucket!r}; create it, or name another with --store"
        )
    if code == "RequestTimeTooSkewed":
        return StoreUnavailable(
            f"{where} refuses us because our clock is not its own ({code}); set this machine's clock; "
            "what is not stored yet waits in the spool"
        )
    if code in _BUSY or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in _NOT_NOW:
        return StoreUnavailable(
            f"{where} cannot take or give anything now ({code}); what is not stored yet waits in the spool"
        )
    if code in _DENIED:
        return StoreError(
            f"{where} refuses us ({code}, when asked for {error.operation_name}); check the access key, its secret, and "
            f"that it may read, write, list and delete in the bucket {location.bucket!r}"
        )
    if code in MISSING and key is not None:
        return ObjectMissing(f"{location.uri(key)} does not exist")
    return StoreError(f"{where} answers: {error}; what is not stored yet waits in the spool")


class tolerating:  # noqa: N801  # used like contextlib.suppress
    """Take these answers for as good as done: what follows looks for itself."""

    def __init__(self, codes: Collection[str]) -> None:
        self._codes = codes

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """End, quietly where the server gave one of these answers."""
        return isinstance(error, ClientError) and code_of(error) in self._codes


def code_of(error: ClientError) -> str:
    """Return the server's own name for what is wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))
