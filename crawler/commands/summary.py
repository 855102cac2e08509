"""What a crawl says at its end, in words that a person understands."""

from __future__ import annotations

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from crawler.run import ExitCode
from crawler.session import Ended

_ENDINGS = {
    ExitCode.DONE: "done",
    ExitCode.ALL_REFUSED: "everything that was asked for was refused",
    ExitCode.UNFINISHED: "unfinished; the same command goes on",
    ExitCode.INTERRUPTED: "interrupted; the same command goes on, and asks for nothing twice",
}
_OUTCOMES = {
    "permitted": "permitted",
    "permitted_with_conditions": "permitted with conditions",
    "needs_review": "needs review by a person",
    "not_permitted": "not permitted",
    "no_signal": "no signal",
}


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right")
    grid.add_column()
    return grid


def print_summary(console: Console, ended: Ended) -> None:
    """Print captured, refused by rule, needs review, bytes, and where everything lies."""
    summary = ended.summary
    state = _ENDINGS.get(ended.code, "ended")
    resumed = " (resumed)" if ended.resumed else ""
    console.print(f"run {summary.run} of job '{summary.job}'{resumed}: {state}", style="bold", markup=False)
    grid = _grid()
    grid.add_row(str(summary.captured), f"documents captured, {decimal(summary.bytes)}")
    for outcome, words in _OUTCOMES.items():
        if count := summary.outcomes.get(outcome, 0):
            grid.add_row("", f"{count} {words} for {summary.purpose}")
    if summary.redirects or summary.failures:
        grid.add_row(
            str(summary.redirects + summary.failures),
            f"other answers: {summary.redirects} redirects, {summary.failures} errors",
        )
    grid.add_row(str(summary.refused), "not taken, by rule:")
    for rule, count in summary.refused_by_rule.items():
        grid.add_row("", f"{count} {rule}")
    for limit, count in sorted(ended.not_asked.items()):
        grid.add_row(str(count), f"links not followed: {limit}")
    for waiting in ended.waiting:
        grid.add_row("", f"waits: {waiting}")
    grid.add_row("", f"database  {ended.places.database}")
    grid.add_row("", f"archive   {ended.places.store}")
    console.print(grid)


def print_plan(console: Console, ended: Ended) -> None:
    """Print what would be asked for and refused, and at what pace, host by host."""
    table = Table(title="Nothing but robots.txt and sitemaps was asked for", title_justify="left")
    for column in ("origin", "robots.txt", "would ask for", "would refuse", "gap after each answer"):
        table.add_column(column)
    for row in ended.plan:
        table.add_row(
            row.origin, row.robots, str(row.granted), "\n".join(row.refused) or "0", f"at least {row.gap:g} s"
        )
    console.print(table)
