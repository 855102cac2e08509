"""Whether a database is what it should be: its schema against the models, its rows against each other.

Everything here only reads.  Each look is one statement, so one snapshot: a crawl may go on meanwhile.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table, inspect, text
from sqlalchemy.engine.reflection import Inspector

from provenance import tallies
from provenance.models import Base

SHOWN = 100  # findings of one sort: more of them say nothing new
_OF_ALEMBIC = "alembic_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be."""

    kind: str  # schema, reference, tally, segment, capture, file
    place: str  # table, table and column, constraint, or key
    words: str  # what is the case, and what to do


def findings(connection: Connection) -> Iterator[Finding]:
    """Yield what is amiss; nothing: all is well."""
    yield from schema_findings(connection)
    yield from _engine_findings(connection)
    for visit_id in tallies.wrong(connection)[:SHOWN]:
        words = f"what is tallied of visit {visit_id} is not what its captures say: run aboveboard db vacuum"
        yield Finding(kind="tally", place="visit_tally", words=words)
    for kind, place, words, query in _LOOKS:
        for row in connection.execute(text(f"{query} LIMIT {SHOWN}")):
            yield Finding(kind=kind, place=place, words=words.format(*row))


def schema_findings(connection: Connection) -> Iterator[Finding]:
    """Yield where tables, columns, keys, constraints, indexes and comments differ from the models."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*expression-based index.*")  # looked at by name
        yield from list(_differences(connection))


def _differences(connection: Connection) -> Iterator[Finding]:
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    indexes = _index_names(connection)
    for table in Base.metadata.sorted_tables:
        if table.name not in present:
            yield _differs(table.name, "is missing")
            continue
        yield from _columns(inspector, table)
        yield from _named(
            table.name, "constraint", _constraints(inspector, table), _wanted_constraints(table)
        )
        wanted = {str(index.name) for index in table.indexes}
        yield from _named(table.name, "index", indexes.get(table.name, set()), wanted)
    partitions = set(connection.scalars(text(_PARTITIONS))) if _is_postgresql(connection) else set()
    for name in sorted(present - set(Base.metadata.tables) - partitions - {_OF_ALEMBIC}):
        yield _differs(name, "is no table of ours: move it elsewhere")


def _columns(inspector: Inspector, table: Table) -> Iterator[Finding]:
    found = {column["name"]: column for column in inspector.get_columns(table.name)}
    yield from _named(table.name, "column", set(found), set(table.columns.keys()))
    for column in table.columns:
        there = found.get(column.name)
        if there is None:
            continue
        if there["nullable"] != column.nullable:
            yield _differs(
                f"{table.name}.{column.name}", "may be null" if there["nullable"] else "may not be null"
            )
        if inspector.dialect.name == "postgresql" and there.get("comment") != column.comment:
            yield _differs(f"{table.name}.{column.name}", "has another comment")


def _constraints(inspector: Inspector, table: Table) -> set[str]:
    name = table.name
    named = [*inspector.get_check_constraints(name), *inspector.get_unique_constraints(name)]
    named += [inspector.get_pk_constraint(name), *inspector.get_foreign_keys(name)]  # type: ignore[list-item]  # all of them have a name
    return {str(each["name"]) for each in named}


def _wanted_constraints(table: Table) -> set[str]:
    of_columns = [
        each for column in table.columns for each in column.constraints
    ]  # the table does not list these
    return {str(each.name) for each in (*table.constraints, *of_columns) if each.name is not None}


def _named(table: str, sort: str, found: set[str], wanted: set[str]) -> Iterator[Finding]:
    for name in sorted(wanted - found):
        yield _differs(table, f"lacks the {sort} {name}")
    for name in sorted(found - wanted):
        yield _differs(table, f"has a {sort} {name} that this release does not know")


def _differs(place: str, words: str) -> Finding:
    return Finding(kind="schema", place=place, words=words)


def _index_names(connection: Connection) -> dict[str, set[str]]:
    """Indexes by table, without those that stand for a constraint; also those on an expression."""
    found: dict[str, set[str]] = {}
    query = _POSTGRESQL_INDEXES if _is_postgresql(connection) else _SQLITE_INDEXES
    for table, name in connection.execute(text(query)):
        found.setdefault(table, set()).add(name)
    return found


def _engine_findings(connection: Connection) -> Iterator[Finding]:
    """What the engine itself knows: on SQLite the file and every reference, on PostgreSQL what it did not enforce."""
    if _is_postgresql(connection):
        for table, name in connection.execute(text(_NOT_ENFORCED)):
            yield Finding(
                kind="schema", place=table, words=f"{name} is not valid: see who made it, and make it again"
            )
        return
    for (words,) in connection.execute(text("PRAGMA quick_check(20)")):
        if words != "ok":
            yield Finding(kind="file", place="the file", words=words)
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchmany(SHOWN)
    for table, key, other, _ in broken:
        yield Finding(
            kind="reference", place=table, words=f"row {key} refers to a row of {other} that is not there"
        )


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


_PARTITIONS = "SELECT relname FROM pg_class WHERE relispartition"
_SQLITE_INDEXES = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_POSTGRESQL_INDEXES = """
SELECT t.relname, i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid AND contype IN ('p', 'u'))"""
_NOT_ENFORCED = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND NOT convalidated
UNION ALL SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"""
# Kind, place, words, query; the words take the query's columns.
_LOOKS = (
    (
        "tally",
        "visit_tally",
        "visit {0} has tallies but is not sealed",
        "SELECT DISTINCT t.visit_id FROM visit_tally t JOIN visit v ON v.id = t.visit_id WHERE v.tallied_at IS NULL",
    ),
    (
        "segment",
        "segment",
        "{0} of visit {1} holds no exchange: run aboveboard recover",
        """SELECT s.id, s.visit_id FROM segment s JOIN visit v ON v.id = s.visit_id WHERE v.ended_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM capture c WHERE c.segment_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM tombstone t WHERE t.segment_id = s.id)""",
    ),
    (
        "capture",
        "capture",
        "{0} is of visit {1}, but its key is not",
        "SELECT id, visit_id FROM capture WHERE id >> 24 <> visit_id OR segment_id >> 24 <> visit_id",
    ),
    (
        "capture",
        "capture",
        "{0} was forgotten and is there all the same: run aboveboard erasure resume",
        "SELECT c.id FROM tombstone t JOIN capture c ON c.id = t.capture_id",
    ),
    (
        "reference",
        "manifest_part",
        "manifest {0} has parts, but no header",
        "SELECT DISTINCT manifest_id FROM manifest_part WHERE manifest_id NOT IN (SELECT id FROM manifest)",
    ),
)
