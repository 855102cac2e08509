"""The matrix: every fault, in every place where it can happen, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from clocks_and_neighbours import CLOCKS_AND_NEIGHBOURS
from deaths import DEATHS
from disks import DISKS
from fault import DATABASES, STORES, Fault
from judging import Judgement
from services_down import SERVICES

FAULTS: tuple[Fault, ...] = (*DEATHS, *DISKS, *SERVICES, *CLOCKS_AND_NEIGHBOURS)
COLUMNS = [(store, database) for store in STORES for database in DATABASES]


@dataclass(slots=True)
class Matrix:
    """The cells that were played."""

    played: dict[tuple[str, str, str], Judgement] = field(default_factory=dict)

    def write(self, fault: str, store: str, database: str, judgement: Judgement) -> None:
        """Write down a cell."""
        self.played[fault, store, database] = judgement

    def lines(self) -> list[str]:
        """Return the table, a line a fault: lost/doubled/findings in each column, "-" where it cannot happen."""
        rows = [fault for fault in FAULTS if any(name == fault.name for name, _, _ in self.played)]
        if not rows:
            return []
        width = max(len(fault.name) for fault in rows)
        heads = [f"{store}, {database}" for store, database in COLUMNS]
        lines = [f"{'fault':{width}}  " + "  ".join(f"{head:32}" for head in heads).rstrip()]
        for fault in rows:
            cells = [self._cell(fault, *column) for column in COLUMNS]
            lines.append(f"{fault.name:{width}}  " + "  ".join(f"{cell:32}" for cell in cells).rstrip())
        good = sum(judgement.is_good for judgement in self.played.values())
        return [*lines, f"{len(self.played)} cells, {good} of them: lost 0, doubled 0, verify clean"]

    def _cell(self, fault: Fault, store: str, database: str) -> str:
        if (store, database) not in fault.cells():
            return "-"
        judgement = self.played.get((fault.name, store, database))
        return "not played" if judgement is None else str(judgement)


CELLS = Matrix()
