"""The dossier: everything a reviewer is told about one site, as one frozen value.

HTML, JSON and CSV are three views of it, so they cannot disagree.  It holds totals and examples, never
one line a document: its size follows from how many *different* things happened, not from how often.
Instants are UTC, sizes bytes, gaps seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provenance.reports.rights_lines import (
    ConflictLine,
    HostFileLine,
    LicenceLine,
    MixLine,
    OutcomeLine,
    ReviewLine,
    SignalLine,
    StatementLine,
)
from provenance.sources import SourceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we said we were, on every request of these runs."""

    operator: str
    contact: str
    info_url: str | None
    product_token: str
    user_agent: str
    software: str
    runs: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who said that we may go there at all, and on what basis, as the job states it."""

    run: int
    admitted_by: str
    basis: str
    start: Sequence[str]
    include: Sequence[str]
    permission: (
        Mapping[str, Any] | None
    )  # what the site's owner granted, as written; None: nothing beyond the public rules


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run that came to the site."""

    id: int
    job: str
    purpose: str
    policy: str
    policy_digest: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    documents: int
    refusals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalExample:
    """One address that was not taken, with what the refusal stands on."""

    url: str
    at: datetime
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalLine:
    """One rule by which addresses were not taken."""

    rule: str
    meaning: str
    refusals: int
    examples: Sequence[RefusalExample]


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionLine:
    """One answer to «may we request this»: the rule, and the line of robots.txt that decided."""

    origin: str
    rule: str
    granted: bool
    line_number: int | None
    line_text: str | None
    overridden_line_number: int | None
    overridden_line_text: str | None
    exchanges: int  # pages asked for under it


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLine:
    """The volume of one media type among the documents."""

    media_type: str  # "" where the site stated none
    documents: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLine:
    """Archived exchanges by kind and status: documents, redirects, failures, site documents."""

    kind: str
    status: int
    exchanges: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsSnapshot:
    """One version of a robots.txt, as it was answered and is kept."""

    url: str
    status: int
    payload_digest: str
    length: int
    first_seen: datetime
    last_seen: datetime
    times: int
    warc_uri: str
    warc_offset: int
    warc_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HourLoad:
    """What the site saw of us in one hour, all its hosts together (DA-5.3.1-4)."""

    hour: datetime
    requests: int
    received: int
    max_in_flight: int
    min_gap: float | None
    median_gap: float | None  # the smallest of its hosts' medians
    too_many: int
    server_errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLoad:
    """What one host saw of us in all the hours of the dossier."""

    host: str
    hours: int
    requests: int
    received: int
    busiest_hour: int  # requests
    max_in_flight: int
    min_gap: float | None
    median_gap: float | None  # the smallest of its hours' medians
    too_many: int
    server_errors: int
    pauses: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The figures of the head paragraph."""

    documents: int
    addresses: int  # different URLs among the documents
    bytes: int  # payload bytes of the documents
    refusals: int
    redirects: int
    failures: int
    needs_review: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What is known of one site: what we asked, what was taken, what was refused, what needs a person."""

    site: str
    run: int | None  # None: all runs
    written_at: datetime
    totals: Totals
    identities: Sequence[Identity]
    admissions: Sequence[Admission]
    runs: Sequence[RunLine]
    outcomes: Sequence[OutcomeLine]
    reviews: Sequence[ReviewLine]
    conflicts: Sequence[ConflictLine]
    mix: Sequence[MixLine]
    licences: Sequence[LicenceLine]
    signals: Sequence[SignalLine]
    statements: Sequence[StatementLine]  # the commonest, at most `STATEMENTS_KEPT`
    host_files: Sequence[HostFileLine]
    silent_documents: int  # nothing was stated for them, save perhaps that others are named somewhere
    refusals: Sequence[RefusalLine]
    permissions: Sequence[PermissionLine]
    robots: Sequence[RobotsSnapshot]
    media: Sequence[MediaLine]
    exchanges: Sequence[ExchangeLine]
    hours: Sequence[HourLoad]  # the latest, at most `HOURS_SHOWN`
    hosts: Sequence[HostLoad]
    gap_floor: float  # seconds between two requests to one host that we promise at least
    gap_floor_source: str
    source: SourceRow | None = None  # how the register's entry of the site stands; None: it has none
