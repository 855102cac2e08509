"""The receipt: what `explain` tells of one URL or one payload, as frozen values.

The raw text and the place of each statement lie in the WARC metadata record, to which a receipt points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provenance.sources import SourceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an exchange's records lie: three gzip members in one segment, one after the other."""

    segment_key: str
    segment_uri: str | None  # None: still in the spool
    segment_digest: str | None  # "sha256:…" of the whole segment; None: still in the spool
    warc_uri: str
    offset: int  # of the response (or revisit) record
    length: int
    request_offset: int
    request_length: int
    metadata_offset: int
    metadata_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReceipt:
    """Who asked, for what, under which name and policy."""

    id: int
    job: str
    purpose: str
    operator: str
    contact: str
    info_url: str | None
    product_token: str
    user_agent: str
    software: str
    started_at: datetime
    policy: str
    policy_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionReceipt:
    """Who said that we may go to the site at all."""

    admitted_by: str
    basis: str
    permission: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsReceipt:
    """The robots.txt exchange that a permission stands in."""

    url: str
    fetched_at: datetime
    status: int
    payload_digest: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionReceipt:
    """Why the request was (not) allowed to leave."""

    granted: bool
    rule: str
    line_number: int | None
    line_text: str | None
    overridden_line_number: int | None
    overridden_line_text: str | None
    robots_state: str | None
    robots: RobotsReceipt | None  # None: no answer came, or it is not recorded yet


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReceipt:
    """What one policy made of the rights set for one usage."""

    policy: str
    policy_digest: str
    usage: str
    of_this_run: bool  # the run's own policy and purpose
    outcome: str
    rule: str
    reasons: Sequence[str]
    conditions: Sequence[Mapping[str, Any]]
    conflicts: Sequence[str]
    enforces: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsReceipt:
    """What was stated."""

    digest: str
    canonical: str  # JSON
    licences: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureReceipt:
    """One archived exchange with everything that led to it and follows from it."""

    id: int
    url: str
    site: str
    kind: str
    fetched_at: datetime
    status: int
    media_type: str
    payload_digest: str
    length: int
    truncated: str | None
    revisit: bool
    kept: str  # "body", "headers", "nothing": what the policy let be kept of the answer
    place: Place
    run: RunReceipt
    admissions: Sequence[AdmissionReceipt]
    source: SourceRow | None = None  # how the register's entry stands; None: it has none
    permission: PermissionReceipt
    rights: RightsReceipt | None
    decisions: Sequence[DecisionReceipt]  # the run's own first


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalReceipt:
    """One time that the URL was not taken."""

    url: str
    site: str
    at: datetime
    rule: str
    reason: str
    evidence: str
    run: RunReceipt
    permission: PermissionReceipt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer for one URL or digest: newest first, at most `explain.RECEIPTS_AT_MOST` of each."""

    asked: str
    captures: Sequence[CaptureReceipt]
    refusals: Sequence[RefusalReceipt]

    def __bool__(self) -> bool:
        return bool(self.captures or self.refusals)
