"""What erasing reads from and writes to the database, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from provenance.erasures.scope import Scope


class ErasureState(StrEnum):
    """How far an erasure has come."""

    HIDDEN = "hidden"  # no question meets it; its bytes lie where they lay
    REWRITTEN = "rewritten"  # no segment that a row names holds it; the replaced objects are still there
    ERASED = "erased"  # nothing of ours holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRecord:
    """One request to forget."""

    id: int
    scope: Scope
    reason: str
    requested_by: str
    requested_at: datetime  # UTC: hidden since
    state: ErasureState
    suppresses: bool  # the scope is never fetched again
    finished_at: datetime | None  # UTC; None: bytes are still to go
    captures: int  # exchanges it covers
    segments: int  # that held them
    bytes: int  # of their records, compressed
    facts: Mapping[str, Any] | None  # what was deleted, rewritten and looked at; None: not erased yet
    certificate: str | None  # as signed; None: none made yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A duty to preserve."""

    id: int
    scope: Scope
    reason: str
    placed_by: str
    placed_at: datetime  # UTC
    lifted_at: datetime | None  # UTC; None: it stands
    lifted_by: str | None

    def __str__(self) -> str:
        """For people: who holds what, since when and why."""
        since = self.placed_at.date().isoformat()
        return f"legal hold {self.id} on {self.scope}, placed by {self.placed_by} on {since}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What erasing a scope would touch."""

    scope: Scope
    captures: int  # exchanges
    documents: int  # of them, those that a data team sees
    segments: int  # that hold them
    whole_segments: int  # of them, those in which nothing else lies
    spooled: Sequence[str]  # keys of those that are not in the store yet
    bytes: int  # of their records, compressed
    pointing_in: int  # revisits outside whose body lies inside
    sites: Sequence[str]  # whose segments these are
    holds: Sequence[Hold]  # that stand against it


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where one exchange lies in its segment: request, response or revisit, metadata."""

    capture_id: int
    offset: int  # of the response or revisit
    length: int
    request_length: int
    metadata_length: int

    @property
    def start(self) -> int:
        """Where its request begins."""
        return self.offset - self.request_length

    @property
    def end(self) -> int:
        """Where its metadata ends."""
        return self.offset + self.length + self.metadata_length


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSegment:
    """A segment that holds hidden exchanges."""

    id: int
    site: str
    key: str
    stored: bool  # in the store; else in some spool
    length: int | None  # bytes; None while spooled
    digest: bytes | None
    records: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An exchange whose record holds a body that revisits point to."""

    url: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenBody:
    """Where the body of a hidden exchange still lies."""

    key: str
    span: Span
    url_hash: bytes  # SHA-256 of its URL
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """A revisit that an erasure does not cover, with a payload that it does."""

    span: Span
    segment_id: int
    url: str | None  # None: another erasure has hidden it, its record tells
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The exchanges of one site with one payload of which an original is being erased."""

    site: str
    payload_digest: bytes
    bodies: Sequence[HiddenBody]  # the originals that go, at least one
    pointers: Sequence[Pointer]  # the revisits that stay, visible ones first, then the earliest; at least one
    survivor: Original | None  # the earliest original that stays; None: the first pointer has to become one


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Where an exchange lies in its rewritten segment."""

    capture_id: int
    offset: int
    length: int
    became_original: bool = False  # a revisit that got the body


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSwitched:
    """A rewritten segment that the store holds, checked."""

    id: int
    old_key: str
    key: str
    uri: str
    length: int  # bytes
    digest: bytes  # SHA-256 of the whole object
    records: int
    stored_at: datetime
    moved: Sequence[Moved]  # every exchange that is left in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells a hidden exchange wherever its records turn up."""

    url_hash: bytes  # SHA-256 of the URL
    fetched_at: datetime  # UTC: the WARC-Date of its records
    payload_digest: bytes
