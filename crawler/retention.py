"""What a policy lets us keep of an answer; what it does not is dropped before anything is written.

The metadata record stays in any case: who asked and when, what was stated, what was decided, and where it led.
"""

from __future__ import annotations

import dataclasses

from crawler.archive.exchange import Exchange
from licences.policy import Decision
from provenance.records import Kept

DROPPED = "unspecified"  # WARC 1.1 §5.13: none of the reasons it names


def kept_of(exchange: Exchange, keep: Kept) -> tuple[Exchange, Kept]:
    """Return as much of an exchange as may be kept, and what that is: an answer without a body loses none.

    Args:
        exchange: as it crossed the wire.
        keep: what may be kept of its answer.
    """
    if keep is Kept.BODY or (keep is Kept.HEADERS and not exchange.body):
        return exchange, Kept.BODY
    head = exchange.response_head if keep is Kept.HEADERS else status_line(exchange.response_head)
    return dataclasses.replace(exchange, response_head=head, body=b"", truncated=DROPPED), keep


def noted(decision: Decision) -> dict[str, str | int]:
    """Return what the metadata record says of a decision's retention clause; seconds are counted from the fetch."""
    clause: dict[str, str | int] = {"keep": decision.keep.value}
    if decision.keep_for is not None:
        clause["seconds"] = decision.keep_for
    return clause


def status_line(head: bytes) -> bytes:
    r"""Return a head that says no more than its status: no WARC response can be without.

    >>> status_line(b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n")
    b'HTTP/1.1 200 OK\r\n\r\n'
    """
    return head.partition(b"\n")[0].rstrip(b"\r") + b"\r\n\r\n"
