"""One HTTP exchange exactly as it crossed the wire: what the archive takes in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request that left and the answer that came back; no byte of either is touched."""

    url: str  # absolute, as requested, percent-encoded ASCII
    method: str
    request_head: bytes  # the request line and header lines as sent, to the blank line and with it
    response_head: (
        bytes  # status line and header lines as received: order, case and repeats kept; blank line too
    )
    body: bytes  # as received: transfer coding removed, content coding kept
    started_at: datetime  # UTC: the request left
    ended_at: datetime  # UTC: the last byte arrived
    address: str | None = None  # the peer's IP address; None where a proxy hid it
    transfer_coding: str | None = None  # "chunked" where it was removed from the body, else None
    truncated: str | None = None  # why the body is not whole (WARC 1.1 §5.13): "length", "time", "disconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisit:
    """The earlier capture of the same site whose payload is identical (WARC 1.1 §6.7.2)."""

    url: str
    fetched_at: datetime  # UTC: the WARC-Date of that record
