"""Deciding over everything held, by any policy: counts, what another policy would change, and nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from recorded_site import first_run
from sqlalchemy import select, update
from typer.testing import CliRunner, Result

from licences.policy import load
from licences.vocabulary import Usage
from provenance.commands.decide import register
from provenance.database import Database
from provenance.deciding import changes, holdings, outcomes
from provenance.models import Decision, RightsSet
from provenance.queries import CaptureFilter, captures, stream
from provenance.records import CaptureKind

STRICT, OBSERVE, CHINA = load("strict-optin"), load("observe"), load("cn-strict")
TRAINING = [Usage.AI_TRAIN_GEN]


def _no_options() -> None:
    """Stand where the program's own options are taken."""


def ask(*arguments: str, database: str) -> Result:
    app = typer.Typer()
    app.callback()(_no_options)  # else typer makes a lone command the whole program
    register(app)
    return CliRunner().invoke(app, ["decide", *arguments, "--database", database])


def test_every_document_is_counted_once(world: Database) -> None:
    """Whatever the usage; and neither redirects nor failures."""
    held = holdings(world)
    documents = list(stream(world, captures(CaptureFilter(kind=CaptureKind.DOCUMENT))))
    assert (held.documents, held.unread) == (len(documents), 0)
    rows = outcomes(world, held.held, STRICT, [*TRAINING, Usage.INDEX])
    for usage in (Usage.AI_TRAIN_GEN, Usage.INDEX):
        assert sum(row.documents for row in rows if row.usage is usage) == len(documents)
    assert {url for row in rows for url in row.samples} <= {document.url for document in documents}


def test_a_policy_decides_as_it_did_when_the_documents_came(world: Database) -> None:
    """The runs of this world were decided by the same profile."""
    documents = list(stream(world, captures(CaptureFilter(kind=CaptureKind.DOCUMENT))))
    decided: dict[str, int] = {}
    for row in outcomes(world, holdings(world).held, STRICT, TRAINING):
        decided[row.outcome.value] = decided.get(row.outcome.value, 0) + row.documents
    recorded = [str(document.outcome) for document in documents]
    assert decided == {outcome: recorded.count(outcome) for outcome in recorded}


def test_a_site_is_a_part_of_everything(world: Database) -> None:
    of_sites = [holdings(world, site=name).documents for name in ("example.org", "hostile.example")]
    assert sum(of_sites) == holdings(world).documents
    assert all(of_sites)


def test_what_would_change_says_by_which_rules(world: Database) -> None:
    """From the policy's silence to a person's desk; both policies in their own words."""
    rows = changes(world, holdings(world).held, STRICT, CHINA, TRAINING)
    silent = next(row for row in rows if row.rule_before == "silence")
    assert (silent.before, silent.after, silent.rule_after) == ("not_permitted", "needs_review", "silence")
    assert silent.says_before == STRICT.silence.says
    assert silent.says_after == CHINA.silence.says
    assert changes(world, holdings(world).held, STRICT, STRICT, TRAINING) == []


def test_nothing_is_written(world: Database) -> None:
    with world.session() as session:
        before = len(session.scalars(select(Decision)).all())
    outcomes(world, holdings(world).held, OBSERVE, list(Usage))
    with world.session() as session:
        assert len(session.scalars(select(Decision)).all()) == before


def test_what_cannot_be_read_is_left_out_and_counted(database: Database) -> None:
    """A rights set of another release stops nobody from asking about the others."""
    first_run(database)
    whole = holdings(database)
    with database.writing() as connection:
        largest = whole.held[0].rights.digest
        connection.execute(update(RightsSet).where(RightsSet.digest == largest).values(canonical="{}"))
    rest = holdings(database)
    assert rest.unread == whole.held[0].documents
    assert rest.documents + rest.unread == whole.documents


def test_data_goes_to_standard_output_and_words_to_standard_error(sqlite_world: str) -> None:
    done = ask(
        "--policy", "strict-optin", "--compare", "cn-strict", "--format", "jsonl", database=sqlite_world
    )
    assert done.exit_code == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert list(rows[0]) == [
        "usage", "before", "after", "documents", "rights_sets", "rule_before", "rule_after", "says_before",
        "says_after", "samples",
    ]  # fmt: skip
    assert "from strict-optin to cn-strict" in done.stderr
    assert "would change" in done.stderr
    counted = ask("--policy", "observe", "--format", "csv", database=sqlite_world)
    assert counted.stdout.splitlines()[0] == "usage,outcome,documents,rights_sets,rule,says,samples"
    assert "ai-train-gen: no_signal" in counted.stderr


def test_policies_that_agree_change_nothing(sqlite_world: str) -> None:
    done = ask("--policy", "strict-optin", "--compare", "strict-optin", database=sqlite_world)
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 1)  # the heading
    assert "0 would change (0 %)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--policy", "lenient"], "no such profile; write one of cn-strict", id="no profile"),
        pytest.param(
            ["--policy", "observe", "--compare", "none.toml"], "none.toml: cannot be read", id="no file"
        ),
        pytest.param(
            ["--policy", "observe", "--site", "example.com"], "visited sites are: example.org", id="no site"
        ),
    ],
)
def test_bad_usage_exits_2_and_says_what_to_do(sqlite_world: str, arguments: list[str], words: str) -> None:
    done = ask(*arguments, database=sqlite_world)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


def test_a_policy_file_of_ones_own(sqlite_world: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(STRICT.text.replace('noncommercial = "unmet"', 'noncommercial = "met"'), encoding="utf-8")
    assert ask("--policy", "strict-optin", "--compare", str(mine), database=sqlite_world).exit_code == 0


def test_the_help_ends_with_an_example(sqlite_world: str) -> None:
    assert "Example: aboveboard decide --policy" in ask("--help", database=sqlite_world).stdout
