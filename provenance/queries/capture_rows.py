"""Captures: which versions of which documents we hold, and what was decided about each by its own run."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from provenance.models import Capture, Decision, Origin, Policy, RightsSet, Run, Segment, Site, Visit
from provenance.queries.expressions import (
    capture_is_of_visit,
    has_prefix,
    is_decided,
    key_is_among,
    url_of_capture,
    warc_uri,
)
from provenance.queries.rows import RowOf, T
from provenance.records import CaptureKind, Kept


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFilter:
    """What to look for; None leaves a field open."""

    site: str | None = None
    prefix: str | None = None  # the URL begins with it
    kind: CaptureKind | None = CaptureKind.DOCUMENT
    outcomes: Collection[str] = ()  # any of them; empty: any at all
    conflicting: bool = False  # only where statements contradict each other
    rights_sets: Collection[int] | None = None  # keys, see `covered_by`; None: any, and none at all
    run: int | None = None
    status: int | None = None
    since: datetime | None = None  # fetched at or after
    until: datetime | None = None  # fetched before
    limit: int | None = None


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
        .outerjoin(Decision, is_decided(Capture.rights_set_id))
        .order_by(Visit.id, Capture.id)
    )
    for condition in _conditions(wanted):
        chosen = chosen.where(condition)
    return chosen if wanted.limit is None else chosen.limit(wanted.limit)


def _conditions(wanted: CaptureFilter) -> list[Any]:
    asked: list[tuple[Any, Any]] = [
        (wanted.site, lambda: Site.name == wanted.site),
        (wanted.prefix, lambda: has_prefix(Capture.path, wanted.prefix or "")),
        (wanted.kind, lambda: Capture.kind == str(wanted.kind)),
        (wanted.rights_sets, lambda: key_is_among(Capture.rights_set_id, wanted.rights_sets or ())),
        (wanted.outcomes or None, lambda: Decision.outcome.in_([str(one) for one in wanted.outcomes])),
        (wanted.conflicting or None, lambda: func.json_array_length(Decision.conflicts) > 0),
        (wanted.run, lambda: Visit.run_id == wanted.run),
        (wanted.status, lambda: Capture.status == wanted.status),
        (wanted.since, lambda: Capture.fetched_at >= wanted.since),
        (wanted.until, lambda: Capture.fetched_at < wanted.until),
    ]
    return [condition() for value, condition in asked if value is not None]
