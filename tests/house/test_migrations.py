"""Migrations lead to the models, and back again, on both engines."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from provenance import schema
from provenance.database import Database
from provenance.models import Base


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path}/house.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    with Database.open(url) as database:
        yield database


def test_migrations_are_named_by_their_revisions() -> None:
    """A question knows the schema that it wants from the files' names, without loading Alembic."""
    scripts = ScriptDirectory(str(schema.migrations_folder()))
    in_order = [script.revision for script in scripts.walk_revisions()][::-1]
    assert schema.revisions() == tuple(in_order)


def test_migrations_lead_to_the_models(migrated: Database) -> None:
    """Nobody can tell a migrated database from one made by the models: tables, columns, types, keys."""
    with migrated.reading() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*expression-based index.*")  # compared below, by name
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": True, "include_object": _is_ours},
        )
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_and_expression_indexes_too(migrated: Database) -> None:
    """CHECK constraints and the index on a digest's first 8 bytes, which Alembic does not compare."""
    with migrated.writing() as connection:
        by_migration = _definitions(connection)
        schema.downgrade(connection, "base")
        Base.metadata.create_all(connection)
        assert _definitions(connection) == by_migration


def test_comments_reach_postgresql(migrated: Database) -> None:
    """Each table and column explains itself to whoever looks with psql."""
    missing = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if not (column.comment and table.comment)
    ]
    assert missing == []
    if not migrated.is_sqlite:
        with migrated.reading() as connection:
            columns = inspect(connection).get_columns("capture")
            assert all(column["comment"] for column in columns)


def test_downgrade_runs_and_upgrade_again(migrated: Database) -> None:
    """Down to nothing and up again."""
    with migrated.writing() as connection:
        schema.downgrade(connection, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
        schema.upgrade(connection, "here")
        assert schema.revision_of(connection) == schema.wanted_revision()


def test_a_migration_imports_no_model() -> None:
    """History stays as it was."""
    for file in (schema.migrations_folder() / "versions").glob("*.py"):
        assert (
            "provenance" not in file.read_text(encoding="utf-8").partition("\nrevision")[0].split('"""')[2]
        ), file


def _is_ours(_object: Any, name: str, kind: str, reflected: bool, counterpart: Any) -> bool:  # Alembic's hook
    """Leave the partitions of captures out: data made them, not the models."""
    return not (kind == "table" and reflected and counterpart is None and name.startswith("capture_"))


def _definitions(connection: Connection) -> set[tuple[str, str, str]]:
    """Every CHECK constraint and index with its text, as the engine tells it."""
    if connection.dialect.name == "postgresql":
        query = """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
            AND conrelid NOT IN (SELECT inhrelid FROM pg_inherits)
            UNION SELECT tablename, indexname, indexdef FROM pg_indexes
            WHERE schemaname = 'public' AND tablename <> 'alembic_version'
            AND tablename NOT IN (SELECT relname FROM pg_class WHERE relispartition)"""
        return {
            (str(table), str(name), str(definition))
            for table, name, definition in connection.execute(text(query))
        }
    query = "SELECT tbl_name, name, coalesce(sql, '') FROM sqlite_master WHERE type <> 'view' AND tbl_name <> 'alembic_version'"
    found = set()
    for table, name, definition in connection.execute(text(query)):
        head, _, body = definition.partition("(")
        parts = (
            sorted(
                part.strip(" ,)\n\t") for part in re.split(r",\s+(?=\w+ \w)", body)
            )  # also of an ADD COLUMN
            if head.startswith("CREATE TABLE")
            else [body]
        )
        found.add((table, name, "\n".join(parts)))
    return found
