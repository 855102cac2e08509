"""The golden corpus: per signal, what is found of what there is, and what is said that nobody stated.

The table is printed at the end of the run; ``python tests/licences/golden_table.py`` prints it alone, with every miss.
"""

from __future__ import annotations

import pytest
from golden_corpus import corpus
from golden_matching import SIGNALS
from golden_table import scores

FLOORS = {  # signal: (precision, recall); every other one 1.0: what machines are told, a machine can read
    # Prose has no grammar.  What is invented costs more than what is missed, which only leaves a document undecided.
    "notice": (1.0, 0.95),
}


@pytest.mark.parametrize("signal", [*SIGNALS, "host files", "robots access"])
def test_what_is_stated_is_what_is_read(signal: str) -> None:
    """No row of the table falls below its floor; what is missing is told by name."""
    score = scores()[signal]
    precision, recall = FLOORS.get(signal, (1.0, 1.0))
    if score.precision < precision or score.recall < recall:
        told = [f"false: {line}" for line in dict.fromkeys(score.false)]
        told += [f"missed: {line}" for line in score.missed]
        pytest.fail(
            f"{signal}: precision {score.precision:.3f}, recall {score.recall:.3f}\n" + "\n".join(told)
        )


def test_the_corpus_is_large_and_full_of_traps() -> None:
    """At least 200 cases and 50 traps; every signal that a page or a host can send is in some of them."""
    assert len(corpus()) >= 200
    assert sum(case.trap for case in corpus()) >= 50
    labelled = {label["signal"] for case in corpus() for label in case.data["expect"]}
    assert set(SIGNALS) - labelled == {"file metadata"}  # of images: another day
