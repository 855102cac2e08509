"""The commands: data on standard output, words on standard error, and exit codes that a script can trust."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from provenance.commands import db, query, report
from provenance.commands.query import EXAMPLES

ROOT = Path(__file__).parents[2]


def ask(*arguments: str, database: str | None = None) -> Result:
    """Run a command as the program mounts it."""
    app = typer.Typer()
    report.register(app)
    db.register(app)
    query.register(app)
    given = [*arguments, "--database", database] if database else list(arguments)
    return CliRunner().invoke(app, given)


def rows(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_captures_as_json_lines(sqlite_world: str) -> None:
    found = rows(
        ask("query", "--site", "example.org", "--run", "1", "--format", "jsonl", database=sqlite_world)
    )
    assert len(found) == 13
    assert {
        "url", "fetched_at", "status", "media_type", "payload_digest", "length", "warc_uri", "warc_offset",
        "warc_length", "run", "site", "licences", "rights_set", "outcome", "reasons",
    } <= found[0].keys()  # fmt: skip
    assert found[0]["fetched_at"] == "2026-11-20T12:00:06Z"
    assert found[0]["licences"] == ["CC-BY-4.0"]
    assert str(found[0]["payload_digest"]).startswith("sha256:")
    assert all(isinstance(reason, str) for reason in found[0]["reasons"])  # type: ignore[attr-defined]  # JSON, checked here


def test_refusals_as_json_lines(sqlite_world: str) -> None:
    found = rows(ask("query", "--refusals", "--rule", "site", "--format", "jsonl", database=sqlite_world))
    names = ["url", "at", "rule", "reason", "evidence", "run", "site", "recorded_at"]
    assert [list(row) for row in found] == [names] * 2


def test_sites_and_runs_as_json_lines(sqlite_world: str) -> None:
    assert [
        row["site"] for row in rows(ask("query", "--sites", "--format", "jsonl", database=sqlite_world))
    ] == [
        "example.org",
        "hostile.example",
    ]
    assert [row["id"] for row in rows(ask("runs", "--format", "jsonl", database=sqlite_world))] == [3, 2, 1]


def test_no_cell_of_csv_is_a_formula(sqlite_world: str) -> None:
    """A reviewer opens it in a spreadsheet, and a site chose its words."""
    result = ask("query", "--refusals", "--site", "hostile.example", "--format", "csv", database=sqlite_world)
    read = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["reason"], row["evidence"]) for row in read][1] == ("'=HYPERLINK(1)", "'+1")


def test_a_piped_table_is_plain_tabs_without_escapes(sqlite_world: str) -> None:
    result = ask("query", "--refusals", "--site", "hostile.example", database=sqlite_world)
    assert result.stdout.splitlines()[0] == "url\trule\treason\tevidence\trun"
    assert "\x1b" not in result.stdout
    assert r"\x1b[31mred" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["query", "--refusals", "--sites"], "ask one", id="two questions at once"),
        pytest.param(
            ["query", "--refusals", "--licence", "MIT"],
            "--licence filters documents",
            id="a licence of refusals",
        ),
        pytest.param(["query", "--rule", "scope"], "add --refusals", id="a rule of captures"),
        pytest.param(
            ["query", "--sites", "--limit", "1"], "--limit does not go with --sites", id="a limit of sites"
        ),
        pytest.param(
            ["query", "--site", "example.com"], "visited sites are: example.org", id="a site nobody visited"
        ),
        pytest.param(["report", "example.com"], "visited sites are: example.org", id="a report of it"),
        pytest.param(["report"], "name one site, or give --all", id="a report of nothing"),
        pytest.param(
            ["report", "--all", "--output", "-"], "--all writes every site", id="all sites on one stream"
        ),
        pytest.param(
            ["report", "example.org", "--run", "3"], "example.org in run 3", id="a run that went elsewhere"
        ),
        pytest.param(["query", "--usage", "training"], "--usage", id="a usage that is none"),
        pytest.param(["query", "--outcome", "allowed"], "--outcome", id="an outcome that is none"),
        pytest.param(["query", "--policy", "lenient"], "write one of", id="a policy that is none"),
        pytest.param(
            ["query", "--policy", "no/such.toml"], "cannot be read", id="a policy file that is not there"
        ),
        pytest.param(
            ["query", "--refusals", "--conflicts"], "--conflicts filters", id="conflicts of refusals"
        ),
        pytest.param(["query", "--sites", "--usage", "tdm"], "--usage does not go", id="a usage of sites"),
    ],
)
def test_bad_usage_exits_2_and_says_what_to_do(sqlite_world: str, arguments: list[str], words: str) -> None:
    result = ask(*arguments, database=sqlite_world)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.parametrize(
    "arguments", [["query"], ["query", "--sites"], ["runs"], ["report", "example.org"], ["db", "check"]]
)
def test_a_question_never_makes_a_database(tmp_path: Path, arguments: list[str]) -> None:
    result = ask(*arguments, database=f"sqlite:///{tmp_path}/absent/provenance.db")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{tmp_path}/absent/provenance.db" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_upgrade_makes_the_schema_and_check_sees_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/provenance.db"
    assert ask("db", "upgrade", database=url).exit_code == 0
    assert ask("db", "check", database=url).exit_code == 0
    nothing = ask("query", database=url)
    assert (nothing.exit_code, nothing.stderr.strip()) == (0, "nothing matches")


def test_the_environment_names_the_database(sqlite_world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABOVEBOARD_DATABASE", sqlite_world)
    assert "example.org" in ask("query", "--sites").stdout


def test_a_page_becomes_a_file_named_after_the_site(
    sqlite_world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ask("report", "example.org", database=sqlite_world)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.strip() == f"report written to {tmp_path}/example.org.html"
    assert (tmp_path / "example.org.html").is_file()


def test_json_and_csv_go_to_standard_output(sqlite_world: str) -> None:
    told = json.loads(ask("report", "example.org", "--format", "json", database=sqlite_world).stdout)
    assert told["site"] == "example.org"
    assert told["totals"]["documents"] == 15
    assert told["headline"][0]["question"] == "What we asked"
    table = csv.DictReader(
        io.StringIO(ask("report", "example.org", "--format", "csv", database=sqlite_world).stdout)
    )
    found = {(row["section"], row["item"], row["measure"]): row["value"] for row in table}
    assert found["licence", "CC-BY-4.0", "documents"] == "10"
    assert found["total", "", "needs_review"] == "2"


def test_a_page_goes_to_standard_output_when_asked(sqlite_world: str) -> None:
    assert ask("report", "example.org", "--output", "-", database=sqlite_world).stdout.startswith(
        "<!DOCTYPE html>"
    )


@pytest.mark.parametrize("form", ["html", "json", "csv"])
def test_all_sites_become_files_with_an_index(sqlite_world: str, tmp_path: Path, form: str) -> None:
    result = ask("report", "--all", "--format", form, "--output", str(tmp_path), database=sqlite_world)
    assert result.exit_code == 0
    assert {file.name for file in tmp_path.iterdir()} == {
        f"example.org.{form}",
        f"hostile.example.{form}",
        "index.html",
    }
    assert f'href="example.org.{form}"' in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_named(sqlite_world: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = ask(
        "report", "example.org", "--output", str(tmp_path / "file" / "x.html"), database=sqlite_world
    )
    assert result.exit_code == 2
    assert "name another place with --output" in result.stderr


def test_what_is_there_and_is_no_file_is_written_to_and_never_replaced(
    sqlite_world: str, tmp_path: Path
) -> None:
    """A link stays a link (/dev/stdout is one); "-" is standard output; a folder is no place for rows."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "rows.csv")
    (tmp_path / "rows.csv").write_text("before")
    assert ask("query", "--format", "csv", "--out", str(link), database=sqlite_world).exit_code == 0
    assert link.is_symlink()
    assert (tmp_path / "rows.csv").read_text().startswith("url,")
    said = ask("query", "--format", "csv", "--out", "-", database=sqlite_world)
    assert said.stdout.startswith("url,")
    refused = ask("query", "--out", str(tmp_path), database=sqlite_world)
    assert (refused.exit_code, "Is a directory" in refused.stderr) == (2, True)


def test_a_reader_who_leaves_early_ends_it_quietly(sqlite_world: str) -> None:
    """``aboveboard query | head -1``: no traceback, exit code 0."""
    program = "import typer; from provenance.commands import query; app = typer.Typer(); app.callback()(lambda: None); query.register(app); app()"
    read, write = os.pipe()
    os.close(read)  # the reader is gone before the first row
    command = [sys.executable, "-c", program, "query", "--format", "jsonl", "--database", sqlite_world]
    with os.fdopen(write, "wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, cwd=ROOT, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("command", [["report"], ["runs"], ["db", "upgrade"], ["db", "check"]])
def test_help_ends_with_an_example(command: list[str]) -> None:
    assert f"Example: aboveboard {' '.join(command)}" in ask(*command, "--help").stdout


def test_the_help_of_query_ends_with_examples_that_work(sqlite_world: str) -> None:
    said = " ".join(ask("query", "--help").stdout.split())
    assert "Examples:" in said
    for example in EXAMPLES.split("\n\n")[1:]:
        _, *arguments = shlex.split(example)
        assert " ".join(arguments[:4]) in said or "'" in example
        assert ask(*arguments, database=sqlite_world).exit_code == 0
