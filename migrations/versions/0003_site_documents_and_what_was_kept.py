"""Expand: hosts' own files with every version that was read, and what was kept of each answer.

Safe under the running release: it neither reads nor writes the tables, and a capture without a word on what was kept
has its body.  Rows: none rewritten.  Contract: none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
SHA256 = sa.LargeBinary(32)
WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    kept_known = sa.CheckConstraint(
        "kept IN ('body', 'headers', 'nothing')", name=op.f("ck_capture_kept_known")
    )
    kept = sa.Column(
        "kept",
        sa.Text,
        kept_known,
        nullable=True,
        comment="what was kept of the answer: body (also null), headers, nothing (its status line)",
    )
    op.add_column("capture", kept)
    create_site_document_body()
    create_site_document()


def downgrade() -> None:
    op.drop_table("site_document")
    op.drop_table("site_document_body")
    op.drop_column("capture", "kept")


def create_site_document_body() -> None:
    op.create_table(
        "site_document_body",
        column("digest", SHA256, "SHA-256 of the body"),
        column("body", sa.LargeBinary, "content coding undone; at most 1 MiB"),
        column("length", sa.Integer, "bytes"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_site_document_body")),
        check("site_document_body", "digest_is_sha256", "length(digest) = 32"),
        check("site_document_body", "length_is_the_bodys", "length(body) = length AND length <= 1048576"),
        comment="what hosts' own files held, kept once",
    )


def create_site_document() -> None:
    op.create_table(
        "site_document",
        column("id", WIDE, "our key, in the order of recording"),
        column("origin_id", sa.Integer, "whose file it is"),
        column("name", sa.Text, "robots.txt, tdmrep.json, ai.txt, trust.txt"),
        column("url", sa.Text, "where it was asked for, after redirects"),
        column(
            "retrieval",
            sa.Text,
            "ok, absent, unreachable, malformed, oversize, wrong_type, redirected_cross_host",
        ),
        column("digest", SHA256, "what it held; null: nothing that is such a file came", nullable=True),
        column(
            "capture_id",
            WIDE,
            "capture.id of the exchange this version was first seen in; null: no answer came",
            nullable=True,
        ),
        column("first_seen", INSTANT, "UTC"),
        column("last_seen", INSTANT, "UTC; the last look that found it so"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_document")),
        sa.ForeignKeyConstraint(["origin_id"], ["origin.id"], name=op.f("fk_site_document_origin_id_origin")),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["site_document_body.digest"],
            name=op.f("fk_site_document_digest_site_document_body"),
        ),
        sa.UniqueConstraint(
            "origin_id", "name", "first_seen", name=op.f("uq_site_document_origin_id_name_first_seen")
        ),
        check(
            "site_document",
            "retrieval_known",
            "retrieval IN ('ok', 'absent', 'unreachable', 'malformed', 'oversize', 'wrong_type', 'redirected_cross_host')",
        ),
        check("site_document", "seen_in_order", "last_seen >= first_seen"),
        comment="versions of hosts' own files, in the order they were seen",
    )


def column(name: str, kind: sa.types.TypeEngine | type, comment: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable, comment=comment)


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
