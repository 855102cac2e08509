"""Captures: which versions of which documents we hold, and what was decided about each by its own run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select

from provenance.models import Capture, Decision, Origin, Policy, RightsSet, Run, Segment, Site, Visit
from provenance.queries.capture_filter import CaptureFilter, capture_conditions, decision_conditions
from provenance.queries.expressions import capture_is_of_visit, is_decided, url_of_capture, warc_uri
from provenance.queries.known import CAPTURE_RECORDED, decisions_known
from provenance.queries.rows import RowOf, T
from provenance.records import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRow:
    """One archived exchange with the decision of its own run."""

    url: str
    fetched_at: datetime
    status: int
    media_type: str  # "" when the site stated none
    payload_digest: str  # "sha256:" and 64 hex digits
    length: int  # payload bytes
    warc_uri: str  # where the segment lies, or "spool:" and its key
    warc_offset: int
    warc_length: int
    run: int
    site: str
    licences: Sequence[str]  # SPDX expressions, or licence URLs without one
    rights_set: str | None  # "sha256:…"; None: the kind says nothing about rights
    outcome: str | None  # for the usage; None: nothing to decide
    reasons: Sequence[str]  # sentences
    kind: str
    id: int
    usage: str  # what was asked about: the run's purpose, unless the question names another
    policy: str  # whose decision it is: the run's, unless the question names another
    rule: str | None  # the policy's rule that decided
    conditions: Sequence[Mapping[str, Any]]  # to be kept with the document
    conflicts: Sequence[str]  # sentences
    kept: str  # "body", "headers", "nothing": what lies in the archive
    language: str | None  # as the page states it, lower case; None: it does not
    recorded_at: datetime  # when we knew it


def digest_in_words(digest: bytes) -> str:
    """Return a digest as it is written everywhere.

    >>> digest_in_words(bytes(2))
    'sha256:0000'
    """
    return f"sha256:{digest.hex()}"


def sentences(reasons: Sequence[Any] | None) -> tuple[str, ...]:
    """Return the sentences of a decision's reasons, in their order.

    >>> sentences([{"text": "No licence was stated.", "kind": None}])
    ('No licence was stated.',)
    """
    return tuple(_sentence(reason) for reason in reasons or ())


def _sentence(reason: Any) -> str:
    if isinstance(reason, Mapping):
        return (
            str(reason["text"])
            if "text" in reason
            else json.dumps(reason, ensure_ascii=False, sort_keys=True)
        )
    return str(reason)


def capture_row(
    *,
    payload_digest: bytes,
    rights_set: bytes | None,
    licences: Any,
    reasons: Any,
    conditions: Any,
    conflicts: Any,
    **rest: Any,
) -> CaptureRow:
    """Return a row as people and programs get it, from `CAPTURE_COLUMNS`."""
    return CaptureRow(
        payload_digest=digest_in_words(payload_digest),
        rights_set=None if rights_set is None else digest_in_words(rights_set),
        licences=tuple(licences or ()),
        reasons=sentences(reasons),
        conditions=tuple(conditions or ()),
        conflicts=tuple(conflicts or ()),
        **rest,
    )


CAPTURE_COLUMNS: Mapping[str, Any] = {
    "url": url_of_capture,
    "fetched_at": Capture.fetched_at,
    "status": Capture.status,
    "media_type": Capture.media_type,
    "payload_digest": Capture.payload_digest,
    "length": Capture.length,
    "warc_uri": warc_uri,
    "warc_offset": Capture.warc_offset,
    "warc_length": Capture.warc_length,
    "run": Visit.run_id,
    "site": Site.name,
    "licences": RightsSet.licences,
    "rights_set": RightsSet.digest,
    "outcome": Decision.outcome,
    "reasons": Decision.reasons,
    "kind": Capture.kind,
    "id": Capture.id,
    "usage": Run.purpose,
    "policy": Policy.name,
    "rule": Decision.rule,
    "conditions": Decision.conditions,
    "conflicts": Decision.conflicts,
    "kept": func.coalesce(Capture.kept, Kept.BODY.value),
    "language": Capture.language,
    "recorded_at": CAPTURE_RECORDED,
}


CAPTURE_ROW = RowOf(capture_row, **CAPTURE_COLUMNS)


def captures(wanted: CaptureFilter) -> Select[CaptureRow]:
    """Select the captures that match, in the order in which visits archived them."""
    return captures_as(CAPTURE_ROW, wanted)


def captures_as(row: RowOf[T], wanted: CaptureFilter) -> Select[T]:
    """Select the captures that match as rows of another sort, made of the same tables and `Policy`."""
    chosen = (
        select(row)
        .select_from(Visit)
        .join(Site, Site.id == Visit.site_id)
        .join(Run, Run.id == Visit.run_id)
        .join(Policy, Policy.id == Run.policy_id)
        .join(Capture, capture_is_of_visit)
        .join(Origin, Origin.id == Capture.origin_id)
        .join(Segment, Segment.id == Capture.segment_id)
        .outerjoin(RightsSet, RightsSet.id == Capture.rights_set_id)
        .outerjoin(Decision, and_(is_decided(Capture.rights_set_id), *decisions_known(wanted.as_of)))
        .where(*capture_conditions(wanted), *decision_conditions(wanted))
        .order_by(Visit.id, Capture.id)
    )
    return chosen if wanted.limit is None else chosen.limit(wanted.limit)
