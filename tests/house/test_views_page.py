"""The page about the views says of each view and column what the database says."""

from __future__ import annotations

import re
from pathlib import Path

from house import ROOT
from sqlalchemy import inspect

from provenance.database import Database

PAGE = ROOT / "deploy" / "views.md"
SECTION = re.compile(r"^## (v_\w+)$(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
COLUMN = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def test_every_view_and_column_is_told_and_no_other(tmp_path: Path) -> None:
    told = {name: COLUMN.findall(text) for name, text in SECTION.findall(PAGE.read_text(encoding="utf-8"))}
    with Database.open(f"sqlite:///{tmp_path}/provenance.db") as database:
        looked = inspect(database.engine)
        there = {view: [one["name"] for one in looked.get_columns(view)] for view in looked.get_view_names()}
    assert told == there
