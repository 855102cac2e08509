"""Whatever happens to a crawl: nothing is lost, nothing is doubled, verify is clean, and the operator understands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from deaths import DEATHS
from fault import Fault
from matrix import FAULTS, Matrix
from stage import Stage


def _cells() -> list[object]:
    """Return every cell; of each fault, of every other death, one runs always: the next kind of place each time."""
    cells = []
    for number, fault in enumerate(FAULTS):
        places = fault.cells()
        always = None if fault in DEATHS and number % 2 else (number // 2) % len(places)
        for place, (store, database) in enumerate(places):
            marks = [pytest.mark.slow] if place == always else [pytest.mark.faults]
            name = f"{fault.name}: {store}, {database}"
            cells.append(pytest.param(fault, store, database, id=name, marks=marks))
    return cells


@pytest.mark.parametrize(("fault", "store", "database"), _cells())
def test_a_crawl_survives(
    fault: Fault, store: str, database: str, make_stage: Callable[[str, str], Stage], matrix: Matrix
) -> None:
    """The same command completes the run; only what was not committed is asked for again."""
    stage = make_stage(store, database)
    fault.happens(stage)
    judgement = stage.judged()
    matrix.write(fault.name, store, database, judgement)
    assert judgement.is_good, f"{judgement} {judgement.findings} {stage.ledger.repeated}"
    said = " ".join(stage.said.split())
    assert [words for words in fault.words if words not in said] == [], said
