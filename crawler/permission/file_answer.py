"""What came back for a host's own file: decoded within its limit, and whether all of it came (RFC 9309 §2.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from crawler.archive.exchange import Exchange
from crawler.content_coding import decode
from crawler.http_dates import http_date
from crawler.representation import media_type_of
from crawler.wire import head_lines

MAX_ROBOTS = (
    512 * 1024
)  # bytes after decoding; the rest is not read (RFC 9309 §2.5 asks for 500 KiB at least)

_ENTITY_TAG = re.compile(r'(?:W/)?"[!#-~]{0,200}"')  # RFC 9110 §8.8.3, printable ASCII only: it goes back out
_DATE = re.compile(r"[ -~]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAnswer:
    """What came back for a robots.txt or another of a host's own files: an answer, or none."""

    url: str
    status: int | None  # None: no answer (DNS, TCP, TLS, timeout)
    body: bytes = b""  # decoded, at most as much as is read of such a file
    headers: tuple[tuple[str, str], ...] = ()
    capture_id: int | None = None
    error: str = ""  # why there is no answer, or none that may be read
    truncated: bool = False  # there was more of it than is read

    @classmethod
    def of(cls, exchange: Exchange, status: int, capture_id: int, *, limit: int = MAX_ROBOTS) -> Self:
        """Read an exchange.  A file that is too long is cut at its last complete line and used.

        A file that came torn is not: the lines that are missing might be the ones that refuse.
        """
        headers = head_lines(exchange.response_head)
        coding = ", ".join(value for name, value in headers if name.lower() == "content-encoding")
        decoded = decode(exchange.body, coding, limit)
        body, error = decoded.body, ""
        if exchange.truncated == "length":
            body = body if len(body) >= limit else body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
        elif exchange.truncated is not None:
            error = f"only a part of it came ({exchange.truncated})"
        elif not decoded.complete and len(body) < limit:
            error = f"its content coding cannot be undone ({coding})"
        return cls(
            url=exchange.url,
            status=status,
            body=body,
            headers=headers,
            capture_id=capture_id,
            error=error,
            truncated=exchange.truncated == "length" or not decoded.complete,
        )

    @property
    def media_type(self) -> str:
        """The media type as stated, lower-case, without parameters; "" where none is."""
        return media_type_of(self.headers)

    def header(self, name: str) -> str:
        """Return a header's first value, or ""."""
        return next((value for field, value in self.headers if field.lower() == name), "")

    def validators(self) -> tuple[tuple[str, str], ...]:
        """Return the fields that make the next request for this file a conditional one (RFC 9110 §13.1)."""
        fields = []
        if _ENTITY_TAG.fullmatch(tag := self.header("etag")):
            fields.append(("If-None-Match", tag))
        date = self.header("last-modified")
        if _DATE.fullmatch(date) and http_date(date) is not None:
            fields.append(("If-Modified-Since", date))
        return tuple(fields)
