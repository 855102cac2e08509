"""Hosts' own files about their rights: robots.txt and its kin, version by version."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from provenance.models.base import Base, Digest, Instant, SmallKey, WideKey, WireText, Words
from provenance.models.place import Origin


class SiteDocumentBody(Base):
    """What such a file held; the same bytes of a thousand hosts are kept once."""

    __tablename__ = "site_document_body"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest_is_sha256"),
        CheckConstraint("length(body) = length AND length <= 1048576", name="length_is_the_bodys"),
        {"comment": "what hosts' own files held, kept once"},
    )
    digest: Mapped[Digest] = mapped_column(primary_key=True, comment="SHA-256 of the body")
    body: Mapped[bytes] = mapped_column(comment="content coding undone; at most 1 MiB")
    length: Mapped[SmallKey] = mapped_column(comment="bytes")


class SiteDocument(Base):
    """One version of a host's file: a row is added when what is found there differs from the newest row."""

    __tablename__ = "site_document"
    __table_args__ = (
        UniqueConstraint("origin_id", "name", "first_seen"),
        CheckConstraint(
            "retrieval IN ('ok', 'absent', 'unreachable', 'malformed', 'oversize', 'wrong_type',"
            " 'redirected_cross_host')",
            name="retrieval_known",
        ),
        CheckConstraint("last_seen >= first_seen", name="seen_in_order"),
        {"comment": "versions of hosts' own files, in the order they were seen"},
    )
    id: Mapped[WideKey] = mapped_column(primary_key=True, comment="our key, in the order of recording")
    origin_id: Mapped[SmallKey] = mapped_column(ForeignKey("origin.id"), comment="whose file it is")
    name: Mapped[Words] = mapped_column(comment="robots.txt, tdmrep.json, ai.txt, trust.txt")
    url: Mapped[WireText] = mapped_column(comment="where it was asked for, after redirects")
    retrieval: Mapped[Words] = mapped_column(
        comment="ok, absent, unreachable, malformed, oversize, wrong_type, redirected_cross_host"
    )
    digest: Mapped[Digest | None] = mapped_column(
        ForeignKey("site_document_body.digest"),
        comment="what it held; null: nothing that is such a file came",
    )
    capture_id: Mapped[WideKey | None] = mapped_column(
        comment="capture.id of the exchange this version was first seen in; null: no answer came"
    )
    first_seen: Mapped[Instant] = mapped_column(comment="UTC")
    last_seen: Mapped[Instant] = mapped_column(comment="UTC; the last look that found it so")
    recorded_at: Mapped[Instant | None] = mapped_column(
        comment="UTC; when we knew it; null: recorded by an earlier release, first_seen stands for it"
    )
    origin: Mapped[Origin] = relationship()
    content: Mapped[SiteDocumentBody | None] = relationship()
