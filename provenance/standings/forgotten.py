"""Newer exchanges that were forgotten since: what they took away from older documents is not given back.

What they said is not known any more, so that a person has to look, or the page is fetched again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from licences.vocabulary import Outcome
from provenance.models import Capture, Origin, Tombstone
from provenance.queries.known import captures_known
from provenance.records import CaptureKind
from provenance.standings.later import NEWER_EXCHANGE, day
from provenance.standings.verdict import Verdict
from provenance.upsert import chunks

RULE = "newer-exchange.erased"
_SAYS = "A newer exchange of the same URL was erased: what it said is not known any more, and a person has to look."


class Doubted(NamedTuple):
    """A document with a newer exchange that was forgotten."""

    capture_id: int
    rights_set_id: int
    newer: datetime  # when the newest of them was fetched, UTC


def doubted(
    connection: Connection, as_of: datetime, *, news_after: datetime | None = None, capture: int | None = None
) -> Iterator[Doubted]:
    """Yield the documents of whose URL something newer was forgotten.

    Args:
        connection: of a transaction that reads.
        as_of: what was recorded by then, UTC.
        news_after: only where the exchange was recorded, or forgotten, after this moment; None: wherever.
        capture: only this document; None: all.
    """
    known = func.coalesce(Tombstone.recorded_at, Tombstone.fetched_at)
    wanted: list[ColumnElement[bool]] = [
        Tombstone.kind.in_([CaptureKind.DOCUMENT.value, CaptureKind.FAILURE.value]),
        known <= as_of,
    ]
    if news_after is not None:
        wanted.append(or_(known > news_after, Tombstone.hidden_at > news_after))
    if capture is not None:
        alone = list(connection.execute(_documents(as_of).where(Capture.id == capture)))
        wanted.append(Tombstone.url_hash.in_([_digest(row.url) for row in alone]))
    asked = select(Tombstone.url_hash, func.max(Tombstone.fetched_at)).where(*wanted)
    newest = {bytes(key): at for key, at in connection.execute(asked.group_by(Tombstone.url_hash))}
    if capture is not None:
        yield from _older(alone, newest)
        return
    for some in chunks(sorted({int.from_bytes(key[:8], "big", signed=True) for key in newest})):
        yield from _older(connection.execute(_documents(as_of).where(Capture.url_hash.in_(some))), newest)


def doubt(newer: datetime) -> Verdict:
    """Return the verdict over a document of whose URL something newer was forgotten."""
    said_by = f"a newer exchange of the same URL, {day(newer)}"
    told = f"Learned after it was fetched, from {said_by}."
    return Verdict(
        outcome=Outcome.NEEDS_REVIEW, rule=RULE, reasons=(told, _SAYS), since=said_by, cause=NEWER_EXCHANGE
    )


def _documents(as_of: datetime) -> Any:
    url = (Origin.url + Capture.path).label("url")
    return (
        select(Capture.id, Capture.rights_set_id, Capture.fetched_at, url)
        .join(Origin, Origin.id == Capture.origin_id)
        .where(Capture.kind == CaptureKind.DOCUMENT.value, *captures_known(as_of))
    )


def _older(rows: Iterable[Any], newest: dict[bytes, datetime]) -> Iterator[Doubted]:
    for row in rows:
        newer = newest.get(_digest(row.url))
        if newer is not None and row.fetched_at < newer:
            yield Doubted(row.id, row.rights_set_id, newer)


def _digest(url: str) -> bytes:
    return hashlib.sha256(url.encode("utf-8", "replace")).digest()
