"""Expand: views for people who write SQL; their names, columns and types are an interface.

Safe under the running release: it neither reads nor writes them.
Rows: none rewritten.  Contract: none.
"""

from __future__ import annotations

from alembic import op

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    for name, (comment, columns, source) in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS\nSELECT {_listed(columns)}\n{source}")
        if _is_postgresql():
            op.execute(f"COMMENT ON VIEW {name} IS '{comment}'")
            for column, (_, words) in columns.items():
                op.execute(f"COMMENT ON COLUMN {name}.{column} IS '{words}'")


def downgrade() -> None:
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _listed(columns: dict[str, tuple[str, str]]) -> str:
    return ",\n  ".join(f"{_spelt(expression)} AS {name}" for name, (expression, _) in columns.items())


def _spelt(expression: str) -> str:
    """Spell an expression for the engine: digests and instants are kept in different ways."""
    kind, _, column = expression.partition(" ")
    if _is_postgresql():
        spelt = {"hex": f"'sha256:' || encode({column}, 'hex')", "instant": column, "json": column}
    else:
        fraction = f"printf('.%06dZ', ({column}) % 1000000)"
        moment = f"strftime('%Y-%m-%dT%H:%M:%S', ({column}) / 1000000, 'unixepoch') || {fraction}"
        spelt = {"hex": f"'sha256:' || lower(hex({column}))", "instant": moment, "json": column}
    return spelt.get(kind, expression)


CAPTURES = {
    "capture": ("c.id", "key of the exchange"),
    "url": ("o.url || c.path", "as requested"),
    "site": ("s.name", "registrable domain, IP address or localhost"),
    "run": ("v.run_id", "run that fetched it"),
    "kind": ("c.kind", "document, redirect, failure, site-document"),
    "status": ("c.status", "HTTP status; 0: not three digits"),
    "media_type": ("c.media_type", "lower case, no parameters; empty: not stated"),
    "language": ("c.language", "as the page states it, BCP 47 in lower case; null: not stated"),
    "length": ("c.length", "payload length, bytes"),
    "payload_digest": ("hex c.payload_digest", "SHA-256 of the payload, sha256:hex"),
    "rights_set": ("c.rights_set_id", "what was stated: v_rights.rights_set; null: nothing about a document"),
    "fetched_at": ("instant c.fetched_at", "when the request left, UTC"),
    "recorded_at": ("instant coalesce(c.recorded_at, c.fetched_at)", "when we knew it, UTC"),
    "kept": ("coalesce(c.kept, 'body')", "what lies in the archive: body, headers, nothing"),
    "truncated": ("c.truncated", "why it was cut short; null: whole"),
    "is_revisit": ("c.revisit", "whether the payload lies in an earlier record"),
    "simhash": ("c.simhash", "64-bit fingerprint of its visible text, signed; null: too little text"),
    "warc_uri": ("coalesce(g.uri, 'spool:' || g.key)", "where its WARC file lies; spool: not uploaded yet"),
    "warc_offset": ("c.warc_offset", "where its response or revisit record begins, bytes"),
    "warc_length": ("c.warc_length", "bytes of that record, compressed"),
    "usage": ("r.purpose", "what its run gathered documents for"),
    "policy": ("p.name", "policy of its run"),
    "outcome": (
        "d.outcome",
        "what that policy decided for that usage when it was fetched; null: not decided",
    ),
    "rule": ("d.rule", "the rule of the policy that decided; null: not decided"),
}
RIGHTS = {
    "rights_set": ("t.id", "key of what was stated"),
    "digest": ("hex t.digest", "SHA-256 of the canonical JSON, sha256:hex"),
    "licences": ("json t.licences", "JSON list: SPDX expressions, or licence URLs without one, sorted"),
    "statements": ("t.canonical", "the statements and lookups as canonical JSON"),
}
DECISIONS = {
    "rights_set": ("d.rights_set_id", "what was stated: v_rights.rights_set"),
    "policy": ("p.name", "the policy that decided"),
    "policy_digest": ("hex p.digest", "SHA-256 of the policy, sha256:hex: its version"),
    "usage": ("d.usage", "what the document would be used for"),
    "outcome": (
        "d.outcome",
        "permitted, permitted_with_conditions, not_permitted, needs_review, no_signal",
    ),
    "rule": ("d.rule", "the rule of the policy that decided"),
    "reasons": ("json d.reasons", "JSON list of reasons; text is the sentence"),
    "conditions": ("json d.conditions", "JSON list of conditions to keep"),
    "conflicts": ("json d.conflicts", "JSON list of statements that contradict each other"),
    "enforces": ("json d.enforces", "JSON list of requirement ids"),
    "recorded_at": ("instant d.recorded_at", "when it was made, UTC; null: by an earlier release"),
}
REFUSALS = {
    "refusal": ("f.id", "key, in the order of recording"),
    "url": ("o.url || f.path", "as it was asked for"),
    "site": ("s.name", "site whose visit asked"),
    "run": ("v.run_id", "run that asked"),
    "refused_at": ("instant f.at", "the first time in its visit, UTC"),
    "rule": ("f.rule", "robots.disallow, scope, address, site.http-403, limit.depth, ..."),
    "reason": ("f.reason", "a sentence for people"),
    "evidence": ("f.evidence", "the line, the status, the address it stands on"),
    "recorded_at": ("instant coalesce(f.recorded_at, f.at)", "when we knew it, UTC"),
}
VIEWS = {
    "v_captures": (
        "archived exchanges, one row each; what was erased is not among them",
        CAPTURES,
        """FROM capture c
JOIN visit v ON v.id = c.visit_id
JOIN site s ON s.id = v.site_id
JOIN run r ON r.id = v.run_id
JOIN policy p ON p.id = r.policy_id
JOIN origin o ON o.id = c.origin_id
JOIN segment g ON g.id = c.segment_id
LEFT JOIN decision d
  ON d.rights_set_id = c.rights_set_id AND d.policy_id = r.policy_id AND d.usage = r.purpose""",
    ),
    "v_rights": (
        "what was stated about rights, once for all captures it holds for",
        RIGHTS,
        "FROM rights_set t",
    ),
    "v_decisions": (
        "what policies made of what was stated, as it was when documents were fetched",
        DECISIONS,
        "FROM decision d\nJOIN policy p ON p.id = d.policy_id",
    ),
    "v_refusals": (
        "what was not taken, and why",
        REFUSALS,
        """FROM refusal f
JOIN visit v ON v.id = f.visit_id
JOIN site s ON s.id = v.site_id
JOIN origin o ON o.id = f.origin_id""",
    ),
}
