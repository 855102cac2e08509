"""Golden cases: one TOML file a case, one folder a standard, under tests/cases."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parent.parent / "cases"


def cases(standard: str) -> list[Any]:
    """Return every case of a standard as a parameter; its file's name is its id."""
    found = sorted((CASES / standard).glob("*.toml"))
    assert found, f"no cases under {CASES / standard}"
    return [pytest.param(tomllib.loads(path.read_text(encoding="utf-8")), id=path.stem) for path in found]
