"""Manifests that left the house: what each one holds, who has it, and what was called back since."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from provenance.models.base import Base, Bytes, Digest, Instant, SmallKey, WideKey, WireText, Words


class Manifest(Base):
    """One manifest as it was written."""

    __tablename__ = "manifest"
    __table_args__ = (
        UniqueConstraint("seal"),
        Index(None, "holder"),
        CheckConstraint("length(seal) = 32 AND length(rows_digest) = 32", name="digests_are_sha256"),
        CheckConstraint("rows >= 0", name="rows_not_negative"),
        {"comment": "manifests as they were written"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    seal: Mapped[Digest] = mapped_column(comment="SHA-256 of its header")
    rows_digest: Mapped[Digest] = mapped_column(comment="SHA-256 over its rows, as its header states it")
    holder: Mapped[WireText | None] = mapped_column(
        comment="the team it was made for; null: nobody was named"
    )
    registered_at: Mapped[Instant] = mapped_column(comment="UTC; recorded time")
    usage: Mapped[Words] = mapped_column(comment="what its documents may be used for")
    policy_id: Mapped[SmallKey] = mapped_column(ForeignKey("policy.id"), comment="the policy that decided")
    as_of: Mapped[Instant] = mapped_column(comment="UTC; the recorded time that it answers for")
    rows: Mapped[Bytes] = mapped_column(comment="captures in it")
    header: Mapped[Words] = mapped_column(comment="canonical JSON, as in the file")
    swept_at: Mapped[Instant | None] = mapped_column(
        comment="UTC; recorded time that its recalls are complete up to; null: never looked through"
    )


class ManifestPart(Base):
    """Some of the captures in a manifest: a range of keys, packed."""

    __tablename__ = "manifest_part"
    __table_args__ = (
        CheckConstraint("first <= last AND captures BETWEEN 1 AND 65536", name="range_makes_sense"),
        {"comment": "which captures a manifest holds"},
    )
    manifest_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("manifest.id"), primary_key=True, autoincrement=False, comment="the manifest"
    )
    first: Mapped[WideKey] = mapped_column(
        primary_key=True, autoincrement=False, comment="capture.id of the first"
    )
    last: Mapped[WideKey] = mapped_column(comment="capture.id of the last")
    captures: Mapped[SmallKey] = mapped_column(comment="how many")
    ids: Mapped[bytes] = mapped_column(
        LargeBinary, comment="their keys in order: differences as 64-bit little-endian integers, deflated"
    )


class Recall(Base):
    """A row of a manifest that may not be used any more; its key is the feed's cursor.  Stays for good."""

    __tablename__ = "recall"
    __table_args__ = (
        UniqueConstraint("manifest_id", "capture_id", "cause"),
        CheckConstraint("cause <> ''", name="says_why"),
        {"comment": "rows of manifests that were called back"},
    )
    id: Mapped[WideKey] = mapped_column(
        primary_key=True, comment="our key, in the order of recording: the cursor"
    )
    manifest_id: Mapped[SmallKey] = mapped_column(ForeignKey("manifest.id"), comment="the manifest")
    capture_id: Mapped[WideKey] = mapped_column(comment="capture.id of the row; the capture may be gone")
    cause: Mapped[Words] = mapped_column(
        comment="erased, source.revoked, source.expired, host-file, newer-exchange, ..."
    )
    detail: Mapped[WireText] = mapped_column(comment="a sentence for people, without the URL")
    noted_at: Mapped[Instant] = mapped_column(comment="UTC; recorded time")


class RecallAcknowledgement(Base):
    """A holder's word that it has acted on its feed up to a cursor."""

    __tablename__ = "recall_acknowledgement"
    __table_args__ = (
        Index(None, "holder"),
        CheckConstraint("cursor >= 0", name="cursor_not_negative"),
        {"comment": "how far holders have acted on their feeds"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    holder: Mapped[WireText] = mapped_column(comment="as in manifest")
    cursor: Mapped[WideKey] = mapped_column(comment="recall.id up to which it acted, itself included")
    by: Mapped[WireText] = mapped_column(comment="who said so")
    at: Mapped[Instant] = mapped_column(comment="UTC; recorded time")
