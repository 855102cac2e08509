"""`aboveboard hosts`: words into the database, and out of it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from provenance.commands import hosts
from provenance.database import Database


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database that a crawl has made."""
    location = f"sqlite:///{tmp_path}/provenance.db"
    Database.open(location).close()
    return location


def said(url: str, *arguments: str, code: int = 0) -> str:
    app = typer.Typer()
    hosts.register(app)
    app.command("other")(lambda: None)
    ended = CliRunner().invoke(app, ["hosts", *arguments, "--database", url])
    assert ended.exit_code == code, ended.output
    return ended.stdout if code == 0 else ended.output


def listed(url: str, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(url, *arguments, "--format", "jsonl").splitlines()]


@pytest.mark.parametrize(("word", "state"), [("pause", "paused"), ("park", "parked")])
def test_a_word_on_a_host_is_listed_with_who_and_why_until_it_is_taken_back(
    url: str, word: str, state: str
) -> None:
    said(url, word, "https://Example.org/a/page", "--reason", "they called", "--by", "J. Doe")
    rows = listed(url)
    assert [(row["host"], row["state"], row["by"], row["reason"]) for row in rows] == [
        ("example.org", state, "J. Doe", "they called")
    ]
    said(url, "resume", "example.org", "--reason", "they agreed", "--by", "A. Roe")
    assert [row["state"] for row in listed(url)] == ["open"]
    assert listed(url, "--held") == []
    assert [(row["action"], row["by"], row["reason"]) for row in listed(url, "history", "example.org")] == [
        ("resumed", "A. Roe", "they agreed"),
        (state, "J. Doe", "they called"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ["resume", "example.org", "--reason", "x"], "neither paused nor parked", id="nothing to lift"
        ),
        pytest.param(["pause", "example.org", "--reason", " "], "say why", id="no reason"),
        pytest.param(["pause", "https://", "--reason", "x"], "is no host", id="no host"),
    ],
)
def test_a_mistake_is_told(url: str, arguments: list[str], words: str) -> None:
    assert words in said(url, *arguments, code=2)
