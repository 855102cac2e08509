"""`aboveboard source`: a person's word on a site, and what the register answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from crawler.commands import sourcing
from provenance.database import Database

WORD = ("--by", "J. Doe", "--basis", "its terms")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database that a crawl has made."""
    location = f"sqlite:///{tmp_path}/provenance.db"
    Database.open(location).close()
    return location


def said(url: str, *arguments: str, code: int = 0) -> str:
    app = typer.Typer()
    sourcing.register(app)
    app.command("other")(lambda: None)
    ended = CliRunner().invoke(app, ["source", *arguments, "--database", url])
    assert ended.exit_code == code, ended.output
    return ended.output


def listed(url: str, *arguments: str) -> list[dict[str, Any]]:
    lines = said(url, "list", *arguments, "--format", "jsonl").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def shown(url: str, name: str, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said(url, "show", name, *arguments, "--format", "jsonl"))
    return found


def test_a_source_is_admitted_revoked_and_admitted_again(url: str) -> None:
    told = said(url, "admit", "https://Example.org/a", *WORD)
    assert "example.org#1 is admitted" in told
    assert "DA-5.3.1-2" in told, "the duties are told with the admission"
    assert [(row["name"], row["state"], row["by"]) for row in listed(url)] == [
        ("example.org", "in-force", "J. Doe")
    ]
    assert "within 5 s" in said(url, "revoke", "example.org", "--by", "R. Roe", "--reason", "they called")
    assert [(row["state"], row["why"]) for row in listed(url)] == [("revoked", "they called")]
    assert listed(url, "--state", "in-force") == []
    said(url, "admit", "example.org", *WORD)
    assert [entry["action"] for entry in shown(url, "example.org")["entries"]] == [
        "admitted",
        "revoked",
        "admitted",
    ]


def test_what_was_known_earlier_is_answered_as_it_was(url: str) -> None:
    said(url, "admit", "example.org", *WORD)
    [then] = [row["recorded_at"] for row in listed(url)]
    said(url, "revoke", "example.org", "--by", "R. Roe", "--reason", "they called")
    assert [row["state"] for row in listed(url, "--as-of", then)] == ["in-force"]
    assert len(shown(url, "example.org", "--as-of", then)["entries"]) == 1
    assert listed(url, "--as-of", "2020-01-01") == []


def test_show_tells_everything_to_a_person(url: str) -> None:
    """V-SRC: who, on what basis, until when, under which conditions and duties, signed by whom."""
    people = ("--assessor", "Ann Lee", "--approver", "Bo Poe")
    what = ("--category", "children", "--condition", "no names", "--condition", "no pictures")
    said(url, "admit", "example.org", *WORD, *what, *people)
    told = said(url, "show", "example.org")
    for words in (
        "example.org  in-force, crawled",
        "admitted by J. Doe",
        "basis: its terms",
        "categories: children",
        "condition: no names",
        "condition: no pictures",
        "assessed by Ann Lee, approved by Bo Poe",
        "DA-5.3.2-e",
        "to be assessed again by",
        "documents  0",
    ):
        assert words in told


def test_a_day_counts_to_its_end(url: str) -> None:
    said(url, "admit", "example.org", *WORD, "--from", "2026-01-01", "--until", _soon())
    [row] = listed(url)
    assert row["valid_from"] == "2026-01-01T00:00:00Z"
    assert row["valid_until"] > f"{_soon()}T23:59:59Z"
    said(url, "admit", "example.net", *WORD, "--until", _soon().replace("-", ""))  # ISO 8601's other spelling
    assert listed(url)[0]["valid_until"] == row["valid_until"]


def _soon() -> str:
    return f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["admit", "www.example.org", *WORD], "write example.org", id="a part of a site"),
        pytest.param(["admit", "exa mple", *WORD], "registrable domain or an address", id="no site"),
        pytest.param(["admit", "example.org", "--by", " ", "--basis", "b"], "--by is empty", id="nobody"),
        pytest.param(
            ["admit", "example.org", *WORD, "--category", "gossip"], "one of public-text", id="no category"
        ),
        pytest.param(
            ["admit", "example.org", *WORD, "--category", "important-data"],
            "two people (C-ASSESS)",
            id="nobody signs",
        ),
        pytest.param(
            ["admit", "example.org", *WORD, "--assessor", "Ann", "--approver", "ANN"],
            "cannot both assess and approve",
            id="one person signs twice",
        ),
        pytest.param(["admit", "example.org", *WORD, "--until", "soon"], "is no moment", id="no day"),
        pytest.param(["admit", "example.org", *WORD, "--until", "2020-01-01"], "is never", id="over"),
        pytest.param(
            ["admit", "example.org", *WORD, "--until", "9999-12-31"],
            "assessment",
            id="the calendar's last day",
        ),
        pytest.param(
            ["admit", "example.org", *WORD, "--from", "0001-01-01T00:00+14:00"],
            "is no moment",
            id="before the calendar",
        ),
        pytest.param(
            ["admit", "example.org", *WORD, "--mode", "licensed"], "licensed", id="a mode for later"
        ),
        pytest.param(["revoke", "example.org", "--by", "R", "--reason", " "], "--reason is empty", id="why?"),
        pytest.param(["show", "example.org"], "has no entry", id="unknown"),
        pytest.param(["list", "--as-of", "2999-01-01"], "future", id="a day to come"),
    ],
)
def test_a_mistake_is_told(url: str, arguments: list[str], words: str) -> None:
    assert words in " ".join(said(url, *arguments, code=2).split())
