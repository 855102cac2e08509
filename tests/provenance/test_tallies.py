"""What is tallied is what a live count says, whatever was recorded, hidden, repeated and sealed in which order."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_records import NOON, Visiting, begin, capture, refusal, rights, segment
from sqlalchemy import func, select, text

from provenance import tallies
from provenance.database import Database
from provenance.erasures import Scope, ScopeKind, hide
from provenance.models import Capture, Visit, VisitTally
from provenance.records import CaptureKind

ENDED = NOON + timedelta(hours=1)
STEPS = st.lists(
    st.tuples(st.sampled_from(["record", "repeat", "end", "hide", "vacuum", "fail"]), st.integers(0, 5)),
    min_size=1,
    max_size=10,
)


def counted(database: Database) -> dict[int, int]:
    """Documents by rights set: of sealed visits from their tallies, of the others live."""
    live = (
        select(Capture.rights_set_id, func.count())
        .join(Visit, Visit.id == Capture.visit_id)
        .where(Capture.kind == "document", Visit.tallied_at.is_(None))
        .group_by(Capture.rights_set_id)
    )
    sealed = select(VisitTally.rights_set_id, func.sum(VisitTally.documents)).group_by(
        VisitTally.rights_set_id
    )
    found: dict[int, int] = {}
    with database.reading() as connection:
        for key, number in [*connection.execute(live), *connection.execute(sealed)]:
            found[key] = found.get(key, 0) + int(number)
    return found


def there(database: Database) -> dict[int, int]:
    """Documents by rights set, counted one by one."""
    query = select(Capture.rights_set_id, func.count()).where(Capture.kind == "document")
    with database.reading() as connection:
        return dict(connection.execute(query.group_by(Capture.rights_set_id)).all())


def pieces(visit: Visiting) -> list[dict[str, Any]]:
    """Six batches of three captures: documents under three rights sets, and something that is no document."""
    made = [
        capture(visit.id, number, path=f"/{visit.id}/{number}", rights=rights(f"statement {number % 3}"))
        if number % 4
        else capture(visit.id, number, kind=CaptureKind.FAILURE, rights=None)
        for number in range(18)
    ]
    return [
        {"segments": [segment(visit.id)], "captures": made[start : start + 3]} for start in range(0, 18, 3)
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_sums_are_the_live_counts_after_every_step(
    database: Database, steps: list[tuple[str, int]]
) -> None:
    """Recording after the end, twice, an erasure in between, a batch that fails: none leaves a wrong sum."""
    with database.reading() as connection:
        number = connection.execute(select(func.count()).select_from(Visit)).scalar_one()
    visit = begin(database, site=f"site{number}.example")
    batches = pieces(visit)
    for step, which in steps:
        match step:
            case "record" | "repeat":
                visit.recorder.record(visit.batch(**batches[which]))
            case "end":
                visit.recorder.end_visit(visit.id, "every page was visited", ENDED)
            case "hide":
                url = Scope(kind=ScopeKind.URL, value=f"https://example.org/{visit.id}/{3 * which + 1}")
                hide(database, url, reason="they asked", requested_by="J. Doe", at=ENDED, suppresses=False)
            case "vacuum":
                tallies.seal_pending(database)
            case _:
                bad = capture(visit.id, 3 * which + 1, warc_length=0)
                with pytest.raises(Exception, match=r"refused a row|other content"):
                    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=[bad]))
        assert counted(database) == there(database)
        with database.reading() as connection:
            assert tallies.wrong(connection) == []


def test_a_visit_is_sealed_as_it_ends(database: Database, visit: Visiting) -> None:
    """With everything that a count needs, and until when it holds."""
    visit.recorder.record(visit.full_batch(5))
    visit.recorder.end_visit(visit.id, "every page was visited", ENDED)
    with database.reading() as connection:
        row = connection.execute(select(VisitTally)).one()
        ended = connection.execute(select(Visit.tallied_at, Visit.recorded_until)).one()
        latest = connection.execute(select(func.max(Capture.recorded_at))).scalar_one()
        least, last = connection.execute(select(func.min(Capture.id), func.max(Capture.id))).one()
    assert (row.documents, row.bytes, row.least, row.latest) == (5, 5000, least, last)
    assert ended.recorded_until == latest
    assert ended.tallied_at > latest


def test_what_changes_no_document_leaves_the_tally(database: Database, visit: Visiting) -> None:
    """A refusal that comes late is no capture."""
    visit.recorder.record(visit.full_batch())
    visit.recorder.end_visit(visit.id, "every page was visited", ENDED)
    visit.recorder.record(visit.batch(refusals=[refusal(visit.id, url="https://example.org/late")]))
    with database.reading() as connection:
        assert connection.execute(select(Visit.tallied_at)).scalar_one() is not None


def test_who_ends_a_visit_and_who_records_it_at_once(migrated_url: str) -> None:
    """Two processes: whoever comes second sees what the first did."""
    with Database.open(migrated_url) as first, Database.open(migrated_url) as second:
        for round_ in range(6):
            visit = begin(first, site=f"at-once{round_}.example")
            batches, together = pieces(visit), Barrier(2)
            visit.recorder.record(visit.batch(**batches[0]))
            failures: list[BaseException] = []

            def record(visit: Visiting = visit, batches: Any = batches, together: Barrier = together) -> None:
                together.wait(30)
                for content in batches[1:]:
                    visit.recorder.record(visit.batch(**content))

            def seal(visit: Visiting = visit, together: Barrier = together) -> None:
                together.wait(30)
                for _ in range(4):
                    tallies.seal_again(second, [visit.id])

            threads = [Thread(target=_keeping(work, failures)) for work in (record, seal)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert failures == []
            assert counted(first) == there(first)
            with first.reading() as connection:
                assert tallies.wrong(connection) == []


def test_a_tally_says_nothing_of_a_visit_that_is_not_there(database: Database) -> None:
    with database.writing() as connection:
        assert not tallies.seal(connection, 99)
        assert tallies.unseal(connection, [99]) == []
        assert connection.execute(text("SELECT count(*) FROM visit_tally")).scalar_one() == 0


def _keeping(work: Any, failures: list[BaseException]) -> Any:
    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test's own thread must see it
            failures.append(error)

    return run
