"""The data team's walk, from a question to a check that fails, as the script that anybody can run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from outside import PATIENCE, Workplace, environment, finish

WALK = Path(__file__).parent / "data_team_walk.py"


@pytest.mark.slow
def test_from_question_to_manifest_to_a_check_that_fails_after_the_site_opts_out(place: Workplace) -> None:
    """R-DATASET, R-EXPORT, DA-8.2-d: what a team holds can be asked about for good, and is called back when it must be.

    The walk's own assertions hold it; here it must come to its end, past everything that a person would read on the way.
    """
    walking = subprocess.Popen(
        [sys.executable, str(WALK), str(place.folder)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ended = finish(walking, patience=3 * PATIENCE)
    assert ended.code == 0, f"{ended.out}\n{ended.err}"
    told = ended.out
    for words in ("rows may not be used any more", "host-file", "source.revoked", "permits every row still"):
        assert words in told
    assert told.index("permits every row still") < told.index("rows may not be used any more")
