"""A host's row: what a visit learned, what a person said, what a process reserved; none undoes another's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from provenance import hosts, schema
from provenance.database import Database
from provenance.queries import all_rows
from provenance.queries.hosts import HostRow, holds, host_changes, host_states, hosts_known
from provenance.records import Holding, HoldRecord, HostStateRecord

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOST = "a.example"


def learned(**changes: Any) -> HostStateRecord:
    values: dict[str, Any] = {
        "host": HOST,
        "last_end": NOON,
        "gap": 7.5,
        "response_time": 0.4,
        "not_before": None,
        "failures": 0,
    }
    return HostStateRecord(**values | changes)


def learn(database: Database, *records: HostStateRecord) -> None:
    with database.writing() as connection:
        hosts.learn(connection, records)


def row(database: Database, now: datetime = NOON) -> HostRow:
    """The host as an operator sees it."""
    return all_rows(database, hosts_known(host=HOST))[0].at(now)


def test_everything_that_a_host_taught_us_comes_back(database: Database) -> None:
    """A restart begins where the last process ended."""
    full = learned(
        not_before=NOON + HOUR,
        failures=4,
        baseline=0.1,
        excess=2.5,
        streak=7,
        incidents=3,
        quiet_from=NOON,
        outcomes="..x.xx",
        open_until=NOON + HOUR,
        openings=(NOON - HOUR, NOON),
        refusals=2,
        missing_since=NOON,
        day="2026-11-20",
        day_requests=4999,
        day_received=1 << 30,
        last_answer="HTTP 503",
        why="HTTP 503",
    )
    learn(database, full)
    assert host_states(database, [HOST, "unknown.example"]) == {HOST: full}


def test_the_migration_keeps_what_a_filled_database_knows(database: Database) -> None:
    """Forward with rows in it, and back: an operator's upgrade forgets no back-off."""
    known = learned(not_before=NOON + HOUR, failures=2)
    with database.writing() as connection:
        schema.downgrade(connection, "0001")
        connection.execute(
            text(
                "INSERT INTO host_state (host, last_end, gap, response_time, not_before, failures)"
                " VALUES (:host, :last_end, 7.5, 0.4, :not_before, 2)"
            ),
            {"host": HOST, **_instants(database, last_end=NOON, not_before=NOON + HOUR)},
        )
        schema.upgrade(connection, "here")
    assert host_states(database, [HOST]) == {HOST: known}


def _instants(database: Database, **moments: datetime) -> dict[str, Any]:
    """Return instants as each engine keeps them."""
    if not database.is_sqlite:
        return dict(moments)
    return {name: int(moment.timestamp() * 1_000_000) for name, moment in moments.items()}


def test_a_visit_undoes_no_hold(database: Database) -> None:
    """A crawl's next batch must not lift what a person said a second ago."""
    learn(database, learned())
    hosts.pause(database, HOST, by="J. Doe", reason="they called", at=NOON)
    learn(database, learned(gap=9.0, last_end=NOON + HOUR))
    seen = row(database)
    assert (seen.state, seen.by, seen.reason, seen.since, seen.gap) == (
        "paused", "J. Doe", "they called", NOON, 9.0,
    )  # fmt: skip  # one row


def test_a_visit_shortens_no_back_off_and_no_reservation(database: Database) -> None:
    """Who knows of less waiting has only heard less."""
    learn(database, learned(not_before=NOON + HOUR))
    learn(database, learned(not_before=None))
    learn(database, learned(not_before=NOON))
    assert host_states(database, [HOST])[HOST].not_before == NOON + HOUR


def test_a_person_s_word_replaces_a_hold_the_crawler_s_does_not(database: Database) -> None:
    """Parked by us because of refusals, then paused by a person: the person's words stand."""
    ours = HoldRecord(host=HOST, holding=Holding.PARKED, since=NOON, by="aboveboard", reason="10 refusals")
    with database.writing() as connection:
        assert hosts.hold(connection, ours)
        assert not hosts.hold(connection, ours)
    hosts.pause(database, HOST, by="J. Doe", reason="asking them", at=NOON + HOUR)
    with database.writing() as connection:
        assert not hosts.hold(connection, ours)
    assert holds(database)[HOST].reason == "asking them"


def test_resuming_gives_a_host_a_fresh_start_but_keeps_its_own_wishes(database: Database) -> None:
    """Breaker, failures and refusals are what a person decided about; Retry-After and the gap are the host's."""
    learn(
        database,
        learned(
            failures=5,
            refusals=9,
            open_until=NOON + HOUR,
            openings=(NOON,),
            not_before=NOON + 2 * HOUR,
            excess=3.0,
        ),
    )
    hosts.park(database, HOST, by="J. Doe", reason="out of order", at=NOON)
    hosts.resume(database, HOST, by="A. Roe", reason="repaired", at=NOON + HOUR)
    assert host_states(database, [HOST])[HOST] == learned(not_before=NOON + 2 * HOUR, excess=3.0)
    assert [
        (change.action, change.by, change.reason) for change in all_rows(database, host_changes(HOST))
    ] == [
        ("resumed", "A. Roe", "repaired"),
        ("parked", "J. Doe", "out of order"),
    ]
    with pytest.raises(hosts.NotHeldError, match=r"a\.example is neither paused nor parked"):
        hosts.resume(database, HOST, by="A. Roe", reason="again", at=NOON)


@pytest.mark.parametrize(
    ("changes", "state", "until"),
    [
        pytest.param({}, "open", None, id="nothing is the matter"),
        pytest.param({"not_before": NOON + HOUR}, "backing off", NOON + HOUR, id="back-off"),
        pytest.param({"not_before": NOON - HOUR}, "open", None, id="a back-off that is over"),
        pytest.param({"open_until": NOON + HOUR}, "breaker open", NOON + HOUR, id="breaker open"),
        pytest.param({"open_until": NOON - HOUR}, "breaker half-open", None, id="breaker half-open"),
    ],
)
def test_a_host_is_listed_as_it_stands_now(
    database: Database, changes: dict[str, Any], state: str, until: datetime | None
) -> None:
    learn(database, learned(**changes))
    assert (row(database).state, row(database).not_before) == (state, until)


def test_yesterday_s_budget_is_not_today_s(database: Database) -> None:
    learn(database, learned(day="2026-11-20", day_requests=12, day_received=34))
    assert (row(database).requests_today, row(database).received_today) == (12, 34)
    tomorrow = row(database, NOON + 24 * HOUR)
    assert (tomorrow.requests_today, tomorrow.received_today) == (0, 0)


def test_a_reservation_is_given_back_shorter_unless_somebody_prolonged_it(database: Database) -> None:
    """One errand at a time to a host that no visit owns, whichever process runs it."""
    later = NOON + timedelta(seconds=90)
    assert hosts.reserve(database, HOST, now=NOON, until=later) is None
    assert hosts.reserve(database, HOST, now=NOON, until=later) == later
    hosts.give_back(database, HOST, reserved=later, until=NOON + timedelta(seconds=6))
    assert hosts.reserve(database, HOST, now=NOON + timedelta(seconds=6), until=later) is None
    learn(database, learned(not_before=NOON + HOUR))
    hosts.give_back(database, HOST, reserved=later, until=NOON)
    assert host_states(database, [HOST])[HOST].not_before == NOON + HOUR
