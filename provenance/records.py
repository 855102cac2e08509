"""Frozen records: what the crawler hands to the recorder.

Instants are aware, in UTC; digests are raw ``bytes`` (SHA-256, 32 bytes).  The client makes keys, so that no insert
on the hot path returns one: a capture's is ``visit_id << 24 | sequence``, unique because a visit has one owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

CAPTURES_PER_VISIT_BITS = 24  # 16.7 million exchanges a visit; 2**39 visits
MAX_SITE_DOCUMENT = 1024 * 1024  # bytes of a host's file, decoded


def capture_id(visit_id: int, sequence: int) -> int:
    """Return the key of the ``sequence``-th exchange (from 0) archived by a visit.

    >>> capture_id(3, 5) == (3 << 24) + 5
    True
    """
    if not 0 <= sequence < 1 << CAPTURES_PER_VISIT_BITS:
        raise ValueError(f"a visit archives at most {1 << CAPTURES_PER_VISIT_BITS} exchanges, not {sequence}")
    return visit_id << CAPTURES_PER_VISIT_BITS | sequence


class CaptureKind(StrEnum):
    """What an archived exchange is to us."""

    DOCUMENT = "document"  # a 2xx answer to a page request: the only kind a data team sees
    REDIRECT = "redirect"  # 3xx: recorded, its target asked for on its own
    FAILURE = "failure"  # any other answer: kept so that it can be shown, never a document
    SITE_DOCUMENT = "site-document"  # robots.txt, a sitemap, a feed read for its links


class Kept(StrEnum):
    """What of an answer lies in the archive; its metadata record always does."""

    BODY = "body"  # all of it
    HEADERS = "headers"  # status line and header fields
    NOTHING = "nothing"  # the status line: no WARC response is without one


class RunState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    WAITING = "waiting"  # every site left to do is not due yet
    INTERRUPTED = "interrupted"  # can be resumed
    FINISHED = "finished"


class SegmentState(StrEnum):
    """Where a segment's bytes lie."""

    SPOOLED = "spooled"  # in the local spool; rows already point at its future place
    STORED = "stored"  # uploaded, read back and checked


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One execution of a job."""

    job_name: str
    job_digest: bytes  # SHA-256 over the job's canonical JSON
    job_text: str  # the job file as it was read (TOML): evidence
    purpose: str  # a usage of licences.vocabulary
    policy_digest: bytes
    operator: str
    contact: str
    info_url: str | None
    product_token: str
    user_agent: str
    software: str  # "aboveboard/0.1.0"
    settings_digest: bytes  # over the effective Scrapy settings
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRecord:
    """A policy as it was applied; its digest is its version."""

    digest: bytes
    name: str
    text: str  # the TOML


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """Who said that we may go to a site at all, on what basis, under which limits."""

    run_id: int
    site: str  # registrable domain, IP address or "localhost"
    start: Sequence[str]
    include: Sequence[str]
    admitted_by: str
    basis: str
    permission: Mapping[str, Any] | None = None  # the owner's [[permission]] as written, or None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRecord:
    """A WARC file of one site and one visit, before any of its captures is recorded."""

    id: int  # visit_id << 24 | segment number, see `capture_id`
    visit_id: int
    key: str  # "warc/example.org/12/34-0.warc.gz": under the store's root
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentStored:
    """A segment that was uploaded and checked."""

    id: int
    uri: str  # "file:///…" or "s3://…": where it lies from now on
    length: int  # bytes
    digest: bytes  # SHA-256 of the whole object
    records: int
    stored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRecord:
    """The answer to «may we request this URL», as far as many URLs share it: rule, line, snapshot.

    Interned by its content: a site has about as many as its robots.txt has rules.
    """

    origin: str  # "https://example.org" (port when not the scheme's own)
    granted: bool
    rule: str  # "robots.allow", "robots.disallow", "robots.no-rule", "robots.absent", "robots.unreachable", "owner", …
    line_number: int | None = None  # 1-based line of robots.txt that decided
    line_text: str | None = None  # that line, verbatim
    overridden_line_number: int | None = None  # a Disallow that a longer Allow overrode
    overridden_line_text: str | None = None
    robots_state: str | None = None  # "available", "allow_all", "deny_all", "unreachable"
    robots_capture_id: int | None = None  # the archived robots.txt exchange; None when no answer came


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What a policy made of a rights set for one usage."""

    policy_digest: bytes
    usage: str
    outcome: str  # the five of licences.vocabulary.Outcome
    rule: str  # the policy's rule that decided
    reasons: Sequence[Mapping[str, Any]]  # JSON-ready
    conditions: Sequence[Mapping[str, Any]]
    conflicts: Sequence[str]
    enforces: Sequence[str]  # requirement ids


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsSetRecord:
    """Everything stated for a capture, without the places it was stated in.  Interned by digest."""

    digest: bytes  # SHA-256 of the canonical JSON
    canonical: str  # that JSON
    licences: Sequence[str]  # SPDX expressions (or licence URLs without one), sorted
    decisions: Sequence[DecisionRecord] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRecord:
    """One archived exchange: the wide row."""

    id: int
    visit_id: int
    kind: CaptureKind
    origin: str
    path: str  # path with query, as requested; "/" at least
    fetched_at: datetime  # WARC-Date: when the request left
    status: int
    media_type: str  # lower-case, no parameters; "" when not stated
    payload_digest: bytes
    length: int  # payload bytes as archived (transfer coding removed, content coding kept)
    segment_id: int
    warc_offset: int  # of the response (or revisit) record's gzip member
    warc_length: int  # compressed bytes of that member
    request_length: int  # of the request member that lies right before it
    metadata_length: int  # of the metadata member that lies right behind it
    permission: PermissionRecord
    rights: RightsSetRecord | None  # None for kinds that state nothing about a document
    truncated: str | None = None  # WARC-Truncated: "length", "time", "disconnect", "unspecified"
    revisit: bool = False
    kept: Kept = Kept.BODY  # less: digest and length are of what lies there, which is nothing
    language: str | None = None  # BCP 47, lower case, as stated; None: not stated
    simhash: int | None = None  # signed 64 bits over the visible text; None: too little text


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRecord:
    """What was not taken, and why: a result like any other."""

    visit_id: int
    url: str
    at: datetime
    rule: str  # "robots.disallow", "robots.unreachable", "scope", "address", "site.http-403", …
    reason: str  # a sentence for people
    evidence: str  # the line, the status, the address: what it stands on
    permission: PermissionRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDocumentRecord:
    """One look at a host's own file about rights; a row is added only where it differs from the last look."""

    origin: str  # whose file it is
    name: str  # "robots.txt", "tdmrep.json", "ai.txt", "trust.txt"
    url: str  # where it was found, or asked for last
    retrieval: str  # a licences.vocabulary.Retrieval
    body: bytes | None = None  # content coding undone, at most `MAX_SITE_DOCUMENT`; None: no such file came
    digest: bytes | None = None  # SHA-256 of the body; without a body, that of one on record
    capture_id: int | None = None  # the archived exchange; None: no answer came
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStateRecord:
    """What a host taught us; outlives the visit."""

    host: str
    last_end: datetime | None
    gap: float  # seconds, as last kept
    response_time: float  # seconds, smoothed
    not_before: datetime | None  # back-off, Retry-After
    failures: int  # consecutive
    baseline: float | None = None  # seconds; the response time that is usual for it
    excess: float = 0.0  # seconds that it taught us to add to the gap
    streak: int = 0  # good answers since the gap last changed
    incidents: int = 0  # back-offs not yet forgotten
    quiet_from: datetime | None = None  # incidents are forgotten half an hour after
    outcomes: str | None = None  # the last 20, oldest first: "." answered, "x" failed; None: none yet
    open_until: datetime | None = None  # breaker; None: closed
    openings: Sequence[datetime] = ()  # of the breaker, in the last seven days
    refusals: int = 0  # 401, 403, 406 in a row
    missing_since: datetime | None = None  # since when its name does not exist; None: it does
    day: str | None = None  # UTC day that the two counts are of, "2026-11-22"
    day_requests: int = 0
    day_received: int = 0  # bytes
    last_answer: str | None = None  # "HTTP 200", or why none came
    why: str | None = None  # what `not_before` or `open_until` is for, in words


class Holding(StrEnum):
    """Why a host is left alone until somebody says otherwise."""

    PAUSED = "paused"  # by a person, for a while
    PARKED = "parked"  # by us or by a person: a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRecord:
    """A host that gets no request: who said so, when, why, until when."""

    host: str
    holding: Holding
    since: datetime
    by: str
    reason: str
    until: datetime | None = None  # None: until a person says so


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLoadRecord:
    """What one host saw of us in one hour of one visit (R-HOSTLOAD).  Written as totals: a repeat replaces."""

    visit_id: int
    host: str
    hour: datetime
    requests: int
    received: int  # bytes, bodies as received plus heads
    max_in_flight: int
    min_gap: float | None  # seconds, end of a response to the next start
    median_gap: float | None
    too_many: int  # 429
    server_errors: int  # 5xx
    pauses: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction records: whole or not at all; recording it twice changes nothing."""

    visit_id: int
    epoch: int  # the lease's; a stale one is refused
    segments: Sequence[SegmentRecord] = ()
    captures: Sequence[CaptureRecord] = ()
    refusals: Sequence[RefusalRecord] = ()
    stored: Sequence[SegmentStored] = ()
    discarded: Sequence[int] = ()  # ids of segments that hold no capture and whose file is gone
    host_states: Sequence[HostStateRecord] = ()
    host_loads: Sequence[HostLoadRecord] = ()
    holds: Sequence[HoldRecord] = ()  # a hold that somebody else put on the host first stays
    site_documents: Sequence[SiteDocumentRecord] = ()
