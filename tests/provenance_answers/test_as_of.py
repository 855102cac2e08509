"""The law of as-of answers: what is written later changes none of them; forgetting is the one exception.

Histories are made at random: visits old and new, batches that come after a visit has ended, refusals, versions of
hosts' files, entries of the register, decisions, tallies made and dropped, manifests.  At random moments between them
every question is asked about that moment, and asked again at the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from history_of_writes import History, answers, totals, without
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_site import NOON, ORIGIN
from sqlalchemy import update
from test_cli_answers import ask

from provenance.as_of import moment
from provenance.database import Database
from provenance.errors import AsOfInFuture, ProvenanceError
from provenance.models import Base, Capture, Refusal, Visit
from provenance.queries import CaptureFilter, all_rows, captures, receipt

STEPS = 40  # of each writer beside a reader
few = st.integers(0, 5)
WRITES = st.one_of(
    st.tuples(st.just("visit"), few),
    st.tuples(st.just("capture"), few, few, few),
    st.tuples(st.just("capture"), few, few, few),
    st.tuples(st.just("refuse"), few, few),
    st.tuples(st.just("end"), few),
    st.tuples(st.just("file"), few, few),
    st.tuples(st.just("source"), few, few),
    st.tuples(st.just("decide"), few),
    st.tuples(st.just("seal")),
    st.tuples(st.just("manifest"), few),
)
FORGETS = st.tuples(st.just("erase"), few, few)
ASKS = st.just(("ask",))
HISTORIES = st.lists(st.one_of(WRITES, WRITES, WRITES, ASKS), min_size=6, max_size=25)
FORGETFUL = st.lists(st.one_of(WRITES, WRITES, WRITES, ASKS, FORGETS), min_size=6, max_size=20)
QUICKLY = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@contextmanager
def new_sqlite() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder, Database.open(f"sqlite:///{folder}/history.db") as opened:
        yield opened


def replay(database: Database, steps: list[tuple[object, ...]]) -> None:
    """Write the steps; where a step asks, ask about that moment now, and again at the end."""
    history = History(database)
    history.visit(0)
    told = []
    for name, *arguments in steps:
        if name == "ask":
            at = history.now()
            told.append((at, set(history.erased), answers(database, at), totals(database, at)))
        else:
            getattr(history, str(name))(*arguments)
    for at, erased_then, said, counted in told:
        gone = history.erased - erased_then
        assert answers(database, at, gone) == without(said, gone)
        assert gone or totals(database, at) == counted


@QUICKLY
@given(steps=HISTORIES)
def test_a_later_write_changes_no_answer(steps: list[tuple[object, ...]]) -> None:
    with new_sqlite() as database:
        replay(database, steps)


@QUICKLY
@given(steps=FORGETFUL)
def test_forgetting_takes_its_rows_out_and_changes_no_other(steps: list[tuple[object, ...]]) -> None:
    with new_sqlite() as database:
        replay(database, steps)


def test_a_later_write_changes_no_answer_on_postgresql(postgresql_url: str) -> None:
    """The same law; a server takes longer to empty than to fill, so that there are fewer histories."""
    with Database.open(postgresql_url) as database:

        @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
        @given(steps=HISTORIES)
        def of_one(steps: list[tuple[object, ...]]) -> None:
            with database.writing() as connection:
                names = ", ".join(table.name for table in Base.metadata.sorted_tables)
                connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
            replay(database, steps)

        of_one()


def test_what_is_written_meanwhile_is_in_none_or_in_all(database: Database) -> None:
    """Writers go on while a reader asks about just now: the answer is complete when it is given."""
    history = History(database)
    for site in range(2):
        history.visit(site)
    stop, told, failures = Event(), [], []

    def write(which: int) -> None:
        mine = History(database, visits=[history.visits[which]])
        step = 0
        try:
            while not stop.is_set() and step < STEPS:
                mine.capture(0, step, step // 3)
                mine.file(0, step) if step % 5 == 4 else mine.refuse(0, step)
                step += 1
        except BaseException as error:  # noqa: BLE001  # told below, in the thread that can fail the test
            failures.append(error)

    writers = [Thread(target=write, args=(which,)) for which in range(2)]
    for writer in writers:
        writer.start()
    for _ in range(3):
        at = history.now()
        told.append((at, answers(database, at)))
    stop.set()
    for writer in writers:
        writer.join()
    assert failures == []
    for at, said in told:
        assert answers(database, at) == said
    assert len(told[-1][1]["captures"]) >= len(told[0][1]["captures"])


def test_rows_of_an_earlier_release_are_known_since_they_were_made(database: Database) -> None:
    """They do not say when they were recorded: the time of the request, the refusal, the visit stands for it."""
    history = History(database)
    history.visit(0)
    history.capture(0, 0, 1)
    history.refuse(0, 1)
    with database.writing() as connection:
        for model in (Capture, Refusal, Visit):
            connection.execute(update(model).values(recorded_at=None))
    later = CaptureFilter(as_of=NOON + timedelta(days=1))
    assert len(all_rows(database, captures(later))) == 1
    assert all_rows(database, captures(CaptureFilter(as_of=NOON - timedelta(days=1)))) == []


def test_nobody_knows_what_will_be_recorded(world: Database) -> None:
    with pytest.raises(AsOfInFuture, match="lies in the future"):
        receipt(world, ORIGIN, as_of=datetime(2999, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-11-22", "2026-11-22T00:00:00+00:00", id="a date is its beginning"),
        pytest.param("2026-11-22T08:30", "2026-11-22T08:30:00+00:00", id="without an offset: UTC"),
        pytest.param("2026-11-22T08:30:00Z", "2026-11-22T08:30:00+00:00", id="Z"),
        pytest.param(" 2026-11-22 08:30+02:00 ", "2026-11-22T06:30:00+00:00", id="an offset, a blank"),
    ],
)
def test_a_moment_is_written_as_iso_8601(text: str, expected: str) -> None:
    named = moment(text)
    assert named is not None
    assert named.isoformat() == expected


@pytest.mark.parametrize("text", ["noon", "2026-13-01", "", "22.11.2026"])
def test_what_is_no_moment_is_said(text: str) -> None:
    with pytest.raises(ProvenanceError, match="write a date"):
        moment(text)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="captures"),
        pytest.param(["--refusals"], id="refusals"),
        pytest.param(["--sites"], id="sites"),
        pytest.param(["--count", "outcome"], id="counts"),
        pytest.param(["--usage", "tdm", "--policy", "eu-tdm"], id="under a policy"),
    ],
)
def test_the_command_answers_as_of_a_day(sqlite_world: str, arguments: list[str]) -> None:
    before = ask("query", *arguments, "--as-of", "2001-01-01", "--format", "jsonl", database=sqlite_world)
    assert (before.exit_code, before.stdout) == (0, "")
    future = ask("query", *arguments, "--as-of", "2999-01-01", database=sqlite_world)
    assert (future.exit_code, future.stdout) == (2, "")
    assert "lies in the future" in future.stderr


def test_what_was_erased_since_is_counted_on_standard_error(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/erased.db"
    with Database.open(url) as database:
        history = History(database)
        history.visit(0)
        history.capture(0, 0, 1)
        history.capture(0, 1, 1)
        at = history.now()
        history.erase(0, 1)
    asked = ask("query", "--as-of", at.isoformat(), "--format", "jsonl", database=url)
    assert len(asked.stdout.splitlines()) == 1
    assert "1 exchanges that were on record" in asked.stderr
    assert "erased since" not in ask("query", database=url).stderr
