"""Expand: what was forgotten and why, what must not be, and what is left of each forgotten exchange.

Safe under the running release: it neither reads nor writes the tables; what is erased it no longer finds.
Rows: none rewritten.  Contract: none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
SHA256 = sa.LargeBinary(32)
WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PLACE = (
    "segment_id",
    "warc_offset",
    "warc_length",
    "request_length",
    "metadata_length",
    "payload_digest",
    "revisit",
)


def upgrade() -> None:
    create_erasure()
    create_replaced_object()
    create_tombstone()
    create_legal_hold()


def downgrade() -> None:
    for table in ("legal_hold", "tombstone", "replaced_object", "erasure"):
        op.drop_table(table)


def create_erasure() -> None:
    op.create_table(
        "erasure",
        column("id", sa.Integer, "our key"),
        column("scope_kind", sa.Text, "url, prefix, site, digest, retention"),
        column("scope_value", sa.Text, "the URL, prefix, site, sha256:hex; for retention what it enforced"),
        column("reason", sa.Text, "why, in words"),
        column("requested_by", sa.Text, "who asked for it"),
        column("requested_at", INSTANT, "UTC; hidden from every question since"),
        column(
            "state",
            sa.Text,
            "hidden from questions; rewritten: no current object holds it; erased: nothing of ours does",
        ),
        column("suppresses", sa.Boolean, "whether the scope is never fetched again"),
        column("finished_at", INSTANT, "UTC; null: bytes are still to go", nullable=True),
        column("captures", sa.Integer, "exchanges it covers"),
        column("segments", sa.Integer, "WARC files that held them"),
        column("bytes", sa.BigInteger, "of their records, compressed"),
        column(
            "facts",
            sa.JSON,
            "JSON object: what was deleted, rewritten and looked at; null: not erased yet",
            nullable=True,
        ),
        column("certificate", sa.Text, "signed JSON, verbatim; null: none made yet", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        check(
            "erasure",
            "scope_kind_known",
            "scope_kind IN ('url', 'prefix', 'site', 'digest', 'retention')",
        ),
        check("erasure", "state_known", "state IN ('hidden', 'rewritten', 'erased')"),
        check("erasure", "says_who_and_why", "reason <> '' AND requested_by <> ''"),
        check("erasure", "counts_not_negative", "captures >= 0 AND segments >= 0 AND bytes >= 0"),
        check("erasure", "finished_when_erased", "(state = 'erased') = (finished_at IS NOT NULL)"),
        comment="requests to forget, and how far each has come",
    )
    index("erasure", "state")


def create_replaced_object() -> None:
    op.create_table(
        "replaced_object",
        column("key", sa.Text, "its place under the store's root"),
        column("erasure_id", sa.Integer, "what replaced it"),
        column("segment_id", WIDE, "segment.id it was, whose row may be gone"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_replaced_object")),
        references("replaced_object", "erasure_id", "erasure"),
        comment="objects of the store that an erasure has to delete",
    )
    index("replaced_object", "erasure_id", "segment_id")


def create_tombstone() -> None:
    gone = " AND ".join(f"{name} IS NULL" for name in PLACE)
    there = " AND ".join(f"{name} IS NOT NULL" for name in PLACE)
    op.create_table(
        "tombstone",
        sa.Column("capture_id", WIDE, nullable=False, autoincrement=False, comment="capture.id it had"),
        column("visit_id", sa.Integer, "the visit that asked for it"),
        column("kind", sa.Text, "as in capture"),
        column("url_hash", SHA256, "SHA-256 of its URL"),
        column("fetched_at", INSTANT, "WARC-Date: when the request left, UTC"),
        column("erasure_id", sa.Integer, "why it is gone"),
        column("hidden_at", INSTANT, "UTC; no question meets it since"),
        column("erased_at", INSTANT, "UTC; null: its bytes are still to go", nullable=True),
        column(
            "segment_id", WIDE, "segment.id, or what it was in replaced_object; null: erased", nullable=True
        ),
        column("warc_offset", sa.BigInteger, "as in capture; null: erased", nullable=True),
        column("warc_length", sa.BigInteger, "as in capture; null: erased", nullable=True),
        column("request_length", sa.Integer, "as in capture; null: erased", nullable=True),
        column("metadata_length", sa.Integer, "as in capture; null: erased", nullable=True),
        column("payload_digest", SHA256, "as in capture; null: erased", nullable=True),
        column("revisit", sa.Boolean, "as in capture; null: erased", nullable=True),
        sa.PrimaryKeyConstraint("capture_id", name=op.f("pk_tombstone")),
        references("tombstone", "visit_id", "visit"),
        references("tombstone", "erasure_id", "erasure"),
        check("tombstone", "url_hash_is_sha256", "length(url_hash) = 32"),
        check("tombstone", "payload_digest_is_sha256", "length(payload_digest) = 32"),
        check("tombstone", "kind_known", "kind IN ('document', 'redirect', 'failure', 'site-document')"),
        check(
            "tombstone",
            "place_until_erased",
            f"(erased_at IS NULL AND {there}) OR (erased_at IS NOT NULL AND {gone})",
        ),
        comment="exchanges that were forgotten",
    )
    index("tombstone", "erasure_id")
    index("tombstone", "segment_id")
    index("tombstone", "url_hash")


def create_legal_hold() -> None:
    op.create_table(
        "legal_hold",
        column("id", sa.Integer, "our key"),
        column("scope_kind", sa.Text, "url, prefix, site, digest"),
        column("scope_value", sa.Text, "the URL, prefix, site, sha256:hex"),
        column("reason", sa.Text, "why, in words"),
        column("placed_by", sa.Text, "who placed it"),
        column("placed_at", INSTANT, "UTC"),
        column("lifted_at", INSTANT, "UTC; null: it stands", nullable=True),
        column("lifted_by", sa.Text, "who lifted it; null: it stands", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
        check("legal_hold", "scope_kind_known", "scope_kind IN ('url', 'prefix', 'site', 'digest')"),
        check("legal_hold", "says_who_and_why", "reason <> '' AND placed_by <> ''"),
        check("legal_hold", "lifted_by_somebody", "(lifted_at IS NULL) = (lifted_by IS NULL)"),
        comment="what must not be erased, since when and why",
    )


def column(name: str, kind: sa.types.TypeEngine | type, comment: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable, comment=comment)


def references(table: str, name: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}"))


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
