"""What the README and the deployment guide tell people to type exists, and is as easy as it says."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from house import ROOT, name

from crawler.cli import app
from crawler.job import parse

PAGES = [ROOT / "README.md", ROOT / "deploy" / "README.md"]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EVERYWHERE = frozenset({"-h", "--help"})


def blocks(page: Path, *languages: str) -> list[str]:
    """Return a page's fenced blocks of some languages."""
    return [
        text for language, text in BLOCK.findall(page.read_text(encoding="utf-8")) if language in languages
    ]


def typed(page: Path) -> list[str]:
    """Return what a reader is to type: the lines behind a prompt, and whole shell blocks."""
    prompted = [
        line[2:]
        for block in blocks(page, "console")
        for line in block.splitlines()
        if line[:2] in {"$ ", "# "}
    ]
    return prompted + [
        line
        for block in blocks(page, "sh", "bash", "shell")
        for line in block.splitlines()
        if line and line[0] != "#"
    ]


def commands(page: Path) -> Iterator[list[str]]:
    """Yield every call of ``aboveboard`` in a page, in blocks and in running text, as its arguments."""
    running = BLOCK.sub("", page.read_text(encoding="utf-8"))
    spans = re.findall(r"`([^`\n]+)`", running)
    for line in [*typed(page), *spans]:
        for part in re.split(r"&&|\|\||[|;]", line):
            words = (
                shlex.split(part.replace("…", ""), comments=True)
                if part.count('"') % 2 == 0 and part.count("'") % 2 == 0
                else part.split()
            )
            starts = [at for at, word in enumerate(words) if word.rpartition("/")[2] == "aboveboard"]
            if starts and (
                starts[0] == 0 or words[:3] in (["docker", "compose", "run"], ["sudo", "-u", "aboveboard"])
            ):
                yield words[starts[0] + 1 :]


@cache
def root() -> Any:
    """Return the command line as typer's own copy of click knows it, every command loaded."""
    group: Any = typer.main.get_command(app)
    for command in group.list_commands(None):
        group.get_command(None, command)
    return group


def unknown(arguments: list[str]) -> list[str]:
    """Return what a call names that ``--help`` does not: a command, or an option of it."""
    command, options, missing = root(), set(EVERYWHERE), []
    for word in arguments:
        children = getattr(command, "commands", {})
        options |= {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        if word.startswith("-") and word != "-":
            missing += [word] * (word.partition("=")[0] not in options)
        elif word in children:
            command = children[word]
        elif children and re.fullmatch(r"[a-z][a-z-]*", word):
            missing.append(word)
    return missing


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_exists_with_its_options(page: Path) -> None:
    calls = list(commands(page))
    assert calls
    assert [(call, missing) for call in calls if (missing := unknown(call))] == []


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(["-m venv ", "pip install ", "aboveboard demo"], id="install and see the demo"),
        pytest.param(["-m venv ", "pip install ", "[test]", "pytest"], id="install and run the tests"),
    ],
)
def test_a_newcomer_types_one_line(parts: list[str]) -> None:
    """Two commands, one line each: no server, no account, nothing to prepare."""
    lines = [line for line in typed(PAGES[0]) if all(part in line for part in parts)]
    assert len(lines) == 1
    assert not lines[0].endswith("\\")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_console_block_starts_with_what_to_type(page: Path) -> None:
    """So that commands and their output can be told apart by a machine."""
    assert [block for block in blocks(page, "console") if block[:2] not in {"$ ", "# "}] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_job_that_is_shown_is_a_job(page: Path) -> None:
    """Every TOML block parses, and one with a [job] is accepted as it stands."""
    for block in blocks(page, "toml"):
        if "job" in tomllib.loads(block):
            assert parse(block, name=name(page)).site


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
