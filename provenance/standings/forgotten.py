"""Newer exchanges, and hosts' files, that were forgotten since: what they took away is not given back.

What they said is not known any more, so that a person has to look, or the page is fetched again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from licences.site_documents import SITE_DOCUMENTS
from licences.vocabulary import Outcome
from provenance.models import Capture, Origin, Tombstone
from provenance.queries.known import captures_known
from provenance.records import CaptureKind
from provenance.standings.later import HOST_FILE, NEWER_EXCHANGE, day
from provenance.standings.verdict import Verdict
from provenance.upsert import chunks

_PATHS = ("/robots.txt", *(path for kind in SITE_DOCUMENTS for path in kind.paths))
_SAYS = "It was erased: what it said is not known any more, and a person has to look."
_ANSWERS = (CaptureKind.DOCUMENT, CaptureKind.FAILURE)
_FILES = (CaptureKind.SITE_DOCUMENT,)  # robots.txt and its kin; sitemaps and feeds lie under other URLs


class Doubted(NamedTuple):
    """A document about which something was forgotten that was fetched after it."""

    capture_id: int
    rights_set_id: int
    newer: datetime  # when the newest of that was fetched, UTC
    cause: str  # HOST_FILE, NEWER_EXCHANGE


def doubted(
    connection: Connection, as_of: datetime, *, news_after: datetime | None = None, capture: int | None = None
) -> Iterator[Doubted]:
    """Yield the documents of whose URL, or of whose host's files, something newer was forgotten.

    Args:
        connection: of a transaction that reads.
        as_of: what was recorded by then, UTC.
        news_after: only where the exchange was recorded, or forgotten, after this moment; None: wherever.
        capture: only this document; None: all.
    """
    known = func.coalesce(Tombstone.recorded_at, Tombstone.fetched_at)
    wanted: list[ColumnElement[bool]] = [known <= as_of]
    if news_after is not None:
        wanted.append(or_(known > news_after, Tombstone.hidden_at > news_after))
    if capture is not None:
        alone = list(connection.execute(_documents(as_of).where(Capture.id == capture)))
        urls = [_digest(row.url) for row in alone]
        newest = _newest(connection, _ANSWERS, *wanted, Tombstone.url_hash.in_(urls))
        yield from _older(alone, newest)
    else:
        newest = _newest(connection, _ANSWERS, *wanted)
        for some in chunks(sorted({int.from_bytes(key[:8], "big", signed=True) for key in newest})):
            yield from _older(connection.execute(_documents(as_of).where(Capture.url_hash.in_(some))), newest)
    files = _newest(connection, _FILES, *wanted)
    if files:
        origins = _origins(connection, files)
        for some in chunks(sorted(origins)):
            asked = _documents(as_of).where(Capture.origin_id.in_(some))
            asked = asked if capture is None else asked.where(Capture.id == capture)
            for row in connection.execute(asked):
                if row.fetched_at < (newer := origins[row.origin_id]):
                    yield Doubted(row.id, row.rights_set_id, newer, HOST_FILE)


def doubt(one: Doubted) -> Verdict:
    """Return the verdict over a document about which something newer was forgotten."""
    what = "a newer exchange of the same URL" if one.cause == NEWER_EXCHANGE else "a file of its host"
    said_by = f"{what}, {day(one.newer)}"
    return Verdict(
        outcome=Outcome.NEEDS_REVIEW,
        rule=f"{one.cause}.erased",
        reasons=(f"Learned after it was fetched, from {said_by}.", _SAYS),
        since=said_by,
        cause=one.cause,
    )


def _newest(
    connection: Connection, kinds: Sequence[CaptureKind], *wanted: ColumnElement[bool]
) -> dict[bytes, datetime]:
    """Return when the newest of what was forgotten was fetched, by the SHA-256 of its URL."""
    asked = select(Tombstone.url_hash, func.max(Tombstone.fetched_at)).where(
        Tombstone.kind.in_([kind.value for kind in kinds]), *wanted
    )
    return {bytes(key): at for key, at in connection.execute(asked.group_by(Tombstone.url_hash))}


def _origins(connection: Connection, files: Mapping[bytes, datetime]) -> dict[int, datetime]:
    """Return the origins whose files about rights are among what was forgotten, and when the newest was fetched."""
    found: dict[int, datetime] = {}
    for key, url in connection.execute(select(Origin.id, Origin.url)):
        times = [files[digest] for path in _PATHS if (digest := _digest(url + path)) in files]
        if times:
            found[key] = max(times)
    return found


def _documents(as_of: datetime) -> Any:
    url = (Origin.url + Capture.path).label("url")
    return (
        select(Capture.id, Capture.rights_set_id, Capture.fetched_at, Capture.origin_id, url)
        .join(Origin, Origin.id == Capture.origin_id)
        .where(Capture.kind == CaptureKind.DOCUMENT.value, *captures_known(as_of))
    )


def _older(rows: Iterable[Any], newest: dict[bytes, datetime]) -> Iterator[Doubted]:
    for row in rows:
        newer = newest.get(_digest(row.url))
        if newer is not None and row.fetched_at < newer:
            yield Doubted(row.id, row.rights_set_id, newer, NEWER_EXCHANGE)


def _digest(url: str) -> bytes:
    return hashlib.sha256(url.encode("utf-8", "replace")).digest()
