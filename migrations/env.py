"""Alembic's entry: migrate over the connection, and in the transaction, that the caller opened.

Without one around it each migration is a transaction of its own (`provenance.schema.upgrade_apart`).

There is no alembic.ini: `aboveboard db upgrade` and `provenance.schema` are the ways in.
"""

from __future__ import annotations

from alembic import context

from provenance.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
