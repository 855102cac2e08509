"""Expand: on PostgreSQL captures lie in partitions by key, so by time; the table as it is becomes the first of them.

Safe under the running release: to its statements the table is what it was.  Rows: none rewritten, none copied.
Locks: a check constraint is added without being checked (a moment), then checked while everybody reads and writes on
(seconds for ten million rows), and one short transaction changes the names and attaches, which scans nothing.  Each
lock is waited for at most LOCK_WAIT and then asked for again, so that no writer waits behind us for longer.  Killed in
between it can be run again.  New partitions: provenance.partitions.  SQLite: nothing.  Contract: none.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa
from alembic import context, op

revision, down_revision = "0006", "0005"

LOCK_WAIT = "300ms"  # under a second: what a writer may have to wait
LOCK_TRIES = 2_000
LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE
DEADLOCK = "40P01"
BITS = 24  # a capture's key is its visit's times 2^24 plus a number
A_PARTITION = 10_000_000  # captures
BOUND = "ck_capture_first_partition"
REFERENCED = ("visit", "origin", "permission", "rights_set", "segment")
INDEXES = {
    "ix_capture_rights_set_id": "(rights_set_id)",
    "ix_capture_segment_id": "(segment_id)",
    "ix_capture_url_hash": "(url_hash)",
    "ix_capture_payload_digest_prefix": "(substring(payload_digest, 1, 8))",
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    border = first_border()
    if context.config.attributes.get(
        "apart"
    ):  # nobody else's transaction is around us: let writers pass between
        with op.get_context().autocommit_block():
            op.execute(f"SET lock_timeout = '{LOCK_WAIT}'")
            persistently(lambda: op.execute(bound_unchecked(border)))
            persistently(lambda: op.execute(f"ALTER TABLE capture VALIDATE CONSTRAINT {BOUND}"))
    else:
        op.execute(bound_unchecked(border))
        op.execute(f"ALTER TABLE capture VALIDATE CONSTRAINT {BOUND}")
    persistently(lambda: in_one_go(lambda: become_a_partition(border)))


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    others = [name for name in partitions() if name != "capture_0"]
    op.execute("ALTER TABLE capture DETACH PARTITION capture_0")
    for name in others:
        op.execute(f"INSERT INTO capture_0 SELECT * FROM {name}")  # noqa: S608  # a name of ours
    op.execute("DROP TABLE capture")
    op.execute("ALTER TABLE capture_0 RENAME TO capture")
    op.execute("ALTER TABLE capture RENAME CONSTRAINT pk_capture_0 TO pk_capture")
    for name in INDEXES:
        op.execute(f"ALTER INDEX {name}_0 RENAME TO {name}")


def first_border() -> int:
    """The key that the first partition ends before: room for the visits that a running release still begins."""
    last = op.get_bind().scalar(sa.text("SELECT coalesce(max(id), 0) FROM visit"))
    held = op.get_bind().scalar(sa.text("SELECT reltuples FROM pg_class WHERE oid = 'capture'::regclass"))
    a_visit = max(held, 0) / last if last and held > 0 else 1_000
    room = min(max(int(A_PARTITION / max(a_visit, 1)), 1_000), 100_000)
    return (last + room) << BITS


def bound_unchecked(border: int) -> str:
    dropped = f"DROP CONSTRAINT IF EXISTS {BOUND}"  # a killed upgrade left it
    return f"ALTER TABLE capture {dropped}, ADD CONSTRAINT {BOUND} CHECK (id < {border}) NOT VALID"


def become_a_partition(border: int) -> None:
    """What there is becomes capture_0; a new capture, with all constraints, indexes and comments, takes its place."""
    op.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
    # Attaching takes these anyway, one by one: taken at once and first, no writer can hold one while it waits for us.
    op.execute(f"LOCK TABLE {', '.join(REFERENCED)}, capture IN ACCESS EXCLUSIVE MODE")
    op.execute("ALTER TABLE capture RENAME TO capture_0")
    op.execute("ALTER TABLE capture_0 RENAME CONSTRAINT pk_capture TO pk_capture_0")
    for name in INDEXES:
        op.execute(f"ALTER INDEX {name} RENAME TO {name}_0")
    like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS INCLUDING STORAGE"
    op.execute(f"CREATE TABLE capture (LIKE capture_0 {like}) PARTITION BY RANGE (id)")
    op.execute(f"ALTER TABLE capture DROP CONSTRAINT {BOUND}, ADD CONSTRAINT pk_capture PRIMARY KEY (id)")
    op.execute("COMMENT ON TABLE capture IS 'archived exchanges, one wide row each'")
    for other in REFERENCED:
        op.create_foreign_key(
            op.f(f"fk_capture_{other}_id_{other}"), "capture", other, [f"{other}_id"], ["id"]
        )
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON capture {columns}")
    op.execute(f"ALTER TABLE capture ATTACH PARTITION capture_0 FOR VALUES FROM (MINVALUE) TO ({border})")
    op.execute(f"ALTER TABLE capture_0 DROP CONSTRAINT {BOUND}")


def in_one_go(work: Callable[[], None]) -> None:
    """Do all of it or nothing, and give its locks back when one of them is not to be had."""
    with op.get_bind().begin_nested():
        work()


def persistently(work: Callable[[], None]) -> None:
    """Ask again, a little later, for a lock that somebody else has."""
    for left in reversed(range(LOCK_TRIES)):
        try:
            work()
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in {LOCK_NOT_AVAILABLE, DEADLOCK} or not left:
                raise
            time.sleep(0.05)
        else:
            return


def partitions() -> list[str]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'capture'::regclass"
    return list(op.get_bind().scalars(sa.text(query)))
