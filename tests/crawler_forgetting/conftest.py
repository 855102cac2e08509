"""A folder with a database, and the program in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from crawler.cli import app
from provenance.database import Database

Typed = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which everything lies in ./aboveboard-data, which has a database already."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE", "STORE", "SPOOL", "SIGNING_KEY"):
        monkeypatch.delenv(f"ABOVEBOARD_{name}", raising=False)
    (tmp_path / "aboveboard-data").mkdir()
    Database.open(f"sqlite:///{tmp_path}/aboveboard-data/provenance.db").close()
    return tmp_path


@pytest.fixture
def typed(folder: Path) -> Typed:
    """Type a command in the folder; its exit code must be the one that is asked for."""

    def run(*arguments: str, code: int = 0, answer: str | None = None) -> Result:
        ended = CliRunner().invoke(app, arguments, input=answer)
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        assert ended.exit_code == code, f"{arguments}: {ended.output}"
        return ended

    return run
