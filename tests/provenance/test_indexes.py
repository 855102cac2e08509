"""No index without a question that needs it: each is named with the function that asks, and the engine's plan agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from old_rows import FIRST, NOTE_PATH, fill
from sample_records import sha256
from sqlalchemy import event

from provenance import schema, sources
from provenance.database import Database
from provenance.erasures import bytes_to_go, listing, settling
from provenance.manifest import recall
from provenance.manifest.register import manifests
from provenance.models import Base
from provenance.queries import all_rows, crawling, hosts, receipt
from provenance.queries.holdings import Holding, extent

SITE, URL = "example.org", f"https://example.org{NOTE_PATH}"

# Index → the question that needs it; what holds a key unique is not among them.
NEEDED: dict[str, Callable[[Database], Any]] = {
    "ix_capture_url_hash": lambda database: receipt(database, URL),
    "ix_capture_payload_digest_prefix": lambda database: receipt(database, f"sha256:{sha256('x').hex()}"),
    "ix_capture_segment_id": lambda database: crawling.captures_of_segment(database, FIRST),
    "ix_capture_rights_set_id": settling.remove_unreferenced,
    "ix_refusal_url_hash": lambda database: receipt(database, URL),
    "ix_segment_visit_id": lambda database: crawling.stored_segments(database, SITE),
    "ix_visit_site_id": lambda database: all_rows(database, extent(Holding(site=SITE, run=None))),
    "ix_visit_run_id_site_id": lambda database: list(crawling.archived(database, 1, SITE)),
    "ix_run_job_digest": lambda database: crawling.unfinished_run(database, sha256("docs")),
    "ix_run_job_name": lambda database: crawling.runs_named(database, "docs"),
    "ix_host_state_held": hosts.holds,
    "ix_host_change_host": lambda database: all_rows(database, hosts.host_changes(SITE)),
    "ix_replaced_object_erasure_id_segment_id": lambda database: bytes_to_go.objects_to_delete(database, 1),
    "ix_tombstone_erasure_id": lambda database: list(bytes_to_go.identities(database, 1)),
    "ix_tombstone_segment_id": lambda database: bytes_to_go.hidden_in_segment(database, FIRST),
    "ix_tombstone_url_hash": lambda database: listing.forgotten(database, URL),
    "ix_source_entry_name": lambda database: sources.entries(database, name=SITE),
    "ix_manifest_holder": lambda database: _connected(database, lambda one: manifests(one, "team")),
    "ix_recall_acknowledgement_holder": lambda database: list(recall.feed(database, holder="team")),
}


@pytest.fixture
def filled(database: Database) -> Database:
    """A row or two of everything: with so few an engine must be told not to read them all (`plans`)."""
    with database.writing() as connection:
        fill(connection, schema.wanted_revision())
    return database


def test_every_index_has_a_question() -> None:
    """One that is added is named here with what asks for it; one that nothing asks for is not made."""
    made = {str(index.name) for table in Base.metadata.sorted_tables for index in table.indexes}
    assert made == set(NEEDED)


def test_every_question_uses_its_index(filled: Database) -> None:
    """The statements that the functions send are explained, not some that resemble them."""
    unused = {}
    for index, ask in NEEDED.items():
        with statements(filled) as sent:
            ask(filled)
        plan = "\n".join(plans(filled, sent))
        if index not in plan:
            unused[index] = plan
    assert unused == {}


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Collect every SELECT and DELETE that is sent, with its parameters; to explain one does not carry it out."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH", "DELETE")):
            sent.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def plans(database: Database, sent: list[tuple[str, Any]]) -> Iterator[str]:
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with database.reading() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in sent:
            for row in connection.exec_driver_sql(f"{explain} {statement}", parameters):
                yield str(row[-1])


def _connected(database: Database, ask: Callable[[Any], Any]) -> Any:
    with database.reading() as connection:
        return ask(connection)
