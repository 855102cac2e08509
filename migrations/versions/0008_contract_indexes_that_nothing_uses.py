"""Contract: drop two indexes that no question uses; every write keeps one thing less in order.

Safe under the running release: nothing names an index.  Rows: none rewritten.  Locks: a catalogue row each, of tables
that hold a row a source or an erasure.  Contract: this is it.
"""

from __future__ import annotations

from alembic import op

revision, down_revision = "0008", "0007"

UNUSED = {"source_entry": "site_id", "erasure": "state"}


def upgrade() -> None:
    for table, column in UNUSED.items():
        op.drop_index(op.f(f"ix_{table}_{column}"), table)


def downgrade() -> None:
    for table, column in UNUSED.items():
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
