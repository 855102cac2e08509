"""Expand: a host's row holds all that it taught us, and who holds the host back; each hold is on record.

Safe under the running release: what it does not write has a default or is null.
Rows: those of host_state are copied.  SQLite cannot add a CHECK to a table that is there, so the table is made anew
on both engines.  Contract: none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
NOTHING = sa.text("0")
HELD = sa.text("held IS NOT NULL")


def upgrade() -> None:
    set_aside()
    create_host_state()
    put_back()
    create_host_change()


def downgrade() -> None:
    op.drop_table("host_change")
    set_aside()
    op.create_table(
        "host_state", *first_columns(), *first_constraints(), comment="what a host taught us about its pace"
    )
    put_back()


def set_aside() -> None:
    op.execute(
        "CREATE TEMPORARY TABLE host_state_before AS"
        " SELECT host, last_end, gap, response_time, not_before, failures FROM host_state"
    )
    op.drop_table("host_state")


def put_back() -> None:
    op.execute(
        "INSERT INTO host_state (host, last_end, gap, response_time, not_before, failures)"
        " SELECT host, last_end, gap, response_time, not_before, failures FROM host_state_before"
    )
    op.execute("DROP TABLE host_state_before")


def first_columns() -> list[sa.Column]:
    return [
        sa.Column("host", sa.Text, nullable=False, autoincrement=False, comment="host name or address"),
        column("last_end", INSTANT, "UTC; end of the last exchange; null: none yet", nullable=True),
        column("gap", sa.Float, "seconds between exchanges, as last kept"),
        column("response_time", sa.Float, "seconds, smoothed"),
        column("not_before", INSTANT, "UTC; nothing is sent before; null: no back-off", nullable=True),
        column("failures", sa.Integer, "failures in a row"),
    ]


def first_constraints() -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_state")),
        check("host_state", "failures_not_negative", "failures >= 0"),
        check("host_state", "gap_not_negative", "gap >= 0"),
        check("host_state", "response_time_not_negative", "response_time >= 0"),
    ]


def create_host_state() -> None:
    op.create_table(
        "host_state",
        *first_columns(),
        column(
            "baseline",
            sa.Float,
            "seconds; the response time that is usual for it; null: none yet",
            nullable=True,
        ),
        counted("excess", sa.Float, "seconds that it taught us to add to the gap"),
        counted("streak", sa.Integer, "good answers since the gap last changed"),
        counted("incidents", sa.Integer, "back-offs that are not forgotten yet"),
        column(
            "quiet_from",
            INSTANT,
            "UTC; incidents are forgotten half an hour after; null: none",
            nullable=True,
        ),
        column(
            "outcomes",
            sa.Text,
            "the last 20 exchanges, oldest first: . answered, x failed; null: none yet",
            nullable=True,
        ),
        column(
            "open_until", INSTANT, "UTC; the breaker is open until then; null: it is closed", nullable=True
        ),
        column(
            "openings",
            sa.JSON,
            "JSON list: UTC instants of the breaker's openings in the last 7 days; null: none",
            nullable=True,
        ),
        counted("refusals", sa.Integer, "401, 403 and 406 in a row"),
        column(
            "missing_since", INSTANT, "UTC; since when the name does not exist; null: it does", nullable=True
        ),
        column("day", sa.Text, "UTC day that the two counts are of; null: none yet", nullable=True),
        counted("day_requests", sa.Integer, "requests that left on that day"),
        counted("day_received", sa.BigInteger, "bytes received on that day"),
        column("last_answer", sa.Text, "HTTP status, or why no answer came", nullable=True),
        column("why", sa.Text, "what not_before or open_until is for", nullable=True),
        column(
            "held", sa.Text, "paused (by a person) or parked (a person decides); null: neither", nullable=True
        ),
        column("held_since", INSTANT, "UTC; null: not held", nullable=True),
        column("held_until", INSTANT, "UTC; null: until a person says so", nullable=True),
        column("held_by", sa.Text, "who holds it; null: nobody", nullable=True),
        column("held_reason", sa.Text, "why, in words; null: not held", nullable=True),
        *first_constraints(),
        check("host_state", "learned_not_negative", "baseline >= 0 AND excess >= 0"),
        check("host_state", "budget_not_negative", "day_requests >= 0 AND day_received >= 0"),
        check("host_state", "rows_not_negative", "incidents >= 0 AND refusals >= 0 AND streak >= 0"),
        check("host_state", "held_known", "held IN ('paused', 'parked')"),
        check(
            "host_state",
            "held_by_somebody",
            "held IS NULL OR (held_since IS NOT NULL AND held_by <> '' AND held_reason <> '')",
        ),
        comment="what a host taught us about its pace, and who holds it back",
    )
    op.create_index(
        op.f("ix_host_state_held"), "host_state", ["held"], sqlite_where=HELD, postgresql_where=HELD
    )


def create_host_change() -> None:
    op.create_table(
        "host_change",
        column("id", sa.Integer, "our key"),
        column("host", sa.Text, "as in host_state"),
        column("at", INSTANT, "UTC"),
        column("action", sa.Text, "paused, parked, resumed"),
        column("by", sa.Text, "who: a person, or the crawler itself"),
        column("reason", sa.Text, "why, in words"),
        column("until", INSTANT, "UTC; null: until a person says so", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_change")),
        check("host_change", "action_known", "action IN ('paused', 'parked', 'resumed')"),
        check("host_change", "by_somebody", "by <> '' AND reason <> ''"),
        comment="holds put on hosts and lifted",
    )
    op.create_index(op.f("ix_host_change_host"), "host_change", ["host"])


def column(name: str, kind: sa.types.TypeEngine | type, comment: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable, comment=comment)


def counted(name: str, kind: type, comment: str) -> sa.Column:
    return sa.Column(name, kind, nullable=False, server_default=NOTHING, comment=comment)


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
