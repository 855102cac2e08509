"""What the recorder promises: whole or absent, once however often, and only to who holds the site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_records import (
    ALLOWED,
    NOON,
    ORIGIN,
    POLICY,
    Visiting,
    begin,
    capture,
    dump,
    host_load,
    host_state,
    refusal,
    rights,
    run,
    segment,
    sha256,
    source,
    stored,
)
from sqlalchemy import func, select

from provenance.database import Database
from provenance.errors import ProvenanceError, RecordConflict, StaleLease
from provenance.leases import Lease, Leases
from provenance.models import Capture, Decision, Origin, Permission, Refusal, RightsSet, Run, Source
from provenance.models import Visit as VisitRow
from provenance.queries import crawling
from provenance.recorder import Recorder
from provenance.records import Batch, CaptureKind, RunState, capture_id


def count(database: Database, model: Any) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(model)).scalar_one()


def test_recording_a_batch_twice_changes_nothing(database: Database, visit: Visiting) -> None:
    """A writer that cannot know whether its commit arrived may simply try again."""
    visit.recorder.record(visit.full_batch())
    once = dump(database)
    visit.recorder.record(visit.full_batch())
    Recorder(database).record(visit.full_batch())  # a restarted process has forgotten its keys
    assert dump(database) == once


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(1, 11), unique=True).map(sorted),
    repeats=st.lists(st.integers(0, 4), max_size=5),
)
def test_however_a_visit_is_cut_into_batches_the_rows_are_the_same(
    database: Database, cuts: Sequence[int], repeats: Sequence[int]
) -> None:
    """Batches are a matter of speed: their borders and repetitions leave no trace."""
    visit = begin(database, site=f"site{count(database, VisitRow)}.example")
    borders = [0, *cuts, 12]
    pieces = [
        visit.batch(
            segments=[segment(visit.id)],
            captures=[capture(visit.id, number) for number in range(start, end)],
            refusals=[refusal(visit.id, url=f"{ORIGIN}/private/{number}") for number in range(start, end)],
            host_states=[host_state(last_end=NOON + timedelta(seconds=end), gap=float(end))],
        )
        for start, end in pairwise(borders)
    ]
    for piece in pieces:
        visit.recorder.record(piece)
    for number in repeats:
        visit.recorder.record(pieces[number % len(pieces)])
    site = visit.lease.site
    assert [row.url for row in crawling.archived(database, visit.run_id, site)] == [
        f"{ORIGIN}/page/{number}" for number in range(12)
    ]
    assert len(list(crawling.refused(database, visit.run_id, site))) == 12
    assert crawling.host_states(database, ["example.org"])["example.org"].gap == 12.0, (
        "host state never goes back"
    )


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param({"payload_digest": b"short"}, RecordConflict, id="a digest has 32 bytes"),
        pytest.param({"rights": None}, RecordConflict, id="a document has a rights set"),
        pytest.param({"warc_length": 0}, RecordConflict, id="a record has bytes"),
        pytest.param({"segment_id": 5}, RecordConflict, id="bytes lie in a known segment"),
        pytest.param({"truncated": "maybe"}, RecordConflict, id="WARC names the ways to be cut short"),
        pytest.param({"visit_id": 77}, ProvenanceError, id="another visit's capture"),
        pytest.param({"id": 5}, ProvenanceError, id="a key that is not the visit's"),
    ],
)
def test_one_bad_capture_and_the_whole_batch_is_absent(
    database: Database, visit: Visiting, content: dict[str, Any], error: type[Exception]
) -> None:
    """Whole or not at all; what was interned for it goes, too, and the next batch is recorded."""
    before = dump(database)
    bad = visit.batch(
        segments=[segment(visit.id)],
        captures=[capture(visit.id, 0), replace(capture(visit.id, 1), **content)],
        refusals=[refusal(visit.id)],
    )
    with pytest.raises(error):
        visit.recorder.record(bad)
    assert dump(database) == before
    visit.recorder.record(visit.full_batch())
    assert count(database, Capture) == 3


def test_a_number_means_one_exchange(visit: Visiting) -> None:
    """The same key with other content is a fault of the writer, and is told."""
    visit.recorder.record(visit.full_batch())
    other = capture(visit.id, 1, payload_digest=sha256("something else"))
    with pytest.raises(RecordConflict, match="two exchanges"):
        visit.recorder.record(visit.batch(captures=[other]))


def test_what_captures_share_is_kept_once(database: Database, visit: Visiting) -> None:
    """A site of many pages has a handful of origins, permissions, rights sets and decisions."""
    captures = [
        capture(
            visit.id,
            n,
            rights=rights(f"statement {n % 2}"),
            permission=replace(ALLOWED, line_number=1 + n % 3),
        )
        for n in range(30)
    ]
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=captures))
    kept = [count(database, model) for model in (Origin, Permission, RightsSet, Decision)]
    assert kept == [1, 3, 2, 2]


def test_a_known_rights_set_gets_the_decision_for_another_usage(database: Database, visit: Visiting) -> None:
    """The set is interned; what a policy makes of it for a new usage is recorded beside."""
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=[capture(visit.id, 0)]))
    searched = capture(visit.id, 1, rights=rights(usage="search"))
    visit.recorder.record(visit.batch(captures=[searched]))
    assert (count(database, RightsSet), count(database, Decision)) == (1, 2)


def test_a_decision_needs_its_policy(database: Database, visit: Visiting) -> None:
    """A decision by a policy that nobody can read is no evidence."""
    made = replace(rights().decisions[0], policy_digest=sha256("unheard of"))
    orphan = capture(visit.id, 0, rights=replace(rights(), decisions=[made]))
    with pytest.raises(ProvenanceError, match=r"Recorder\.policy first"):
        visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=[orphan]))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Disallow: /\x00", id="NUL, which PostgreSQL refuses"),
        pytest.param("Disallow: /\ud800", id="a lone surrogate, which no encoding has"),
        pytest.param("Disallow: /" + "ü" * 9000, id="longer than an index entry may be"),
    ],
)
def test_hostile_text_cannot_stop_the_record(database: Database, visit: Visiting, text: str) -> None:
    """What a site wrote must never be able to keep itself out of the record."""
    answer = replace(ALLOWED, granted=False, rule="robots.disallow", line_text=text)
    stated = rights(text)
    quoted = replace(
        stated, decisions=[replace(stated.decisions[0], reasons=[{"raw": text}])], licences=[text]
    )
    permission = replace(ALLOWED, line_text=text)
    hostile = capture(visit.id, 0, path=f"/{text}", media_type=text, permission=permission, rights=quoted)
    batch = visit.batch(
        segments=[segment(visit.id)],
        captures=[hostile],
        refusals=[
            refusal(visit.id, url=f"https://{text}/{text}", reason=text, evidence=text, permission=answer),
            refusal(visit.id, url=f"{text}:{text}"),
        ],
        host_loads=[host_load(visit.id, pauses=[text])],
    )
    visit.recorder.record(batch)
    visit.recorder.record(batch)
    assert (count(database, Capture), count(database, Refusal)) == (1, 2)


@pytest.mark.parametrize(("answered", "recorded"), [(999, 999), (42, 0), (123456, 0), (-5, 0)])
def test_a_server_may_answer_any_number(
    database: Database, visit: Visiting, answered: int, recorded: int
) -> None:
    """What is no HTTP status is recorded as none; the status line lies in the WARC record."""
    failed = capture(visit.id, 0, kind=CaptureKind.FAILURE, rights=None, status=answered)
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=[failed]))
    [row] = crawling.archived(database, visit.run_id, "example.org")
    assert row.status == recorded


def test_a_stale_epoch_is_refused(database: Database, leases: Leases) -> None:
    """A worker that was paused while another took its site may not write about it any more."""
    recorder = Recorder(database)
    recorder.policy(POLICY)
    run_id = recorder.begin_run(run())
    expired = leases.acquire("example.org", "worker 1", ttl=-1)
    assert isinstance(expired, Lease)
    visit = Visiting(
        recorder=recorder,
        lease=expired,
        run_id=run_id,
        id=recorder.begin_visit(run_id, "example.org", expired.epoch, NOON),
    )
    recorder.record(visit.full_batch())  # expired, but nobody else has worked on it
    taken = leases.acquire("example.org", "worker 2", ttl=60)
    assert isinstance(taken, Lease)
    before = dump(database)
    with pytest.raises(StaleLease, match="worker 2 holds it under epoch 2"):
        recorder.record(visit.full_batch(5))
    with pytest.raises(StaleLease, match="opened under epoch 1"):
        recorder.record(replace(visit.full_batch(5), epoch=taken.epoch))
    with pytest.raises(StaleLease, match="epoch 1 has passed"):
        recorder.begin_visit(run_id, "example.org", expired.epoch, NOON)
    assert dump(database) == before


def test_without_a_lease_nothing_is_written(database: Database, leases: Leases, visit: Visiting) -> None:
    """A released site is nobody's."""
    leases.release(visit.lease)
    with pytest.raises(StaleLease, match="nobody holds its lease"):
        visit.recorder.record(visit.full_batch())
    with pytest.raises(StaleLease, match="nobody holds its lease"):
        visit.recorder.begin_visit(visit.run_id, "never-leased.example", 1, NOON)
    with pytest.raises(ProvenanceError, match="begin_visit first"):
        visit.recorder.record(Batch(visit_id=99, epoch=1, refusals=[refusal(99)]))


def test_where_bytes_lie_may_be_said_without_a_lease(
    database: Database, leases: Leases, visit: Visiting
) -> None:
    """Recovery finishes what a dead worker left: its segments go to the store whoever owns the site now."""
    visit.recorder.record(visit.full_batch())
    leases.release(visit.lease)
    finished = Batch(visit_id=visit.id, epoch=0, stored=[stored(visit.id)])
    visit.recorder.record(finished)
    visit.recorder.record(finished)
    assert [row.key for row in crawling.stored_segments(database)] == [segment(visit.id).key]
    with pytest.raises(RecordConflict, match="other bytes"):
        visit.recorder.record(
            Batch(visit_id=visit.id, epoch=0, stored=[stored(visit.id, digest=sha256("other"))])
        )
    with pytest.raises(ProvenanceError, match="no segment"):
        visit.recorder.record(Batch(visit_id=visit.id, epoch=0, stored=[stored(visit.id, 9)]))


def test_an_empty_segment_may_be_discarded_a_used_one_never(database: Database, visit: Visiting) -> None:
    """Opened, and then the process died: no capture stands on it, so its row may go."""
    visit.recorder.record(
        visit.batch(segments=[segment(visit.id, 0), segment(visit.id, 1)], captures=[capture(visit.id, 0)])
    )
    both = [capture_id(visit.id, 0), capture_id(visit.id, 1)]
    visit.recorder.record(Batch(visit_id=visit.id, epoch=0, discarded=both))
    assert [row.id for row in crawling.spooled_segments(database)] == [capture_id(visit.id, 0)]


def test_an_hour_s_load_is_a_total(database: Database, visit: Visiting) -> None:
    """The last word on a host's hour replaces the earlier ones."""
    for requests in (3, 12):
        visit.recorder.record(visit.batch(host_loads=[host_load(visit.id, requests=requests)]))
    assert [row[3] for row in dump(database)["host_load"]] == ["12"]


def test_a_back_off_without_an_exchange_is_kept(database: Database, visit: Visiting) -> None:
    """A host that did not answer at all has no new end of an exchange, but a back-off."""
    visit.recorder.record(visit.batch(host_states=[host_state()]))
    later = NOON + timedelta(hours=1)
    visit.recorder.record(visit.batch(host_states=[host_state(last_end=None, not_before=later, failures=3)]))
    known = crawling.host_states(database, ["example.org", "unknown.example"])
    assert known == {"example.org": host_state(not_before=later, failures=3)}


def test_two_writers_of_the_same_origins_do_not_wait_for_each_other(migrated_url: str) -> None:
    """Interned rows are made in one order everywhere: no deadlock, no row twice."""
    with Database.open(migrated_url) as first, Database.open(migrated_url) as second:
        visits = [begin(first, site="a.example"), begin(second, site="b.example")]
        failures: list[BaseException] = []

        def work(visit: Visiting, step: int) -> None:
            try:
                for number in range(12):
                    origins = [f"https://{n}.example" for n in range(number, number + 9)][::step]
                    refusals = [refusal(visit.id, url=f"{origin}/{number}") for origin in origins]
                    visit.recorder.record(
                        visit.batch(refusals=refusals, host_states=[host_state(host=o) for o in origins])
                    )
            except BaseException as error:  # noqa: BLE001  # whatever it is, the test's own thread must see it
                failures.append(error)

        threads = [
            Thread(target=work, args=(visit, step)) for visit, step in zip(visits, (1, -1), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert (count(first, Origin), count(first, Refusal)) == (20, 2 * 12 * 9)


def test_a_run_from_beginning_to_end(database: Database) -> None:
    """Begun, waiting, resumed, finished: each state is a row's, and resumptions are counted."""
    recorder = Recorder(database)
    with pytest.raises(ProvenanceError, match=r"Recorder\.policy first"):
        recorder.begin_run(run())
    assert recorder.policy(POLICY) == recorder.policy(POLICY)
    run_id = recorder.begin_run(run())
    later = NOON + timedelta(hours=2)
    recorder.set_run_state(run_id, RunState.WAITING, waiting_until=later, waiting_for=["example.org"])
    with database.session() as session:
        row = session.get_one(Run, run_id)
        assert (row.state, row.waiting_until, row.waiting_for) == ("waiting", later, ["example.org"])
    recorder.end_run(run_id, RunState.INTERRUPTED, 130, NOON, {"captured": 1})
    unfinished = crawling.unfinished_run(database, sha256("docs"))
    assert unfinished is not None
    assert (unfinished.id, unfinished.state, unfinished.exit_code) == (run_id, RunState.INTERRUPTED, 130)
    recorder.resume_run(run_id, later)
    recorder.heartbeat(run_id, later + timedelta(seconds=5))
    with database.session() as session:
        row = session.get_one(Run, run_id)
        assert (row.state, row.resumptions, row.resumed_at, row.exit_code) == ("running", 1, later, None)
        assert row.heartbeat_at == later + timedelta(seconds=5)
    recorder.end_run(run_id, RunState.FINISHED, 0, later, {"captured": 2})
    assert crawling.unfinished_run(database, sha256("docs")) is None
    with pytest.raises(ProvenanceError, match="no run 99"):
        recorder.heartbeat(99, NOON)


def test_an_admission_is_stated_once_a_run(database: Database, visit: Visiting) -> None:
    """A resumed run admits again; two scopes of a site are two admissions; the owner's word is kept as written."""
    first = visit.recorder.admit(source(visit.run_id))
    assert visit.recorder.admit(source(visit.run_id)) == first
    owner = {"granted_by": "the owner", "valid_until": NOON.date()}
    second = visit.recorder.admit(source(visit.run_id, permission=owner))
    assert second != first
    with database.session() as session:
        assert session.get_one(Source, first).permission is None
        assert session.get_one(Source, second).permission == {
            "granted_by": "the owner",
            "valid_until": "2026-11-20",
        }


def test_a_visit_ends_once(database: Database, visit: Visiting) -> None:
    """The first word on why it ended stays."""
    visit.recorder.end_visit(visit.id, "every page was visited", NOON + timedelta(minutes=1))
    visit.recorder.end_visit(visit.id, "interrupted", NOON + timedelta(minutes=2))
    with database.session() as session:
        row = session.get_one(VisitRow, visit.id)
        assert (row.reason, row.ended_at) == ("every page was visited", NOON + timedelta(minutes=1))
    with pytest.raises(ProvenanceError, match="no visit 99"):
        visit.recorder.end_visit(99, "", NOON)


def test_a_site_document_states_nothing_about_a_document(database: Database, visit: Visiting) -> None:
    """robots.txt needs no rights set; the newest answer is found by its URL."""
    robots = {"kind": CaptureKind.SITE_DOCUMENT, "path": "/robots.txt", "rights": None}
    captures = [capture(visit.id, number, **robots) for number in range(2)]
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=captures))
    newest = crawling.latest_site_document(database, ORIGIN, "/robots.txt")
    assert newest is not None
    assert (newest.id, newest.url) == (captures[1].id, f"{ORIGIN}/robots.txt")
    assert crawling.latest_site_document(database, ORIGIN, "/tdmrep.json") is None
