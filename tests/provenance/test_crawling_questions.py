"""What the crawler asks of the database: what is there already, how far segments are recorded, where bytes lie."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sample_records import (
    NOON,
    ORIGIN,
    Visiting,
    begin,
    capture,
    host_state,
    refusal,
    run,
    segment,
    sha256,
    stored,
)
from sqlalchemy import ColumnElement, Select, select

from provenance.database import Database
from provenance.leases import Leases
from provenance.models import Capture, Refusal, Site, Visit, captures_of, digest_is, hash_of_url
from provenance.queries import crawling
from provenance.records import CaptureKind, RunState, capture_id


def test_a_resumed_run_knows_what_it_has(database: Database, visit: Visiting) -> None:
    """Every exchange of this run and site, over all its visits, with the place of its outlinks; nobody else's."""
    moved = {"kind": CaptureKind.REDIRECT, "status": 301, "rights": None, "metadata_length": 0}
    visit.recorder.record(
        visit.batch(
            segments=[segment(visit.id)], captures=[capture(visit.id, 0), capture(visit.id, 1, **moved)]
        )
    )
    Leases(database).release(visit.lease)
    again = begin(database)  # another run of the same site
    again.recorder.record(again.batch(segments=[segment(again.id)], captures=[capture(again.id, 7)]))
    first, second = crawling.archived(database, visit.run_id, "example.org")
    assert first == crawling.Archived(
        url=f"{ORIGIN}/page/0",
        kind=CaptureKind.DOCUMENT,
        status=200,
        length=1000,
        segment_key=segment(visit.id).key,
        segment_uri=None,
        metadata_offset=700 + 500,
        metadata_length=200,
    )
    assert (second.kind, second.status, second.metadata_length) == (CaptureKind.REDIRECT, 301, 0)
    assert list(crawling.archived(database, visit.run_id, "other.example")) == []


def test_reading_goes_on_while_the_run_records(database: Database, visit: Visiting) -> None:
    """A resumed visit reads its archive and is recorded at the same time."""
    visit.recorder.record(visit.full_batch(captures=5))
    seen = []
    for number, row in enumerate(crawling.archived(database, visit.run_id, "example.org")):
        visit.recorder.record(visit.batch(captures=[capture(visit.id, 100 + number)]))
        seen.append(row.url)
    assert seen == [f"{ORIGIN}/page/{number}" for number in range(5)]
    assert len(list(crawling.archived(database, visit.run_id, "example.org"))) == 10


def test_what_was_refused_is_not_asked_again(database: Database, visit: Visiting) -> None:
    """URL and rule, whatever the URL is."""
    urls = [f"{ORIGIN}/private/?a=b", "mailto:a@example.org", "https://elsewhere.example"]
    visit.recorder.record(visit.batch(refusals=[refusal(visit.id, url=url, rule="scope") for url in urls]))
    refused = crawling.refused(database, visit.run_id, "example.org")
    assert list(refused) == [(url, "scope") for url in urls]


def test_how_far_a_spooled_segment_is_recorded(database: Database, visit: Visiting) -> None:
    """Up to the end of the last recorded exchange's metadata record; a stored segment is no longer asked about."""
    second = capture(visit.id, 1, segment_id=capture_id(visit.id, 1), warc_offset=10_000, metadata_length=50)
    visit.recorder.record(
        visit.batch(
            segments=[segment(visit.id, number) for number in range(3)],
            captures=[capture(visit.id, 0), second],
            stored=[stored(visit.id, 0)],
        )
    )
    assert [(row.key, row.committed_length) for row in crawling.spooled_segments(database)] == [
        (segment(visit.id, 1).key, 10_000 + 500 + 50),
        (segment(visit.id, 2).key, 0),
    ]
    [in_store] = crawling.stored_segments(database, "example.org")
    assert (in_store.id, in_store.length, in_store.records) == (capture_id(visit.id, 0), 5000, 7)
    assert crawling.stored_segments(database, "other.example") == []


def test_a_segment_s_captures_in_the_order_of_their_records(database: Database, visit: Visiting) -> None:
    """What verification compares the bytes with."""
    offsets = [9000, 3000, 6000]
    captures = [capture(visit.id, number, warc_offset=offset) for number, offset in enumerate(offsets)]
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=captures))
    rows = crawling.captures_of_segment(database, segment(visit.id).id)
    assert [row.warc_offset for row in rows] == [3000, 6000, 9000]
    assert rows[0].payload_digest == sha256("payload 1")
    assert rows[0].url == f"{ORIGIN}/page/1"


def test_host_states_of_more_hosts_than_one_question_holds(database: Database, visit: Visiting) -> None:
    hosts = [f"host{number}.example" for number in range(1200)]
    visit.recorder.record(visit.batch(host_states=[host_state(host=host) for host in hosts]))
    assert set(crawling.host_states(database, [*hosts, "unknown.example"])) == set(hosts)


def test_the_same_job_is_the_same_digest(database: Database, visit: Visiting) -> None:
    """A changed job file is another job, of the same name."""
    changed = visit.recorder.begin_run(run(job_digest=sha256("docs, changed")))
    assert [row.id for row in crawling.runs_named(database, "docs")] == [changed, visit.run_id]
    assert [row.id for row in crawling.runs_named(database, "others")] == []
    unfinished = crawling.unfinished_run(database, sha256("docs"))
    assert unfinished is not None
    assert unfinished.id == visit.run_id
    later = visit.recorder.begin_run(run())
    visit.recorder.end_run(later, RunState.FINISHED, 0, NOON, {})
    assert crawling.unfinished_run(database, sha256("docs")) is None, "the newest run of a job decides"


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        pytest.param(
            lambda: digest_is(Capture.payload_digest, b"x" * 32),
            "ix_capture_payload_digest_prefix",
            id="digest",
        ),
        pytest.param(lambda: Capture.url_hash == hash_of_url("x"), "ix_capture_url_hash", id="URL"),
        pytest.param(lambda: Capture.segment_id == 1, "ix_capture_segment_id", id="segment"),
        pytest.param(lambda: Capture.rights_set_id == 1, "ix_capture_rights_set_id", id="rights set"),
        pytest.param(lambda: captures_of(1), "pk_capture", id="visit: a range of keys, no index"),
        pytest.param(lambda: Refusal.url_hash == hash_of_url("x"), "ix_refusal_url_hash", id="refused URL"),
    ],
)
def test_a_question_has_its_index(
    database: Database, condition: Callable[[], ColumnElement[bool]], index: str
) -> None:
    """No question walks the whole table."""
    asked: Any = Refusal if "refusal" in index else Capture
    assert index in plan(database, select(asked.id).where(condition()))


def test_a_site_s_captures_are_found_by_ranges_of_keys(database: Database) -> None:
    """Site, its visits, each visit's range: the join that every site's question uses."""
    query = (
        select(Capture.id)
        .select_from(Visit)
        .join(Site)
        .join(Capture, captures_of(Visit.id))
        .where(Site.name == "x")
    )
    assert "capture pk_capture" in plan(database, query)


def plan(database: Database, query: Select[int]) -> str:
    """How the engine would answer, in words of PostgreSQL's; an empty table would be read whole if it might be."""
    with database.reading() as connection:
        compiled = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        if database.is_sqlite:
            steps = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
            return (
                "; ".join(steps).replace("USING INTEGER PRIMARY KEY", "pk_capture").replace("COVERING ", "")
            )
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        steps = [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {compiled}")]
        partition = r"using pk_(\w+?)(?:_\d+)? on \1(?:_\d+)?\b"  # of which a table may have many
        return re.sub(partition, r"\1 pk_\1", "; ".join(steps))
