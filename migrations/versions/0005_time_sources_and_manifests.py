"""Expand: when everything was recorded, tallies, the register of sources, manifests and what is called back of them.

Safe under the running release: it neither reads nor writes the tables, and writes null in the columns; for rows of its
kind the event's own time stands in.  Rows: none rewritten; one entry a site is made in the register, from the oldest
admission on record.  Locks: columns without default and without constraint cost a catalogue row, however long the
table is.  Contract: none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005", "0004"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
SHA256 = sa.LargeBinary(32)
WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDS_IN = {
    "capture": "fetched_at",
    "refusal": "at",
    "site_document": "first_seen",
    "source": "run.started_at",
    "visit": "opened_at",
}
TABLES = (
    "clock",
    "recall_acknowledgement",
    "recall",
    "manifest_part",
    "manifest",
    "source_entry",
    "visit_tally",
)
BACKFILL = """
    INSERT INTO source_entry
        (name, site_id, mode, action, by, basis, categories, conditions, valid_from, run_id, recorded_at)
    SELECT site.name, site.id, 'crawled', 'admitted', source.admitted_by, source.basis, '[]', '[]',
           run.started_at, run.id, run.started_at
    FROM source JOIN site ON site.id = source.site_id JOIN run ON run.id = source.run_id
    WHERE source.id IN (SELECT min(id) FROM source GROUP BY site_id)
    ORDER BY source.id
"""


def upgrade() -> None:
    for table, other in STANDS_IN.items():
        words = f"UTC; when we knew it; null: recorded by an earlier release, {other} stands for it"
        op.add_column(table, column("recorded_at", INSTANT, words, nullable=True))
    words = "UTC; when it was made; null: by an earlier release, with the first run under its policy"
    op.add_column("decision", column("recorded_at", INSTANT, words, nullable=True))
    words = "capture.recorded_at it had; null: fetched_at stands for it"
    op.add_column("tombstone", column("recorded_at", INSTANT, words, nullable=True))
    words = "as the page states it, BCP 47 in lower case; null: not stated"
    op.add_column("capture", column("language", sa.Text, words, nullable=True))
    words = (
        "64-bit fingerprint of its visible text, signed: near ones differ in few bits; null: too little text"
    )
    op.add_column("capture", column("simhash", sa.BigInteger, words, nullable=True))
    words = "UTC; since when visit_tally counts its documents; null: it does not, count them in capture"
    op.add_column("visit", column("tallied_at", INSTANT, words, nullable=True))
    add_recorded_until()
    create_visit_tally()
    create_source_entry()
    create_manifest()
    create_manifest_part()
    create_recall()
    create_recall_acknowledgement()
    create_clock()
    op.execute(BACKFILL)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("visit", "recorded_until")  # its check goes with it
    op.drop_column("visit", "tallied_at")
    for table in ("decision", "tombstone", *STANDS_IN):
        op.drop_column(table, "recorded_at")
    op.drop_column("capture", "language")
    op.drop_column("capture", "simhash")


def add_recorded_until() -> None:
    words = "UTC; the latest capture.recorded_at when it was tallied; null: not tallied, or no capture says"
    told = check("visit", "recorded_until_when_tallied", "tallied_at IS NOT NULL OR recorded_until IS NULL")
    op.add_column("visit", sa.Column("recorded_until", INSTANT, told, nullable=True, comment=words))


def create_visit_tally() -> None:
    op.create_table(
        "visit_tally",
        column("visit_id", sa.Integer, "the visit"),
        column("rights_set_id", sa.Integer, "what was stated for them"),
        column("documents", sa.Integer, "captures of kind document"),
        column("bytes", sa.BigInteger, "of their payloads"),
        column("least", WIDE, "capture.id of the first of them"),
        column("latest", WIDE, "capture.id of the last of them"),
        sa.PrimaryKeyConstraint("visit_id", "rights_set_id", name=op.f("pk_visit_tally")),
        references("visit_tally", "visit_id", "visit"),
        references("visit_tally", "rights_set_id", "rights_set"),
        check("visit_tally", "counts_make_sense", "documents > 0 AND bytes >= 0 AND least <= latest"),
        comment="documents of a tallied visit by rights set",
    )


def create_source_entry() -> None:
    op.create_table(
        "source_entry",
        column("id", sa.Integer, "our key, in the order of recording"),
        column("name", sa.Text, "the site, or what else the source is called"),
        column("site_id", sa.Integer, "the site it is crawled from; null: it is not crawled", nullable=True),
        column("mode", sa.Text, "how it comes to us: crawled, own, licensed, shared, imported"),
        column("action", sa.Text, "admitted, revoked"),
        column("by", sa.Text, "who admitted or revoked it"),
        column("basis", sa.Text, "on what basis; null: revoked", nullable=True),
        column("reason", sa.Text, "why, in words; null: admitted without more words", nullable=True),
        column("categories", sa.JSON, "JSON list of data categories that were assessed"),
        column("conditions", sa.JSON, "JSON list of conditions to keep, in words"),
        column(
            "assessment",
            sa.JSON,
            "JSON object: duties by requirement id and what was said of each; null: none was made",
            nullable=True,
        ),
        column("assessor", sa.Text, "who assessed it; null: nobody is named", nullable=True),
        column("approver", sa.Text, "who approved it; null: nobody is named", nullable=True),
        column("valid_from", INSTANT, "UTC; in force from then on"),
        column("valid_until", INSTANT, "UTC; no longer in force then; null: no end is set", nullable=True),
        column(
            "run_id",
            sa.Integer,
            "the run whose job file admitted it; null: the register's own command",
            nullable=True,
        ),
        column("recorded_at", INSTANT, "UTC; when we knew it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_entry")),
        references("source_entry", "site_id", "site"),
        references("source_entry", "run_id", "run"),
        check("source_entry", "name_not_empty", "name <> ''"),
        check("source_entry", "mode_known", "mode IN ('crawled', 'own', 'licensed', 'shared', 'imported')"),
        check("source_entry", "crawled_from_a_site", "(mode = 'crawled') = (site_id IS NOT NULL)"),
        check("source_entry", "action_known", "action IN ('admitted', 'revoked')"),
        check(
            "source_entry",
            "says_why",
            "(action = 'admitted' AND basis IS NOT NULL) OR (action = 'revoked' AND reason IS NOT NULL)",
        ),
        check("source_entry", "valid_for_a_while", "valid_until > valid_from"),
        check("source_entry", "four_eyes", "assessor <> approver"),
        comment="the register of sources, entry by entry",
    )
    index("source_entry", "name")
    index("source_entry", "site_id")


def create_manifest() -> None:
    op.create_table(
        "manifest",
        column("id", sa.Integer, "our key"),
        column("seal", SHA256, "SHA-256 of its header"),
        column("rows_digest", SHA256, "SHA-256 over its rows, as its header states it"),
        column("holder", sa.Text, "the team it was made for; null: nobody was named", nullable=True),
        column("registered_at", INSTANT, "UTC; recorded time"),
        column("usage", sa.Text, "what its documents may be used for"),
        column("policy_id", sa.Integer, "the policy that decided"),
        column("as_of", INSTANT, "UTC; the recorded time that it answers for"),
        column("rows", sa.BigInteger, "captures in it"),
        column("header", sa.Text, "canonical JSON, as in the file"),
        column(
            "swept_at",
            INSTANT,
            "UTC; recorded time that its recalls are complete up to; null: never looked through",
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest")),
        references("manifest", "policy_id", "policy"),
        sa.UniqueConstraint("seal", name=op.f("uq_manifest_seal")),
        check("manifest", "digests_are_sha256", "length(seal) = 32 AND length(rows_digest) = 32"),
        check("manifest", "rows_not_negative", "rows >= 0"),
        comment="manifests as they were written",
    )
    index("manifest", "holder")


def create_manifest_part() -> None:
    op.create_table(
        "manifest_part",
        column("manifest_id", sa.Integer, "the manifest"),
        column("first", WIDE, "capture.id of the first"),
        column("last", WIDE, "capture.id of the last"),
        column("captures", sa.Integer, "how many"),
        column(
            "ids",
            sa.LargeBinary,
            "their keys in order: differences as 64-bit little-endian integers, deflated",
        ),
        sa.PrimaryKeyConstraint("manifest_id", "first", name=op.f("pk_manifest_part")),
        references("manifest_part", "manifest_id", "manifest"),
        check("manifest_part", "range_makes_sense", "first <= last AND captures BETWEEN 1 AND 65536"),
        comment="which captures a manifest holds",
    )


def create_recall() -> None:
    op.create_table(
        "recall",
        column("id", WIDE, "our key, in the order of recording: the cursor"),
        column("manifest_id", sa.Integer, "the manifest"),
        column("capture_id", WIDE, "capture.id of the row; the capture may be gone"),
        column("cause", sa.Text, "erased, source.revoked, source.expired, host-file, newer-exchange, ..."),
        column("detail", sa.Text, "a sentence for people, without the URL"),
        column("noted_at", INSTANT, "UTC; recorded time"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
        references("recall", "manifest_id", "manifest"),
        sa.UniqueConstraint(
            "manifest_id", "capture_id", "cause", name=op.f("uq_recall_manifest_id_capture_id_cause")
        ),
        check("recall", "says_why", "cause <> ''"),
        comment="rows of manifests that were called back",
    )


def create_recall_acknowledgement() -> None:
    op.create_table(
        "recall_acknowledgement",
        column("id", sa.Integer, "our key"),
        column("holder", sa.Text, "as in manifest"),
        column("cursor", WIDE, "recall.id up to which it acted, itself included"),
        column("by", sa.Text, "who said so"),
        column("at", INSTANT, "UTC; recorded time"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_acknowledgement")),
        check("recall_acknowledgement", "cursor_not_negative", "cursor >= 0"),
        comment="how far holders have acted on their feeds",
    )
    index("recall_acknowledgement", "holder")


def create_clock() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False, comment="always 1"),
        column("latest", INSTANT, "UTC"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        check("clock", "one_row", "id = 1"),
        comment="the latest recorded time given out, on SQLite",
    )


def column(name: str, kind: sa.types.TypeEngine | type, comment: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable, comment=comment)


def references(table: str, name: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}"))


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
