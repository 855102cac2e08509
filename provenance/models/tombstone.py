"""What is left of an exchange that was forgotten: that it was, when, and why it is gone."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from provenance.models.base import Base, Bytes, Digest, Instant, SmallKey, WideKey, Words

_GONE = " AND ".join(
    f"{name} IS NULL"
    for name in (
        "segment_id",
        "warc_offset",
        "warc_length",
        "request_length",
        "metadata_length",
        "payload_digest",
        "revisit",
    )
)


class Tombstone(Base):
    """A forgotten exchange.  Its row moved here from capture, so no question about captures meets it.

    Where its bytes lie is kept until they are gone, then nulled together with the digest.
    """

    __tablename__ = "tombstone"
    __table_args__ = (
        Index(None, "erasure_id"),
        Index(None, "segment_id"),
        Index(None, "url_hash"),
        CheckConstraint("length(url_hash) = 32", name="url_hash_is_sha256"),
        CheckConstraint("length(payload_digest) = 32", name="payload_digest_is_sha256"),
        CheckConstraint(
            "kind IN ('document', 'redirect', 'failure', 'site-document')",
            name="kind_known",
        ),
        CheckConstraint(
            f"(erased_at IS NULL AND {_GONE.replace('IS NULL', 'IS NOT NULL')})"
            f" OR (erased_at IS NOT NULL AND {_GONE})",
            name="place_until_erased",
        ),
        {"comment": "exchanges that were forgotten"},
    )
    capture_id: Mapped[WideKey] = mapped_column(
        primary_key=True, autoincrement=False, comment="capture.id it had"
    )
    visit_id: Mapped[SmallKey] = mapped_column(ForeignKey("visit.id"), comment="the visit that asked for it")
    kind: Mapped[Words] = mapped_column(comment="as in capture")
    url_hash: Mapped[Digest] = mapped_column(comment="SHA-256 of its URL")
    fetched_at: Mapped[Instant] = mapped_column(comment="WARC-Date: when the request left, UTC")
    erasure_id: Mapped[SmallKey] = mapped_column(ForeignKey("erasure.id"), comment="why it is gone")
    hidden_at: Mapped[Instant] = mapped_column(comment="UTC; no question meets it since")
    recorded_at: Mapped[Instant | None] = mapped_column(
        comment="capture.recorded_at it had; null: fetched_at stands for it"
    )
    erased_at: Mapped[Instant | None] = mapped_column(comment="UTC; null: its bytes are still to go")
    segment_id: Mapped[WideKey | None] = mapped_column(
        comment="segment.id, or what it was in replaced_object; null: erased"
    )
    warc_offset: Mapped[Bytes | None] = mapped_column(comment="as in capture; null: erased")
    warc_length: Mapped[Bytes | None] = mapped_column(comment="as in capture; null: erased")
    request_length: Mapped[SmallKey | None] = mapped_column(comment="as in capture; null: erased")
    metadata_length: Mapped[SmallKey | None] = mapped_column(comment="as in capture; null: erased")
    payload_digest: Mapped[Digest | None] = mapped_column(comment="as in capture; null: erased")
    revisit: Mapped[bool | None] = mapped_column(Boolean, comment="as in capture; null: erased")
