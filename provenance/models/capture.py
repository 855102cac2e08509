"""What was exchanged and kept, what was refused, and where the bytes lie."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    literal,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from provenance.models.base import Base, Bytes, Digest, Instant, SmallKey, WideKey, WireText, Words
from provenance.models.digest_prefix import DigestPrefix
from provenance.models.place import Origin, Permission
from provenance.models.rights import RightsSet
from provenance.models.run import Visit
from provenance.records import CAPTURES_PER_VISIT_BITS


class Segment(Base):
    """A WARC file of one site and one visit."""

    __tablename__ = "segment"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(None, "visit_id"),
        CheckConstraint("state IN ('spooled', 'stored')", name="state_known"),
        CheckConstraint(
            "(state = 'spooled' AND uri IS NULL AND length IS NULL AND digest IS NULL"
            " AND records IS NULL AND stored_at IS NULL)"
            " OR (state = 'stored' AND uri IS NOT NULL AND length > 0 AND length(digest) = 32"
            " AND records > 0 AND stored_at IS NOT NULL)",
            name="stored_whole_or_not_at_all",
        ),
        {"comment": "WARC files, each of one site and one visit"},
    )
    id: Mapped[WideKey] = mapped_column(
        primary_key=True, autoincrement=False, comment="visit id times 2^24 plus the segment's number"
    )
    visit_id: Mapped[SmallKey] = mapped_column(ForeignKey("visit.id"), comment="the visit that wrote it")
    state: Mapped[Words] = mapped_column(
        comment="spooled: in the worker's spool; stored: uploaded and checked"
    )
    key: Mapped[Words] = mapped_column(comment="its place under the store's root, and in the spool")
    opened_at: Mapped[Instant] = mapped_column(comment="UTC")
    uri: Mapped[Words | None] = mapped_column(comment="where it lies; null: still in the spool")
    length: Mapped[Bytes | None] = mapped_column(comment="bytes; null: still in the spool")
    digest: Mapped[Digest | None] = mapped_column(
        comment="SHA-256 of the whole file; null: still in the spool"
    )
    records: Mapped[SmallKey | None] = mapped_column(comment="WARC records in it; null: still in the spool")
    stored_at: Mapped[Instant | None] = mapped_column(comment="UTC; null: still in the spool")
    visit: Mapped[Visit] = relationship()


class Capture(Base):
    """One archived exchange: the wide row.

    The key is the visit's id times 2^24 plus the exchange's number, so a visit's captures
    are one range of keys (`captures_of`) and need no index of their own.
    The URL is ``origin.url || path``; look it up by ``url_hash`` (see `hash_of_url`).
    """

    __tablename__ = "capture"
    __table_args__ = (
        Index(None, "url_hash"),
        Index(None, "segment_id"),
        Index(None, "rights_set_id"),
        CheckConstraint("kind IN ('document', 'redirect', 'failure', 'site-document')", name="kind_known"),
        CheckConstraint("status = 0 OR status BETWEEN 100 AND 999", name="status_has_three_digits"),
        CheckConstraint("length(payload_digest) = 32", name="payload_digest_is_sha256"),
        CheckConstraint(
            "length >= 0 AND warc_offset >= 0 AND warc_length > 0 AND request_length >= 0 AND metadata_length >= 0"
            " AND warc_offset >= request_length",
            name="place_makes_sense",
        ),
        CheckConstraint(
            "truncated IN ('length', 'time', 'disconnect', 'unspecified')", name="truncated_known"
        ),
        CheckConstraint("kind <> 'document' OR rights_set_id IS NOT NULL", name="document_has_rights_set"),
        {"comment": "archived exchanges, one wide row each", "postgresql_partition_by": "RANGE (id)"},
    )
    id: Mapped[WideKey] = mapped_column(
        primary_key=True, autoincrement=False, comment="visit id times 2^24 plus the exchange's number"
    )
    visit_id: Mapped[SmallKey] = mapped_column(ForeignKey("visit.id"), comment="the visit that asked for it")
    origin_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("origin.id"), comment="scheme and authority of its URL"
    )
    permission_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("permission.id"), comment="why we were allowed to ask"
    )
    rights_set_id: Mapped[SmallKey | None] = mapped_column(
        ForeignKey("rights_set.id"),
        comment="what was stated about rights; null: says nothing about a document",
    )
    segment_id: Mapped[WideKey] = mapped_column(
        ForeignKey("segment.id"), comment="the WARC file its bytes lie in"
    )
    status: Mapped[int] = mapped_column(
        SmallInteger, comment="HTTP status; 0: not three digits, see the record"
    )
    kind: Mapped[Words] = mapped_column(
        comment="document, redirect, failure, site-document (robots.txt, sitemap, feed)"
    )
    revisit: Mapped[bool] = mapped_column(Boolean, comment="the payload lies in an earlier record")
    fetched_at: Mapped[Instant] = mapped_column(comment="WARC-Date: when the request left, UTC")
    length: Mapped[Bytes] = mapped_column(comment="payload length, bytes, content coding kept")
    warc_offset: Mapped[Bytes] = mapped_column(comment="where the response (or revisit) record begins, bytes")
    warc_length: Mapped[Bytes] = mapped_column(comment="bytes of that record, compressed")
    request_length: Mapped[SmallKey] = mapped_column(comment="bytes of the request record right before it")
    metadata_length: Mapped[SmallKey] = mapped_column(comment="bytes of the metadata record right behind it")
    payload_digest: Mapped[Digest] = mapped_column(comment="SHA-256 of the payload")
    url_hash: Mapped[WideKey] = mapped_column(
        comment="first 8 bytes of the URL's SHA-256, signed: finds, never proves"
    )
    media_type: Mapped[WireText] = mapped_column(comment="lower case, no parameters; empty: not stated")
    truncated: Mapped[Words | None] = mapped_column(comment="WARC-Truncated; null: whole")
    path: Mapped[WireText] = mapped_column(comment="path with query as requested")
    kept: Mapped[Words | None] = mapped_column(
        CheckConstraint("kept IN ('body', 'headers', 'nothing')", name="kept_known"),
        comment="what was kept of the answer: body (also null), headers, nothing (its status line)",
    )
    recorded_at: Mapped[Instant | None] = mapped_column(
        comment="UTC; when we knew it; null: recorded by an earlier release, fetched_at stands for it"
    )
    language: Mapped[WireText | None] = mapped_column(
        comment="as the page states it, BCP 47 in lower case; null: not stated"
    )
    simhash: Mapped[Bytes | None] = mapped_column(
        comment="64-bit fingerprint of its visible text, signed: near ones differ in few bits; null: too little text"
    )
    visit: Mapped[Visit] = relationship()
    origin: Mapped[Origin] = relationship()
    permission: Mapped[Permission] = relationship()
    rights_set: Mapped[RightsSet | None] = relationship()
    segment: Mapped[Segment] = relationship()


Index("ix_capture_payload_digest_prefix", DigestPrefix(Capture.payload_digest))


class Refusal(Base):
    """What was not taken, and why: a result like any other.  Once a visit for each URL and rule."""

    __tablename__ = "refusal"
    __table_args__ = (
        UniqueConstraint("visit_id", "url_hash", "rule"),
        Index(None, "url_hash"),
        CheckConstraint("rule <> '' AND reason <> ''", name="says_why"),
        {"comment": "what was not taken, and why"},
    )
    id: Mapped[WideKey] = mapped_column(primary_key=True, comment="our key, in the order of recording")
    visit_id: Mapped[SmallKey] = mapped_column(ForeignKey("visit.id"), comment="the visit that asked")
    origin_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("origin.id"), comment="scheme and authority of its URL"
    )
    permission_id: Mapped[SmallKey | None] = mapped_column(
        ForeignKey("permission.id"), comment="the answer that refused; null: refused without asking one"
    )
    url_hash: Mapped[WideKey] = mapped_column(comment="as in capture")
    at: Mapped[Instant] = mapped_column(comment="UTC; the first time in this visit")
    rule: Mapped[Words] = mapped_column(
        comment="robots.disallow, scope, address, site.http-403, limit.depth, ..."
    )
    path: Mapped[WireText] = mapped_column(comment="path with query")
    reason: Mapped[WireText] = mapped_column(comment="a sentence for people")
    evidence: Mapped[WireText] = mapped_column(comment="the line, the status, the address it stands on")
    recorded_at: Mapped[Instant | None] = mapped_column(
        comment="UTC; when we knew it; null: recorded by an earlier release, at stands for it"
    )
    visit: Mapped[Visit] = relationship()
    origin: Mapped[Origin] = relationship()
    permission: Mapped[Permission | None] = relationship()


def captures_of(visit_id: InstrumentedAttribute[int] | int) -> ColumnElement[bool]:
    """Return the condition «this capture belongs to that visit», as a range of keys.

    Join with it (``select(...).join(Capture, captures_of(Visit.id))``): both engines then
    walk the primary key instead of the whole table.
    """
    span: Any = 1 << CAPTURES_PER_VISIT_BITS
    if not isinstance(visit_id, int):
        span = literal(span, BigInteger)  # else PostgreSQL multiplies in 32 bits: enough for 127 visits
    in_range: ColumnElement[bool] = (Capture.id >= visit_id * span) & (Capture.id < (visit_id + 1) * span)
    return in_range


def hash_of_url(url: str) -> int:
    """Return the signed 64-bit number that ``url_hash`` holds for an URL.

    It finds candidates through a small index; compare the URL itself, too.

    >>> hash_of_url("https://example.org/") == hash_of_url("https://example.org/")
    True
    """
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "replace")).digest()[:8], "big", signed=True)
