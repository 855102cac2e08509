"""The register of sources: nothing is overwritten, the newest word counts, and only a person's lifts a revocation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sample_records import Visiting
from sqlalchemy import func, select

from licences.assessment import AssessmentError
from provenance import recorded, sources
from provenance.admissions import admit, admit_for_run, revoke
from provenance.database import Database
from provenance.errors import SourceError
from provenance.models import SourceEntry
from provenance.sources import Action, SourceState

SITE = "example.net"
DAY = timedelta(days=1)


def word(database: Database, **more: Any) -> sources.SourceEntry:
    return admit(database, SITE, by="J. Doe", basis="its terms", **more)


def standing(database: Database, *, as_of: datetime | None = None, at: datetime | None = None) -> SourceState:
    moment = at or as_of or datetime.now(UTC) + timedelta(seconds=1)
    return sources.newest(database, as_of=as_of)[SITE].state_at(moment)


def test_an_entry_says_who_on_what_basis_until_when_and_under_which_duties(database: Database) -> None:
    """R-SOURCE and R-ASSESS: what a reviewer asks for is in the entry itself."""
    entry = word(database, categories=["works", "public-text"])
    assert (entry.name, entry.mode, entry.action) == (SITE, "crawled", Action.ADMITTED)
    assert (entry.by, entry.basis, entry.run_id) == ("J. Doe", "its terms", None)
    assert list(entry.categories) == ["public-text", "works"]
    assert entry.assessment is not None
    assert "DA-5.3.3-b" in {duty["id"] for duty in entry.assessment["duties"]}
    assert entry.valid_until == entry.recorded_at + 365 * DAY, "the assessment has to be made again then"
    assert entry.label == f"{SITE}#{entry.id}"
    assert sources.entries(database, name=SITE) == [entry]


def test_the_newest_word_counts_and_no_earlier_one_is_touched(database: Database) -> None:
    first = word(database)
    second = revoke(database, SITE, by="R. Roe", reason="its owner called")
    assert standing(database) is SourceState.REVOKED
    third = word(database)
    assert standing(database) is SourceState.IN_FORCE
    assert sources.entries(database, name=SITE) == [first, second, third]


def test_what_was_known_then_stays_the_answer_for_then(database: Database) -> None:
    """Recorded time: a later word never changes an earlier as-of answer."""
    before = recorded.present(database)
    word(database)
    between = recorded.present(database)
    revoke(database, SITE, by="R. Roe", reason="its owner called")
    assert sources.newest(database, as_of=before).get(SITE) is None
    assert standing(database, as_of=between) is SourceState.IN_FORCE
    assert standing(database, as_of=recorded.present(database)) is SourceState.REVOKED
    assert [entry.action for entry in sources.entries(database, as_of=between)][-1] is Action.ADMITTED


def test_validity_is_judged_at_the_moment_asked_about(database: Database) -> None:
    """Valid time: in force from its first moment, and no longer at its last."""
    begins = datetime.now(UTC).replace(microsecond=0) + DAY
    entry = word(database, valid_from=begins, valid_until=begins + DAY)
    assert entry.state_at(begins - timedelta(microseconds=1)) is SourceState.NOT_BEGUN
    assert entry.state_at(begins) is SourceState.IN_FORCE
    assert entry.state_at(begins + DAY - timedelta(microseconds=1)) is SourceState.IN_FORCE
    assert entry.state_at(begins + DAY) is SourceState.EXPIRED


def test_a_job_opens_the_register_once_and_never_changes_it(database: Database, visit: Visiting) -> None:
    """A job file can neither lift a revocation nor outlast the register."""

    def by_job() -> sources.SourceEntry | None:
        until = datetime.now(UTC) + 900 * DAY
        return admit_for_run(
            database, SITE, run_id=visit.run_id, by="job", basis="not stated", valid_until=until
        )

    opened = by_job()
    assert opened is not None
    assert (opened.run_id, opened.by, list(opened.categories)) == (visit.run_id, "job", [])
    assert by_job() is None, "a second run finds it open"
    revoke(database, SITE, by="R. Roe", reason="its owner called")
    assert by_job() is None
    assert standing(database) is SourceState.REVOKED


def test_a_job_whose_time_is_over_opens_nothing(database: Database, visit: Visiting) -> None:
    over = datetime.now(UTC) - DAY
    opened = admit_for_run(
        database, SITE, run_id=visit.run_id, by="job", basis="not stated", valid_until=over
    )
    assert opened is None
    assert SITE not in sources.newest(database)


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        pytest.param({"by": "  "}, SourceError, "--by is empty", id="nobody"),
        pytest.param({"basis": ""}, SourceError, "--basis is empty", id="no basis"),
        pytest.param({"categories": ["children"]}, AssessmentError, "two people", id="four eyes"),
        pytest.param({"conditions": ["no images"]}, AssessmentError, "two people", id="conditions"),
        pytest.param(
            {"assessor": "Ann", "approver": "ANN "}, AssessmentError, "cannot both", id="one person"
        ),
        pytest.param({"valid_until": datetime(2020, 1, 1, tzinfo=UTC)}, SourceError, "is never", id="over"),
        pytest.param(
            {"valid_from": datetime(2100, 1, 1, tzinfo=UTC)}, SourceError, "is never", id="begins too late"
        ),
        pytest.param(
            {"valid_until": datetime(2100, 1, 1, tzinfo=UTC)},
            SourceError,
            "made again by",
            id="outlasts its assessment",
        ),
    ],
)
def test_what_the_register_does_not_take(
    database: Database, more: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        admit(database, SITE, **({"by": "J. Doe", "basis": "its terms"} | more))
    assert SITE not in sources.newest(database)


def test_two_people_and_their_conditions_are_on_record(database: Database) -> None:
    entry = word(
        database, categories=["children"], conditions=["no  names"], assessor="Ann Lee", approver="Bo Poe"
    )
    assert (entry.assessor, entry.approver, list(entry.conditions)) == ("Ann Lee", "Bo Poe", ["no names"])
    assert entry.valid_until == entry.recorded_at + 90 * DAY


@pytest.mark.parametrize(
    ("by", "reason", "says"),
    [
        pytest.param("", "its owner called", "--by is empty", id="nobody"),
        pytest.param("R. Roe", " ", "--reason is empty", id="no reason"),
    ],
)
def test_a_revocation_says_who_and_why(database: Database, by: str, reason: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        revoke(database, SITE, by=by, reason=reason)


def test_the_mark_tells_of_every_entry(database: Database) -> None:
    """A crawl asks for it every few seconds; keys are not always seen in their order, so their number counts too."""
    marks = {sources.mark(database)}
    word(database)
    marks.add(sources.mark(database))
    revoke(database, SITE, by="R. Roe", reason="its owner called")
    marks.add(sources.mark(database))
    assert len(marks) == 3
    with database.reading() as connection:
        counted = connection.execute(select(func.count()).select_from(SourceEntry)).scalar_one()
    assert sources.mark(database).entries == counted
