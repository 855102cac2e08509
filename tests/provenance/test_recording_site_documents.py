"""Hosts' own files on record: a row a version, each body once, and history only grows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_records import NOON, Visiting, begin, capture, dump, segment, sha256, site_document
from sqlalchemy import select, text

from provenance import schema
from provenance.database import Database
from provenance.errors import ProvenanceError, StaleLease
from provenance.models import Capture, Origin, SiteDocument, SiteDocumentBody
from provenance.records import MAX_SITE_DOCUMENT, Batch, Kept

HOUR = timedelta(hours=1)
LOOKS = {  # what a look at the file may find
    "closed": {"text": "User-agent: *\nDisallow: /\n"},
    "open": {"text": "User-agent: *\nDisallow:\n"},
    "gone": {"text": None},
    "silent": {"text": None, "retrieval": "unreachable", "capture_id": None},
    "torn": {"text": "{", "retrieval": "malformed"},
}


def look(found: str, hour: int, **changes: Any) -> Any:
    return site_document(**LOOKS[found] | {"seen_at": NOON + hour * HOUR} | changes)


def versions(database: Database) -> list[tuple[str, bytes | None, int, int]]:
    """Retrieval, digest, first and last hour seen, oldest first."""
    with database.reading() as connection:
        rows = connection.execute(select(SiteDocument).order_by(SiteDocument.first_seen)).all()
    return [
        (row.retrieval, row.digest, (row.first_seen - NOON) // HOUR, (row.last_seen - NOON) // HOUR)
        for row in rows
    ]


def test_a_version_is_a_row_and_a_look_moves_its_last_sight(database: Database, visit: Visiting) -> None:
    """Absent and unreachable are versions like any other: an origin's history has no gaps that look like silence."""
    found = ["closed", "closed", "open", "gone", "silent", "silent", "gone", "closed"]
    for hour, each in enumerate(found):
        visit.recorder.record(visit.batch(site_documents=[look(each, hour)]))
    closed, opened = (sha256(LOOKS[name]["text"]) for name in ("closed", "open"))
    assert versions(database) == [
        ("ok", closed, 0, 1),
        ("ok", opened, 2, 2),
        ("absent", None, 3, 3),
        ("unreachable", None, 4, 5),
        ("absent", None, 6, 6),
        ("ok", closed, 7, 7),
    ]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(st.sampled_from(sorted(LOOKS)), min_size=1, max_size=8), repeat=st.integers(0, 7))
def test_recording_looks_again_changes_nothing(database: Database, found: list[str], repeat: int) -> None:
    """In one batch or in many, once or again: the same versions."""
    visit = begin(database, site=f"site{len(dump(database)['visit'])}.example")
    origin = f"https://site{visit.id}.example"
    looks = [look(each, hour, origin=origin) for hour, each in enumerate(found)]
    visit.recorder.record(visit.batch(site_documents=looks))
    once = dump(database)
    for each in looks[repeat:]:
        visit.recorder.record(visit.batch(site_documents=[each]))
    visit.recorder.record(visit.batch(site_documents=looks[::-1]))
    assert dump(database) == once
    of_origin = select(SiteDocument.retrieval).join(Origin).where(Origin.url == origin)
    with database.reading() as connection:
        rows = connection.execute(of_origin.order_by(SiteDocument.first_seen)).scalars().all()
    changed = [each for i, each in enumerate(found) if i == 0 or each != found[i - 1]]
    assert rows == [look(each, 0).retrieval for each in changed]


def test_files_and_origins_do_not_mix(database: Database, visit: Visiting) -> None:
    """Each file of each origin has its own history; the same bytes are kept once."""
    looks = [
        look("closed", 0),
        look("closed", 0, name="ai.txt"),
        look("closed", 0, origin="http://example.org"),
    ]
    visit.recorder.record(visit.batch(site_documents=looks))
    with database.reading() as connection:
        bodies = connection.execute(select(SiteDocumentBody)).all()
    assert len(versions(database)) == 3
    assert [(row.body.decode(), row.length) for row in bodies] == [
        (LOOKS["closed"]["text"], len(LOOKS["closed"]["text"]))
    ]


def test_a_file_confirmed_unchanged_needs_no_bytes(database: Database, visit: Visiting) -> None:
    """A 304 names the version by its digest."""
    visit.recorder.record(visit.batch(site_documents=[look("closed", 0)]))
    visit.recorder.record(visit.batch(site_documents=[look("closed", 5, body=None)]))
    assert versions(database) == [("ok", sha256(LOOKS["closed"]["text"]), 0, 5)]


def test_a_body_beyond_any_limit_is_refused(visit: Visiting) -> None:
    """Who reads such a file cuts it; the database is no place for a flood."""
    flood = "x" * (MAX_SITE_DOCUMENT + 1)
    with pytest.raises(ProvenanceError, match="cut it to 1048576"):
        visit.recorder.record(visit.batch(site_documents=[site_document(flood)]))


def test_who_lost_the_site_writes_none(visit: Visiting) -> None:
    """Versions are history: only the site's owner among workers adds to it."""
    stale = Batch(visit_id=visit.id, epoch=visit.lease.epoch + 1, site_documents=[look("closed", 0)])
    with pytest.raises(StaleLease):
        visit.recorder.record(stale)


def test_what_was_kept_of_an_answer(database: Database, visit: Visiting) -> None:
    """A whole answer costs no column; less is told."""
    kept = [Kept.BODY, Kept.HEADERS, Kept.NOTHING]
    captures = [capture(visit.id, number, kept=each) for number, each in enumerate(kept)]
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=captures))
    with database.reading() as connection:
        rows = connection.execute(select(Capture.kept).order_by(Capture.id)).scalars().all()
    assert rows == [None, "headers", "nothing"]


def test_a_filled_database_goes_forward(database: Database, visit: Visiting) -> None:
    """Captures of the release before keep every field, and are said to hold their bodies."""
    visit.recorder.record(visit.full_batch())
    with database.writing() as connection:
        for table in ("capture", "refusal", "decision", "source", "visit"):  # what that release did not say
            connection.execute(text(f"UPDATE {table} SET recorded_at = NULL"))
    filled = dump(database)
    with database.writing() as connection:
        schema.downgrade(connection, "0002")
        connection.execute(text("SELECT path FROM capture"))
        schema.upgrade(connection, "here")
    assert dump(database) == filled | {"site_document": [], "site_document_body": []}
