"""What a crawl says at its end, in words that a person understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from crawler.places import ExitCode
from provenance.refusals import refusal_in_words
from provenance.reports import RunSummary

if TYPE_CHECKING:
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

_KEPT = {"headers": "body: only the head", "nothing": "body and head: only the status"}


def _not_kept(summary: RunSummary) -> list[tuple[str, str, int]]:
    """Return (what was kept instead, outcome that asks for it, documents)."""
    return [
        (kept, outcome, count)
        for kept, outcomes in summary.not_kept.items()
        for outcome, count in outcomes.items()
    ]


def print_summary(console: Console, ended: Ended) -> None:
    """Print captured, refused by rule, needs review, bytes, and where everything lies."""
    summary = ended.summary
    resumed = " (resumed)" if ended.resumed else ""
    state = _ENDINGS.get(ended.code, "ended")
    console.print(f"run {summary.run} of job '{summary.job}'{resumed}: {state}", style="bold", markup=False)
    lines: list[tuple[str, str]] = [("captured", f"{summary.captured} documents, {decimal(summary.bytes)}")]
    lines += [
        ("", f"{count} {words} for {summary.purpose}")
        for outcome, words in _OUTCOMES.items()
        if (count := summary.outcomes.get(outcome, 0))
    ]
    lines += [
        (
            "not kept" if not number else "",
            f"{_KEPT[kept]} of {count} documents {_OUTCOMES.get(outcome, outcome)}",
        )
        for number, (kept, outcome, count) in enumerate(_not_kept(summary))
    ]
    if summary.redirects or summary.failures:
        lines.append(("answers", f"{summary.redirects} redirects, {summary.failures} errors"))
    lines.append(("not taken", f"{summary.refused}, each with its rule and evidence"))
    lines += [("", f"{count} {rule}") for rule, count in summary.refused_by_rule.items()]
    lines += [("not followed", f"{count} links: {limit}") for limit, count in sorted(ended.not_asked.items())]
    lines += [("waits", waiting) for waiting in ended.waiting]
    lines += [("database", ended.places.database), ("archive", ended.places.store)]
    if ended.code is ExitCode.ALL_REFUSED:
        lines += [("because", refusal_in_words(rule)) for rule in summary.refused_by_rule]
        lines.append(("why", "aboveboard query --refusals"))
    for label, words in lines:
        console.print(f"{label:<13} {words}", markup=False, soft_wrap=True)


def print_plan(console: Console, ended: Ended) -> None:
    """Print what would be asked for and refused, and at what pace, host by host."""
    title = "Nothing but robots.txt, the hosts' other files about rights, and sitemaps was asked for"
    table = Table(title=title, title_justify="left")
    columns = (
        "origin",
        "robots.txt",
        "other files",
        "would ask for",
        "would refuse",
        "gap after each answer",
    )
    for column in columns:
        table.add_column(column)
    for row in ended.plan:
        table.add_row(
            row.origin,
            row.robots,
            "\n".join(row.files) or "not asked",
            str(row.granted),
            "\n".join(row.refused) or "0",
            f"at least {row.gap:g} s",
        )
    console.print(table)
