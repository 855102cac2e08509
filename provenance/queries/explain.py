"""Look up everything the database knows of one URL or one payload."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, literal, select

from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.models import Capture, Origin, Refusal, Segment, hash_of_url
from provenance.queries.capture_filter import DIGEST_BOUNDS, SHORTEST_PREFIX, digests_beginning, is_of_digests
from provenance.queries.capture_rows import digest_in_words
from provenance.queries.expressions import url_of_capture, url_of_refusal
from provenance.queries.known import captures_known, refusals_known, settled
from provenance.queries.places import PLACE_COLUMNS, place_of
from provenance.queries.receipt_context import SELECTS_KEPT, Context
from provenance.queries.receipts import CaptureReceipt, Receipt, RefusalReceipt
from provenance.records import Kept

RECEIPTS_AT_MOST = 50  # one URL over years of runs, or one payload under many URLs: the newest suffice


def receipt(database: Database, asked: str, *, as_of: datetime | None = None) -> Receipt:
    """Return what is known of an URL, or of payloads whose SHA-256 begins with these hex digits.

    Args:
        database: where to look.
        asked: an URL as it was requested, or "sha256:…" or bare hex digits, at least six.
        as_of: what was on record by then, UTC; None: now.  Where the bytes lie is where they lie now.

    Raises:
        ProvenanceError: ``asked`` is neither.
        AsOfInFuture: nobody knows yet what will be recorded by then.
    """
    settled(database, as_of)
    with database.snapshot() as connection:
        if _is_url(asked):
            url = {"url": asked, "hash": hash_of_url(asked)}
            captures = connection.execute(_captures_of_url(as_of), url).all()
            refusals = connection.execute(_refusals_of_url(as_of), url).all()
        else:
            captures, refusals = connection.execute(_captures_of_digests(as_of), _digests(asked)).all(), []
        context = Context.of(connection, [*captures, *refusals], as_of)
    return Receipt(
        asked=asked,
        captures=tuple(_capture(row, context) for row in captures),
        refusals=tuple(_refusal(row, context) for row in refusals),
    )


def _is_url(asked: str) -> bool:
    return ":" in asked and not asked.startswith("sha256:")


def _captures(condition: ColumnElement[bool], as_of: datetime | None) -> Select[Any]:
    return (
        select(*_CAPTURE, *PLACE_COLUMNS)
        .select_from(Capture)
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
        .where(condition, *captures_known(as_of))
        .order_by(Capture.fetched_at.desc(), Capture.id.desc())
        .limit(RECEIPTS_AT_MOST)
    )


@lru_cache(SELECTS_KEPT)
def _captures_of_url(as_of: datetime | None) -> Select[Any]:
    return _captures(_has_url(Capture), as_of)


@lru_cache(SELECTS_KEPT)
def _captures_of_digests(as_of: datetime | None) -> Select[Any]:
    return _captures(is_of_digests({name: bindparam(name) for name in DIGEST_BOUNDS}), as_of)


@lru_cache(SELECTS_KEPT)
def _refusals_of_url(as_of: datetime | None) -> Select[Any]:
    return (
        select(*_REFUSAL)
        .select_from(Refusal)
        .join(Origin, Origin.id == Refusal.origin_id)
        .where(_has_url(Refusal), *refusals_known(as_of))
        .order_by(Refusal.at.desc(), Refusal.id.desc())
        .limit(RECEIPTS_AT_MOST)
    )


def _has_url(table: type[Capture | Refusal]) -> ColumnElement[bool]:
    return (table.url_hash == bindparam("hash")) & (Origin.url + table.path == bindparam("url"))


def _digests(asked: str) -> dict[str, bytes]:
    try:
        return digests_beginning(asked)
    except ProvenanceError as error:
        raise ProvenanceError(
            f"{asked!r} is neither a URL (https://…) nor a digest: give at least {SHORTEST_PREFIX} "
            "hex digits of a payload's SHA-256"
        ) from error


def _capture(row: Any, context: Context) -> CaptureReceipt:
    visit, rights = context.visits[row.visit_id], context.rights.get(row.rights_set_id)
    return CaptureReceipt(
        id=row.id,
        url=row.url,
        site=visit.site,
        kind=row.kind,
        fetched_at=row.fetched_at,
        status=row.status,
        media_type=row.media_type,
        payload_digest=digest_in_words(row.payload_digest),
        length=row.length,
        truncated=row.truncated,
        revisit=row.revisit,
        kept=row.kept or Kept.BODY.value,
        place=place_of(row),
        run=visit.run,
        admissions=visit.admissions,
        source=visit.source,
        permission=context.permissions[row.permission_id],
        rights=None if rights is None else rights.rights,
        decisions=() if rights is None else rights.decided(visit.policy_id, visit.run.purpose),
    )


def _refusal(row: Any, context: Context) -> RefusalReceipt:
    visit = context.visits[row.visit_id]
    return RefusalReceipt(
        url=row.url,
        site=visit.site,
        at=row.at,
        rule=row.rule,
        reason=row.reason,
        evidence=row.evidence,
        run=visit.run,
        permission=None if row.permission_id is None else context.permissions[row.permission_id],
    )


_CAPTURE: tuple[Any, ...] = (
    Capture.id,
    Capture.visit_id,
    Capture.permission_id,
    Capture.rights_set_id,
    url_of_capture.label("url"),
    Capture.kind,
    Capture.fetched_at,
    Capture.status,
    Capture.media_type,
    Capture.payload_digest,
    Capture.length,
    Capture.truncated,
    Capture.revisit,
    Capture.kept,
)
_REFUSAL: tuple[Any, ...] = (
    Refusal.visit_id,
    Refusal.permission_id,
    literal(None).label("rights_set_id"),
    url_of_refusal.label("url"),
    Refusal.at,
    Refusal.rule,
    Refusal.reason,
    Refusal.evidence,
)
