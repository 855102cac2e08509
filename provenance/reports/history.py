"""What was stated when: from which run on a statement was met, and since when it no longer is."""

from __future__ import annotations

from collections.abc import Sequence

from licences.observation import Statement
from licences.wording import statement_in_words
from provenance.queries.holdings import RightsGroup
from provenance.reports.rights_lines import StatementLine
from provenance.reports.tallies import Tallies

STATEMENTS_KEPT = 500  # where every page names terms of its own, the commonest tell enough


class History:
    """Counts documents by statement, and remembers the runs."""

    def __init__(self) -> None:
        self._statements: Tallies[Statement] = Tallies()
        self._runs: set[int] = set()

    def fold(self, group: RightsGroup, statements: Sequence[Statement] | None) -> None:
        """Count a group's documents under each of their statements; None: they cannot be read."""
        self._runs.add(group.run)
        for statement in statements or ():
            self._statements.add(statement, group)

    def lines(self) -> tuple[StatementLine, ...]:
        """Return the commonest statements, in the order in which they were first met."""
        first, last = min(self._runs, default=0), max(self._runs, default=0)
        lines = [
            StatementLine(
                sentence=statement_in_words(statement),
                kind=statement.kind.value,
                protocol=f"{statement.protocol} {statement.protocol_version}".strip(),
                documents=t.documents,
                first_seen=t.first_seen,
                last_seen=t.last_seen,
                is_new=first not in t.runs,
                is_gone=last not in t.runs,
            )
            for statement, t in list(self._statements.lines())[:STATEMENTS_KEPT]
            if t.first_seen is not None and t.last_seen is not None
        ]
        return tuple(sorted(lines, key=lambda line: (line.first_seen, -line.documents, line.sentence)))
