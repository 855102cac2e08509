"""The first schema: who asked, who permitted, what was stated, what was decided, where the bytes lie.

One row an exchange, wide: an URL is an origin and a path and is never stored twice; digests are
32 bytes with an index on the first 8; instants are microseconds since 1970 on SQLite.
Rows: none.  Contract: nothing came before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
SHA256 = sa.LargeBinary(32)
WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite's rowid is named INTEGER only


def upgrade() -> None:
    for create in (
        create_policy,
        create_run,
        create_site,
        create_source,
        create_visit,
        create_lease,
        create_origin,
        create_permission,
        create_rights_set,
        create_decision,
        create_segment,
        create_capture,
        create_refusal,
        create_host_state,
        create_host_load,
    ):
        create()


def downgrade() -> None:
    for table in (
        "host_load",
        "host_state",
        "refusal",
        "capture",
        "segment",
        "decision",
        "rights_set",
        "permission",
        "origin",
        "lease",
        "visit",
        "source",
        "site",
        "run",
        "policy",
    ):
        op.drop_table(table)


def create_policy() -> None:
    op.create_table(
        "policy",
        column("id", sa.Integer, "our key"),
        column("digest", SHA256, "SHA-256 of the policy: its version"),
        column("name", sa.Text, "profile name, or the file it was read from"),
        column("text", sa.Text, "the policy's TOML, verbatim"),
        primary_key("policy", "id"),
        unique("policy", "digest"),
        check("policy", "digest_is_sha256", "length(digest) = 32"),
        comment="policies as they were applied",
    )


def create_run() -> None:
    op.create_table(
        "run",
        column("id", sa.Integer, "our key"),
        column("job_name", sa.Text, "[job].name"),
        column("job_digest", SHA256, "SHA-256 of the job's canonical JSON: the same job"),
        column("job_text", sa.Text, "the job file as it was read"),
        column("purpose", sa.Text, "the usage that documents are gathered for"),
        column("policy_id", sa.Integer, "the policy that decided"),
        column("operator", sa.Text, "who runs it"),
        column("contact", sa.Text, "where a site's owner reaches the operator"),
        column("info_url", sa.Text, "page about the crawler; null: none stated", nullable=True),
        column("product_token", sa.Text, "the name that robots.txt addresses us by"),
        column("user_agent", sa.Text, "User-Agent as sent"),
        column("software", sa.Text, "program and version"),
        column("settings_digest", SHA256, "SHA-256 of the effective crawler settings"),
        column("started_at", INSTANT, "UTC"),
        column("heartbeat_at", INSTANT, "UTC; last sign of life"),
        column("ended_at", INSTANT, "UTC; null: has not ended, or was resumed", nullable=True),
        column("state", sa.Text, "running, waiting, interrupted (can be resumed), finished"),
        column("waiting_until", INSTANT, "UTC; when the first waiting site is due", nullable=True),
        column("waiting_for", sa.JSON, "JSON list of sites that are not due yet"),
        column("resumptions", sa.Integer, "how often it was taken up again"),
        column("resumed_at", INSTANT, "UTC; last resumption; null: never", nullable=True),
        column("exit_code", sa.Integer, "of the command; null: has not ended", nullable=True),
        column("summary", sa.JSON, "JSON object: what the command printed at its end"),
        primary_key("run", "id"),
        references("run", "policy_id", "policy"),
        check("run", "contact_stated", "contact <> ''"),
        check("run", "job_digest_is_sha256", "length(job_digest) = 32"),
        check("run", "resumptions_not_negative", "resumptions >= 0"),
        check("run", "settings_digest_is_sha256", "length(settings_digest) = 32"),
        check("run", "state_known", "state IN ('running', 'waiting', 'interrupted', 'finished')"),
        comment="one execution of a job",
    )
    index("run", "job_digest")
    index("run", "job_name")


def create_site() -> None:
    op.create_table(
        "site",
        column("id", sa.Integer, "our key"),
        column("name", sa.Text, "registrable domain, IP address or localhost"),
        primary_key("site", "id"),
        unique("site", "name"),
        check("site", "name_not_empty", "name <> ''"),
        comment="registrable domains, IP addresses, localhost",
    )


def create_source() -> None:
    op.create_table(
        "source",
        column("id", sa.Integer, "our key"),
        column("run_id", sa.Integer, "the run it holds for"),
        column("site_id", sa.Integer, "the site admitted"),
        column("digest", SHA256, "SHA-256 of the admission: a resumed run states it once"),
        column("start", sa.JSON, "JSON list of start URLs"),
        column("include", sa.JSON, "JSON list of URL prefixes in scope"),
        column("admitted_by", sa.Text, "who admitted it"),
        column("basis", sa.Text, "on what basis"),
        column(
            "permission", sa.JSON, "JSON object: the owner's permission as written; null: none", nullable=True
        ),
        primary_key("source", "id"),
        references("source", "run_id", "run"),
        references("source", "site_id", "site"),
        unique("source", "run_id", "site_id", "digest"),
        check("source", "digest_is_sha256", "length(digest) = 32"),
        comment="the admission of a site to a run",
    )


def create_visit() -> None:
    op.create_table(
        "visit",
        column("id", sa.Integer, "our key; the high bits of its captures' keys"),
        column("run_id", sa.Integer, "the run it is part of"),
        column("site_id", sa.Integer, "the site visited"),
        column("epoch", sa.Integer, "of the lease it was opened under"),
        column("opened_at", INSTANT, "UTC"),
        column("ended_at", INSTANT, "UTC; null: open, or its worker died", nullable=True),
        column("reason", sa.Text, "why it ended", nullable=True),
        primary_key("visit", "id"),
        references("visit", "run_id", "run"),
        references("visit", "site_id", "site"),
        check("visit", "epoch_positive", "epoch > 0"),
        check("visit", "reason_when_ended", "(ended_at IS NULL) = (reason IS NULL)"),
        comment="one site in one run, in one worker's hands",
    )
    index("visit", "run_id", "site_id")
    index("visit", "site_id")


def create_lease() -> None:
    op.create_table(
        "lease",
        column("site_id", sa.Integer, "the site", autoincrement=False),
        column("owner", sa.Text, "the worker that holds it; null: free", nullable=True),
        column("epoch", sa.Integer, "grows with every owner; writes under an older one are refused"),
        column("acquired_at", INSTANT, "UTC; null: free", nullable=True),
        column("expires_at", INSTANT, "UTC; null: free", nullable=True),
        primary_key("lease", "site_id"),
        references("lease", "site_id", "site"),
        check("lease", "epoch_not_negative", "epoch >= 0"),
        check(
            "lease",
            "held_or_free",
            "(owner IS NULL) = (expires_at IS NULL) AND (owner IS NULL) = (acquired_at IS NULL)",
        ),
        comment="who may work on a site now",
    )


def create_origin() -> None:
    op.create_table(
        "origin",
        column("id", sa.Integer, "our key"),
        column("url", sa.Text, "https://example.org, with the port unless it is the scheme's own"),
        primary_key("origin", "id"),
        unique("origin", "url"),
        comment="scheme and authority, kept once",
    )


def create_permission() -> None:
    op.create_table(
        "permission",
        column("id", sa.Integer, "our key"),
        column("digest", SHA256, "SHA-256 of the answer: kept once"),
        column("origin_id", sa.Integer, "whose rules these are"),
        column("granted", sa.Boolean, "whether the request was allowed to leave"),
        column("rule", sa.Text, "robots.allow, robots.disallow, robots.absent, owner, ..."),
        column(
            "line_number",
            sa.Integer,
            "line of robots.txt that decided, from 1; null: none did",
            nullable=True,
        ),
        column("line_text", sa.Text, "that line", nullable=True),
        column(
            "overridden_line_number", sa.Integer, "a Disallow that a longer Allow overrode", nullable=True
        ),
        column("overridden_line_text", sa.Text, "that line", nullable=True),
        column(
            "robots_state",
            sa.Text,
            "available, allow_all, deny_all, unreachable; null: not asked",
            nullable=True,
        ),
        column(
            "robots_capture_id",
            WIDE,
            "capture.id of the robots.txt exchange, which may be recorded after its first answer; null: no answer came",
            nullable=True,
        ),
        primary_key("permission", "id"),
        references("permission", "origin_id", "origin"),
        unique("permission", "digest"),
        check("permission", "digest_is_sha256", "length(digest) = 32"),
        check("permission", "line_number_from_1", "line_number > 0"),
        check("permission", "overridden_line_number_from_1", "overridden_line_number > 0"),
        comment="answers to: may we request this URL",
    )


def create_rights_set() -> None:
    op.create_table(
        "rights_set",
        column("id", sa.Integer, "our key"),
        column("digest", SHA256, "SHA-256 of the canonical JSON"),
        column("canonical", sa.Text, "the statements as canonical JSON"),
        column("licences", sa.JSON, "JSON list: SPDX expressions, or licence URLs without one, sorted"),
        primary_key("rights_set", "id"),
        unique("rights_set", "digest"),
        check("rights_set", "digest_is_sha256", "length(digest) = 32"),
        comment="statements about rights, kept once",
    )


def create_decision() -> None:
    op.create_table(
        "decision",
        column("rights_set_id", sa.Integer, "what was stated", autoincrement=False),
        column("policy_id", sa.Integer, "the policy that decided", autoincrement=False),
        column("usage", sa.Text, "what the document would be used for", autoincrement=False),
        column(
            "outcome", sa.Text, "permitted, permitted_with_conditions, not_permitted, needs_review, no_signal"
        ),
        column("rule", sa.Text, "the policy's rule that decided"),
        column("reasons", sa.JSON, "JSON list of reasons"),
        column("conditions", sa.JSON, "JSON list of conditions to keep"),
        column("conflicts", sa.JSON, "JSON list of statements that contradict each other"),
        column("enforces", sa.JSON, "JSON list of requirement ids"),
        primary_key("decision", "rights_set_id", "policy_id", "usage"),
        references("decision", "rights_set_id", "rights_set"),
        references("decision", "policy_id", "policy"),
        check(
            "decision",
            "outcome_known",
            "outcome IN ('permitted', 'permitted_with_conditions', 'not_permitted', 'needs_review', 'no_signal')",
        ),
        comment="what a policy made of a rights set for a usage",
    )


def create_segment() -> None:
    op.create_table(
        "segment",
        column("id", WIDE, "visit id times 2^24 plus the segment's number", autoincrement=False),
        column("visit_id", sa.Integer, "the visit that wrote it"),
        column("state", sa.Text, "spooled: in the worker's spool; stored: uploaded and checked"),
        column("key", sa.Text, "its place under the store's root, and in the spool"),
        column("opened_at", INSTANT, "UTC"),
        column("uri", sa.Text, "where it lies; null: still in the spool", nullable=True),
        column("length", sa.BigInteger, "bytes; null: still in the spool", nullable=True),
        column("digest", SHA256, "SHA-256 of the whole file; null: still in the spool", nullable=True),
        column("records", sa.Integer, "WARC records in it; null: still in the spool", nullable=True),
        column("stored_at", INSTANT, "UTC; null: still in the spool", nullable=True),
        primary_key("segment", "id"),
        references("segment", "visit_id", "visit"),
        unique("segment", "key"),
        check("segment", "state_known", "state IN ('spooled', 'stored')"),
        check(
            "segment",
            "stored_whole_or_not_at_all",
            "(state = 'spooled' AND uri IS NULL AND length IS NULL AND digest IS NULL AND records IS NULL AND stored_at IS NULL) OR (state = 'stored' AND uri IS NOT NULL AND length > 0 AND length(digest) = 32 AND records > 0 AND stored_at IS NOT NULL)",
        ),
        comment="WARC files, each of one site and one visit",
    )
    index("segment", "visit_id")


def create_capture() -> None:
    op.create_table(
        "capture",
        column("id", WIDE, "visit id times 2^24 plus the exchange's number", autoincrement=False),
        column("visit_id", sa.Integer, "the visit that asked for it"),
        column("origin_id", sa.Integer, "scheme and authority of its URL"),
        column("permission_id", sa.Integer, "why we were allowed to ask"),
        column(
            "rights_set_id",
            sa.Integer,
            "what was stated about rights; null: says nothing about a document",
            nullable=True,
        ),
        column("segment_id", WIDE, "the WARC file its bytes lie in"),
        column("status", sa.SmallInteger, "HTTP status; 0: not three digits, see the record"),
        column("kind", sa.Text, "document, redirect, failure, site-document (robots.txt, sitemap, feed)"),
        column("revisit", sa.Boolean, "the payload lies in an earlier record"),
        column("fetched_at", INSTANT, "WARC-Date: when the request left, UTC"),
        column("length", sa.BigInteger, "payload length, bytes, content coding kept"),
        column("warc_offset", sa.BigInteger, "where the response (or revisit) record begins, bytes"),
        column("warc_length", sa.BigInteger, "bytes of that record, compressed"),
        column("request_length", sa.Integer, "bytes of the request record right before it"),
        column("metadata_length", sa.Integer, "bytes of the metadata record right behind it"),
        column("payload_digest", SHA256, "SHA-256 of the payload"),
        column("url_hash", WIDE, "first 8 bytes of the URL's SHA-256, signed: finds, never proves"),
        column("media_type", sa.Text, "lower case, no parameters; empty: not stated"),
        column("truncated", sa.Text, "WARC-Truncated; null: whole", nullable=True),
        column("path", sa.Text, "path with query as requested"),
        primary_key("capture", "id"),
        references("capture", "visit_id", "visit"),
        references("capture", "origin_id", "origin"),
        references("capture", "permission_id", "permission"),
        references("capture", "rights_set_id", "rights_set"),
        references("capture", "segment_id", "segment"),
        check("capture", "document_has_rights_set", "kind <> 'document' OR rights_set_id IS NOT NULL"),
        check("capture", "kind_known", "kind IN ('document', 'redirect', 'failure', 'site-document')"),
        check("capture", "payload_digest_is_sha256", "length(payload_digest) = 32"),
        check(
            "capture",
            "place_makes_sense",
            "length >= 0 AND warc_offset >= 0 AND warc_length > 0 AND request_length >= 0 AND metadata_length >= 0 AND warc_offset >= request_length",
        ),
        check("capture", "status_has_three_digits", "status = 0 OR status BETWEEN 100 AND 999"),
        check("capture", "truncated_known", "truncated IN ('length', 'time', 'disconnect', 'unspecified')"),
        comment="archived exchanges, one wide row each",
    )
    index("capture", "rights_set_id")
    index("capture", "segment_id")
    index("capture", "url_hash")
    first_8_bytes = "substr" if op.get_bind().dialect.name == "sqlite" else "substring"
    op.create_index(
        "ix_capture_payload_digest_prefix", "capture", [sa.text(f"{first_8_bytes}(payload_digest, 1, 8)")]
    )


def create_refusal() -> None:
    op.create_table(
        "refusal",
        column("id", WIDE, "our key, in the order of recording"),
        column("visit_id", sa.Integer, "the visit that asked"),
        column("origin_id", sa.Integer, "scheme and authority of its URL"),
        column(
            "permission_id",
            sa.Integer,
            "the answer that refused; null: refused without asking one",
            nullable=True,
        ),
        column("url_hash", WIDE, "as in capture"),
        column("at", INSTANT, "UTC; the first time in this visit"),
        column("rule", sa.Text, "robots.disallow, scope, address, site.http-403, limit.depth, ..."),
        column("path", sa.Text, "path with query"),
        column("reason", sa.Text, "a sentence for people"),
        column("evidence", sa.Text, "the line, the status, the address it stands on"),
        primary_key("refusal", "id"),
        references("refusal", "visit_id", "visit"),
        references("refusal", "origin_id", "origin"),
        references("refusal", "permission_id", "permission"),
        unique("refusal", "visit_id", "url_hash", "rule"),
        check("refusal", "says_why", "rule <> '' AND reason <> ''"),
        comment="what was not taken, and why",
    )
    index("refusal", "url_hash")


def create_host_state() -> None:
    op.create_table(
        "host_state",
        column("host", sa.Text, "host name or address, with the port if unusual", autoincrement=False),
        column("last_end", INSTANT, "UTC; end of the last exchange; null: none yet", nullable=True),
        column("gap", sa.Float, "seconds between exchanges, learned"),
        column("response_time", sa.Float, "seconds, smoothed"),
        column("not_before", INSTANT, "UTC; nothing is sent before; null: no back-off", nullable=True),
        column("failures", sa.Integer, "failures in a row"),
        primary_key("host_state", "host"),
        check("host_state", "failures_not_negative", "failures >= 0"),
        check("host_state", "gap_not_negative", "gap >= 0"),
        check("host_state", "response_time_not_negative", "response_time >= 0"),
        comment="what a host taught us about its pace",
    )


def create_host_load() -> None:
    op.create_table(
        "host_load",
        column("visit_id", sa.Integer, "the visit", autoincrement=False),
        column("host", sa.Text, "as in host_state", autoincrement=False),
        column("hour", INSTANT, "UTC; its beginning", autoincrement=False),
        column("requests", sa.Integer, "requests that left"),
        column("received", sa.BigInteger, "bytes, heads and bodies as received"),
        column("max_in_flight", sa.Integer, "most exchanges at once"),
        column(
            "min_gap",
            sa.Float,
            "seconds, end of a response to the next start; null: fewer than two",
            nullable=True,
        ),
        column("median_gap", sa.Float, "seconds; null: fewer than two", nullable=True),
        column("too_many", sa.Integer, "answers 429"),
        column("server_errors", sa.Integer, "answers 5xx"),
        column("pauses", sa.JSON, "JSON list: why we paused"),
        primary_key("host_load", "visit_id", "host", "hour"),
        references("host_load", "visit_id", "visit"),
        check("host_load", "counts_not_negative", "requests >= 0 AND received >= 0 AND max_in_flight >= 0"),
        check("host_load", "errors_not_negative", "too_many >= 0 AND server_errors >= 0"),
        check("host_load", "median_gap_not_below_min", "min_gap <= median_gap"),
        comment="what a host saw of us in an hour of a visit",
    )


def column(
    name: str,
    kind: sa.types.TypeEngine | type,
    comment: str,
    *,
    nullable: bool = False,
    autoincrement: bool | str = "auto",
) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable, autoincrement=autoincrement, comment=comment)


def primary_key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def references(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
