"""Captures decided anew: once a rights set, for any usage, under any policy, and nothing is written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from changing_site import PLACE, changing_runs
from recorded_site import AGENTS_TURNED_AWAY, ORIGIN, begin, rights, sha256
from sqlalchemy import func, select, update
from test_cli_answers import ask

from licences.policy import load
from licences.vocabulary import Outcome, Usage
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.models import Decision, Policy, Run
from provenance.queries import (
    CaptureFilter,
    CaptureRow,
    Question,
    all_rows,
    captures,
    covered_by,
    decided_captures,
    licences_stated,
)
from provenance.queries.evidence import examples
from provenance.records import RightsSetRecord

GENERATIVE = Question(usage=Usage.AI_TRAIN_GEN)


def paths(rows: list[CaptureRow]) -> list[str]:
    return [row.url.removeprefix(ORIGIN).removeprefix(PLACE) for row in rows]


def found(
    database: Database, asked: Question, *, licence: str | None = None, **wanted: object
) -> list[CaptureRow]:
    """What the question answers, the licence looked up as the command does it."""
    sets = None if licence is None else covered_by(database, licence)
    chosen = replace(CaptureFilter(rights_sets=sets), **wanted)  # type: ignore[arg-type]  # fields of the filter
    return list(decided_captures(database, chosen, asked))


def test_the_run_s_own_question_has_the_recorded_answer(world: Database) -> None:
    """Replay of stored statements under the stored policy: the same decision, word for word."""
    recorded = all_rows(world, captures(CaptureFilter()))
    assert found(world, Question()) == recorded
    assert found(world, GENERATIVE) == recorded
    for outcome in Outcome:
        stored = all_rows(world, captures(CaptureFilter(outcomes=[outcome])))
        assert found(world, Question(), outcomes=[outcome]) == stored


def test_a_run_that_nobody_knows_has_no_documents(world: Database) -> None:
    """Nobody judges then, and nothing is asked of the database in a way that it will refuse one day."""
    assert found(world, GENERATIVE, run=10_000, outcomes=[Outcome.PERMITTED]) == []


def test_examples_are_found_however_many_lines_name_one(world: Database) -> None:
    """A publisher may name terms of its own on every page: more keys than a statement takes parameters."""
    known = {row.id for row in all_rows(world, captures(CaptureFilter()))}
    assert {one.id for one in all_rows(world, examples({*known, *range(300_000)}))} >= known


def test_a_row_says_for_which_usage_by_which_policy_and_rule(world: Database) -> None:
    [row] = found(world, GENERATIVE, prefix=f"{ORIGIN}/encyclopedia")
    assert (row.usage, row.policy, row.rule) == ("ai-train-gen", "strict-optin", "licence")
    assert (row.outcome, row.licences) == ("permitted_with_conditions", ("CC-BY-SA-4.0",))
    assert row.conditions == ({"type": "attribution"},)


def test_another_usage_has_another_outcome(world: Database) -> None:
    """A header that reserves training does not speak about search; nobody grants search either."""
    [training] = found(world, Question(usage=Usage.AI_TRAIN), prefix=f"{ORIGIN}/withheld")
    [search] = found(world, Question(usage=Usage.INDEX), prefix=f"{ORIGIN}/withheld")
    assert (training.rule, search.rule) == ("reservation", "silence")
    assert (training.outcome, search.usage) == ("not_permitted", "index")


def test_another_policy_has_another_outcome(world: Database) -> None:
    """A policy that only observes permits nothing."""
    observing = Question(policy=load("observe"))
    assert {row.policy for row in found(world, observing)} == {"observe"}
    permitted = [Outcome.PERMITTED, Outcome.PERMITTED_WITH_CONDITIONS]
    assert found(world, GENERATIVE, outcomes=permitted)
    assert not found(world, observing, outcomes=permitted)


def test_outcomes_partition_the_documents(world: Database) -> None:
    everything = found(world, GENERATIVE)
    parts = [found(world, GENERATIVE, outcomes=[outcome]) for outcome in Outcome]
    assert sorted(row.id for part in parts for row in part) == sorted(row.id for row in everything)
    assert {row.outcome for part in parts for row in part} <= {outcome.value for outcome in Outcome}


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        pytest.param("cc-by-sa-*", ["/encyclopedia.html", "/both.html"], id="case aside"),
        pytest.param("CC-BY-SA-4.0", ["/encyclopedia.html", "/both.html"], id="a whole name"),
        pytest.param("CC-BY-?A-4.0", ["/encyclopedia.html", "/both.html"], id="one character"),
        pytest.param("CC_BY*", [], id="an underscore is an underscore"),
        pytest.param("CC-BY", [], id="a name is not a beginning"),
        pytest.param("%", [], id="a per cent sign is a per cent sign"),
        pytest.param("[A-Z]*", [], id="a bracket is a bracket"),
    ],
)
def test_licences_are_found_by_glob(world: Database, licence: str, expected: list[str]) -> None:
    assert paths(found(world, GENERATIVE, licence=licence, site="example.org")) == expected


def test_the_licence_of_a_part_is_not_the_document_s(changed: Database) -> None:
    """An image under CC0 makes no page CC0; the row still says that it is stated somewhere in it."""
    assert covered_by(changed, "CC0-*") == ()
    assert "CC0-1.0" in licences_stated(changed, 10)
    [photo] = found(changed, GENERATIVE, prefix=f"{PLACE}/photo", run=1)
    assert photo.licences == ("CC0-1.0",)


def test_terms_of_one_s_own_are_found_by_their_address(changed: Database) -> None:
    assert paths(found(changed, GENERATIVE, licence=f"{PLACE}/*")) == ["/own"]


def test_conflicts_are_of_the_decision_asked_for(changed: Database) -> None:
    """A licence against a reservation contradicts for training, not for search; the later word counts for both runs."""
    assert paths(found(changed, GENERATIVE, conflicting=True)) == ["/", "/"]
    assert not found(changed, Question(usage=Usage.INDEX), conflicting=True)


def test_filters_meet(changed: Database) -> None:
    assert paths(found(changed, GENERATIVE, licence="CC-BY-*", outcomes=[Outcome.NEEDS_REVIEW])) == ["/", "/"]
    assert not found(changed, GENERATIVE, licence="CC-BY-*", outcomes=[Outcome.PERMITTED], run=1)
    assert paths(found(changed, GENERATIVE, limit=2)) == ["/", "/photo"]


def test_nothing_is_written(world: Database) -> None:
    def decisions() -> int:
        with world.session() as session:
            return session.scalar(select(func.count()).select_from(Decision)) or 0

    before = decisions()
    found(world, Question(usage=Usage.TDM, policy=load("observe")), outcomes=list(Outcome))
    assert decisions() == before


def test_more_rights_sets_than_a_statement_has_parameters(database: Database) -> None:
    """One parameter carries every key: 40,000 of them are no more than one."""
    changing_runs(database)
    sets = range(1, 40_000)
    rows = all_rows(database, captures(CaptureFilter(rights_sets=sets)))
    assert len(rows) == len(all_rows(database, captures(CaptureFilter())))


def test_an_unreadable_rights_set_is_nobody_s_permission(database: Database) -> None:
    """Of a release to come, say: a person has to look, whatever may be written there."""
    visit = begin(database)
    record = RightsSetRecord(digest=sha256("{}"), canonical='{"format":99}', licences=["CC0-1.0"])
    visit.add("/", record, permission=visit.permission(robots_capture_id=None))
    visit.end()
    [row] = found(database, GENERATIVE)
    assert (row.outcome, row.rule) == ("needs_review", "rights-set.unreadable")
    assert not found(database, GENERATIVE, outcomes=set(Outcome) - {Outcome.NEEDS_REVIEW})
    assert not found(database, GENERATIVE, licence="CC0-1.0")


def test_a_kind_without_rights_has_no_outcome(world: Database) -> None:
    rows = found(world, GENERATIVE, kind=None, status=404)
    assert [(row.kind, row.outcome, row.usage) for row in rows] == [("failure", None, "ai-train-gen")]


def test_a_policy_of_another_release_asks_for_one_by_name(database: Database) -> None:
    """The recorded text is what was applied: what cannot be read is not guessed."""
    visit = begin(database)
    visit.add("/", rights(AGENTS_TURNED_AWAY), permission=visit.permission(robots_capture_id=None))
    visit.end()
    with database.session() as session:
        session.execute(update(Policy).values(text="novel = true"))
        session.commit()
    with pytest.raises(ProvenanceError, match="name one with --policy"):
        found(database, GENERATIVE)
    assert found(database, Question(usage=Usage.TDM, policy=load("observe")))
    with database.session() as session:
        session.execute(update(Run).values(purpose="novel"))
        session.commit()
    with pytest.raises(ProvenanceError, match="name one with --usage"):
        found(database, Question(policy=load("observe")))


def test_the_command_asks_it(sqlite_world: str) -> None:
    """As a data team types it, before it trains."""
    done = ask(
        *(
            "query",
            "--licence",
            "CC-BY-*",
            "--outcome",
            "permitted",
            "--outcome",
            "permitted_with_conditions",
        ),
        *("--usage", "ai-train-gen", "--format", "jsonl", "--site", "example.org"),
        database=sqlite_world,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows
    assert {row["outcome"] for row in rows} == {"permitted_with_conditions"}
    assert {(row["usage"], row["policy"], row["rule"]) for row in rows} == {
        ("ai-train-gen", "strict-optin", "licence")
    }


def test_a_licence_that_nobody_states_is_answered_with_those_that_are(sqlite_world: str) -> None:
    done = ask("query", "--licence", "CC-BY-NC-*", database=sqlite_world)
    assert done.exit_code == 0
    assert "some that are stated: CC-BY-4.0, CC-BY-SA-4.0" in " ".join(done.stderr.split())
    assert done.stderr.strip().endswith("nothing matches")
