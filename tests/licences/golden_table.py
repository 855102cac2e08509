"""The golden corpus's table: per signal what was found, invented and missed.  ``python tests/licences/golden_table.py``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from golden_corpus import Case, Reading, corpus, read  # noqa: E402 - the path comes first
from golden_matching import (  # noqa: E402 - the path comes first
    SIGNALS,
    Label,
    claims,
    is_labelled,
    meets,
    reaches,
    signal_of,
    usages,
)

from licences.observation import Observation  # noqa: E402 - the path comes first

_FILES, _ACCESS = "host files", "robots access"


@dataclass(slots=True)
class Score:
    """One row: a signal's figures, and what they stand on."""

    signal: str
    right: int = 0  # labels that were met
    false: list[str] = field(
        default_factory=list
    )  # claims that no label makes; on a trap each stands here twice
    missed: list[str] = field(default_factory=list)  # labels that nothing meets

    @property
    def precision(self) -> float:
        """Share of what was said that is right; 1 where nothing was said."""
        said = self.right + len(self.false)
        return self.right / said if said else 1.0

    @property
    def recall(self) -> float:
        """Share of what there is that was said; 1 where there is nothing."""
        labelled = self.right + len(self.missed)
        return self.right / labelled if labelled else 1.0


@cache
def scores() -> dict[str, Score]:
    """Read the whole corpus and hold it against its labels, once."""
    rows = {signal: Score(signal) for signal in (*SIGNALS, _FILES, _ACCESS)}
    for case in corpus():
        _score(case, read(case), rows)
    return rows


def _score(case: Case, reading: Reading, rows: dict[str, Score]) -> None:
    labels = case.data["expect"]
    for label in labels:
        for usage in usages(label) or (None,):
            fits = any(
                meets(seen, label) and (usage is None or reaches(seen, usage))
                for seen in reading.observations
            )
            row = rows["ai agents" if label["signal"] == "*" else label["signal"]]
            if fits:
                row.right += 1
            elif not label.get("optional"):
                row.missed.append(f"{case.name}: {_label_text(label)}{f' for {usage}' if usage else ''}")
    for seen in _distinct(reading):
        if claims(seen) and not is_labelled(seen, labels):
            rows[signal_of(seen)].false += [f"{case.name}: {_text(seen)}"] * (2 if case.trap else 1)
    _score_facts(case, reading, rows)


def _score_facts(case: Case, reading: Reading, rows: dict[str, Score]) -> None:
    wanted = {_ACCESS: {"allowed": case.data["access"]} if "access" in case.data else {}}
    wanted[_FILES] = case.data.get("retrieval", {})
    found = {_ACCESS: {"allowed": reading.access}, _FILES: reading.retrieval}
    for signal, facts in wanted.items():
        for name, value in facts.items():
            if found[signal].get(name) == value:
                rows[signal].right += 1
            else:
                rows[signal].missed.append(f"{case.name}: {name} is {value}, not {found[signal].get(name)}")


def _distinct(reading: Reading) -> Iterator[Observation]:
    """Yield one observation a statement and channel: a page that says a thing a thousand times says one thing."""
    seen = set()
    for one in reading.observations:
        key = (one.statement, one.source.channel)
        if key not in seen:
            seen.add(key)
            yield one


def _text(seen: Observation) -> str:
    statement = seen.statement
    named = f" {statement.licence}" if statement.licence else ""
    return (
        f"{statement.kind.value} {statement.verdict.value} {statement.usage.value}{named} «{seen.raw[:80]}»"
    )


def _label_text(label: Label) -> str:
    return " ".join(f"{word}={wanted}" for word, wanted in label.items() if word not in {"usage", "optional"})


def table() -> list[str]:
    """Return the table as lines of text."""
    cases = corpus()
    head = f"{'signal':16} {'right':>5} {'false':>5} {'missed':>6} {'precision':>9} {'recall':>6}"
    rows = [row for row in scores().values() if row.right or row.false or row.missed]
    body = [
        f"{row.signal:16} {row.right:5} {len(row.false):5} {len(row.missed):6} {row.precision:9.3f} {row.recall:6.3f}"
        for row in rows
    ]
    foot = f"{len(cases)} cases, {sum(case.trap for case in cases)} of them traps, where what is false counts double"
    return [head, *body, foot]


if __name__ == "__main__":
    print("\n".join(table()))
    for row in scores().values():
        for what, lines in (("false", row.false), ("missed", row.missed)):
            for line in dict.fromkeys(lines):
                print(f"{what:6} {line}")
