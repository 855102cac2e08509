"""Take each enforcing part out in turn: no removal goes unnoticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from enforcing_parts import PARTS


def test_every_part_is_named_once() -> None:
    assert len({part.name for part in PARTS}) == len(PARTS)


@pytest.mark.slow
def test_every_part_that_enforces_something_is_missed_by_a_test() -> None:
    """Each removal turns a test red that is green without it; the table is printed."""
    ended = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("mutations.py"))],
        capture_output=True,
        text=True,
        check=False,
    )
    print(ended.stdout)
    assert ended.returncode == 0, ended.stdout + ended.stderr
