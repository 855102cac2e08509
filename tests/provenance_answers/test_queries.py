"""What the database answers: captures with the decision of their own run, refusals, sites, runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from recorded_site import LATER, NOON, ORIGIN, begin, first_run, rights, run_record, sha256

from provenance.database import Database
from provenance.leases import Leases
from provenance.queries import (
    CaptureFilter,
    RefusalFilter,
    all_rows,
    captures,
    refusals,
    runs,
    site_names,
    sites,
    stream,
)
from provenance.queries.run_rows import SILENT_AFTER
from provenance.records import CaptureKind, RunState


def paths(database: Database, **wanted: Any) -> list[str]:
    """The paths of the captures that match, in their order."""
    return [row.url.removeprefix(ORIGIN) for row in all_rows(database, captures(CaptureFilter(**wanted)))]


def test_a_capture_says_where_it_lies_and_what_was_decided(world: Database) -> None:
    """A row is enough to fetch the bytes with one range read, and to tell why they may be used."""
    [row] = all_rows(world, captures(CaptureFilter(prefix=f"{ORIGIN}/encyclopedia")))
    assert row.url == f"{ORIGIN}/encyclopedia.html"
    assert (row.status, row.media_type, row.length) == (200, "text/html", 40_000)
    assert row.payload_digest == "sha256:" + sha256("/encyclopedia.html").hex()
    assert (row.warc_uri, row.warc_offset, row.warc_length) == (
        "s3://corpus/warc/example.org/1/1-0.warc.gz",
        6_700,
        500,
    )
    assert (row.run, row.site, row.licences) == (1, "example.org", ("CC-BY-SA-4.0",))
    assert row.outcome == "permitted_with_conditions"
    assert row.reasons[0].endswith(".")
    assert row.rights_set is not None
    assert row.rights_set.startswith("sha256:")


def test_before_its_upload_a_capture_lies_in_the_spool(world: Database) -> None:
    rows = all_rows(world, captures(CaptureFilter(run=2)))
    assert {row.warc_uri for row in rows} == {"spool:warc/example.org/2/2-0.warc.gz"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({"run": 2}, ["/notes/0.html", "/silent.html"], id="of a run"),
        pytest.param({"run": 1, "prefix": f"{ORIGIN}/essays/"}, ["/essays/one.html"], id="under a prefix"),
        pytest.param({"prefix": f"{ORIGIN}/ESSAYS/"}, [], id="a prefix minds the case"),
        pytest.param({"prefix": f"{ORIGIN}/%"}, [], id="a per cent sign in a prefix is a per cent sign"),
        pytest.param(
            {"outcomes": ["needs_review"]},
            ["/both.html", "/contradiction.html"],
            id="what waits for a person",
        ),
        pytest.param(
            {"outcomes": ["permitted_with_conditions", "permitted"], "run": 2},
            ["/notes/0.html", "/silent.html"],
            id="either of two outcomes",
        ),
        pytest.param(
            {"conflicting": True}, ["/both.html", "/contradiction.html"], id="what contradicts itself"
        ),
        pytest.param({"rights_sets": []}, [], id="of no rights set at all"),
        pytest.param({"kind": CaptureKind.REDIRECT}, ["/old"], id="a kind other than documents"),
        pytest.param({"kind": None, "status": 404}, ["/gone"], id="a status, among all kinds"),
        pytest.param(
            {"since": LATER, "until": LATER + timedelta(seconds=12)},
            ["/notes/0.html"],
            id="a time, its end open",
        ),
        pytest.param({"run": 1, "limit": 2}, ["/notes/0.html", "/notes/1.html"], id="the first two"),
        pytest.param({"site": "absent.example"}, [], id="a site that nobody visited"),
    ],
)
def test_captures_are_found_by(world: Database, wanted: dict[str, Any], expected: list[str]) -> None:
    assert paths(world, **wanted) == expected


def test_a_prefix_may_end_inside_the_host(world: Database) -> None:
    assert len(paths(world, prefix="https://exam", run=1)) == len(paths(world, site="example.org", run=1))


def test_only_documents_are_captures_unless_asked(world: Database) -> None:
    assert len(paths(world, run=1)) == 13
    assert len(paths(world, run=1, kind=None)) == 16


def test_a_capture_is_judged_by_its_own_run(database: Database) -> None:
    """The same rights set under another purpose has no decision yet: doubt is a value, not a borrowed verdict."""
    Leases(database).release(first_run(database).lease)
    visit = begin(database, at=LATER, purpose="index")
    visit.add("/notes/0.html", rights(), permission=visit.permission(robots_capture_id=None))
    visit.end()
    [row] = all_rows(database, captures(CaptureFilter(run=visit.run)))
    assert (row.outcome, row.reasons) == (None, ())


def test_captures_are_streamed(world: Database) -> None:
    """The first row is there before the last was asked for."""
    rows = stream(world, captures(CaptureFilter()))
    assert next(rows).url == f"{ORIGIN}/notes/0.html"
    rows.close()


def test_a_refusal_says_why(world: Database) -> None:
    [row] = all_rows(world, refusals(RefusalFilter(rule="site.http-403", site="example.org")))
    assert (row.url, row.reason, row.evidence) == (
        f"{ORIGIN}/members/",
        "The site forbids the address.",
        "HTTP/1.1 403 Forbidden",
    )
    assert (row.run, row.site) == (1, "example.org")
    assert NOON < row.at < LATER


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        pytest.param({}, 11, id="all"),
        pytest.param({"rule": "robots"}, 7, id="a family of rules"),
        pytest.param({"rule": "robots.dis"}, 0, id="a family ends at a dot"),
        pytest.param({"site": "hostile.example"}, 2, id="of a site"),
        pytest.param({"run": 2}, 0, id="of a run that refused nothing"),
        pytest.param({"prefix": f"{ORIGIN}/private/"}, 7, id="under a prefix"),
        pytest.param({"limit": 3}, 3, id="the first three"),
    ],
)
def test_refusals_are_found_by(world: Database, wanted: dict[str, Any], number: int) -> None:
    assert len(all_rows(world, refusals(RefusalFilter(**wanted)))) == number


def test_a_site_is_one_row_over_all_its_runs(world: Database) -> None:
    example, hostile = all_rows(world, sites())
    assert (example.site, hostile.site) == ("example.org", "hostile.example")
    assert (example.captures, example.refusals, example.needs_review) == (15, 9, 2)
    assert example.bytes == 12 * 1_000 + 40_000 + 35_000 + 2_400_000
    assert (example.runs, example.last_run, example.last_visit) == (2, 2, LATER)
    assert all_rows(world, sites(site="hostile.example")) == [hostile]


def test_sites_have_names(world: Database) -> None:
    with world.session() as session:
        assert list(session.scalars(site_names())) == ["example.org", "hostile.example"]


def test_runs_come_newest_first(world: Database) -> None:
    third, second, first = all_rows(world, runs())
    assert (third.id, second.id, first.id) == (3, 2, 1)
    assert (first.documents, first.refusals, first.sites, first.state) == (13, 9, 1, "finished")
    assert (second.documents, second.refusals, second.bytes) == (2, 0, 2_000)
    assert [row.id for row in all_rows(world, runs(state=RunState.INTERRUPTED))] == [2]
    assert [row.id for row in all_rows(world, runs(job="publisher", limit=1))] == [2]


def test_a_run_without_any_visit_is_a_row_of_zeros(database: Database) -> None:
    visit = first_run(database)
    run = visit.recorder.begin_run(run_record())
    row = all_rows(database, runs())[0]
    assert (row.id, row.sites, row.documents, row.refusals, row.bytes) == (run, 0, 0, 0, 0)


def test_a_run_that_fell_silent_is_said_to_have(world: Database) -> None:
    """A killed process cannot write that it died: its last sign of life says it."""
    [live] = all_rows(world, runs(state=RunState.RUNNING))
    assert live.state_at(NOON + SILENT_AFTER) == "running"
    assert live.state_at(NOON + 2 * SILENT_AFTER).startswith("silent since 2026-11-20 12:00")


def test_a_waiting_run_says_for_whom_and_until_when(database: Database) -> None:
    visit = begin(database, site="slow.example")
    visit.recorder.set_run_state(
        visit.run, RunState.WAITING, waiting_until=LATER, waiting_for=["slow.example"]
    )
    row = all_rows(database, runs())[0]
    assert row.state_at(NOON) == "waiting until 2026-11-27 12:00 for slow.example"
