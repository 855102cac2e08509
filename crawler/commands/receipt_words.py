"""The evidence receipt in words: who asked, who permitted, who stated what and where, what was decided and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from rich.console import Console
from rich.text import Text

from crawler.commands.receipt import ExplainedCapture
from crawler.commands.statement_words import lookups_in_words, spoken
from licences.wording import condition_in_words, usage_in_words
from provenance.queries.receipts import (
    CaptureReceipt,
    DecisionReceipt,
    PermissionReceipt,
    Place,
    RefusalReceipt,
)
from provenance.rendering import visible
from provenance.reports.words import KEPT, outcome_in_words

DECISION_LINES = 10  # of reasoning, its heading with it; --format json has all of it
RAW_SHOWN = 300  # characters of raw text beside a reading; --format json has all of it


class _Lines(Console):
    """A console that leaves it to its command what a reader who left means; rich would call it a failure."""

    def on_broken_pipe(self) -> NoReturn:
        """Tell the command."""
        raise BrokenPipeError


class Writer:
    """Lines for people; what came from the web is made visible, never interpreted."""

    def __init__(self) -> None:
        self._console = _Lines(highlight=False, soft_wrap=True, markup=False)

    def title(self, words: str) -> None:
        """Print what a receipt is about."""
        self._console.print(Text(visible(words), style="bold"))

    def line(self, label: str, words: object) -> None:
        """Print one fact; an empty label goes on with the one above."""
        self._console.print(f"  {label:<12} {visible(str(words))}")

    def lines(self, label: str, facts: Sequence[str]) -> None:
        """Print facts of one kind below each other."""
        for number, fact in enumerate(facts):
            self.line("" if number else label, fact)

    def blank(self) -> None:
        """Print the end of a receipt."""
        self._console.print()


def print_receipt(captures: Sequence[ExplainedCapture], refusals: Sequence[RefusalReceipt]) -> None:
    """Print a receipt in words."""
    write = Writer()
    for capture in captures:
        _print_capture(write, capture)
        write.blank()
    for refusal in refusals:
        write.title(f"not taken: {refusal.url}")
        write.line("when", f"{refusal.at:%Y-%m-%d %H:%M:%S} UTC, {_run(refusal)}")
        write.line("rule", f"{refusal.rule}: {refusal.reason}")
        write.line("evidence", refusal.evidence)
        if refusal.permission is not None:
            _print_permission(write, refusal.permission)
        write.blank()


def _run(refusal: RefusalReceipt) -> str:
    return f"run {refusal.run.id} of job '{refusal.run.job}'"


def _print_capture(write: Writer, explained: ExplainedCapture) -> None:
    capture = explained.receipt
    run = capture.run
    write.title(f"{capture.kind}: {capture.url}")
    write.line(
        "fetched",
        f"{capture.fetched_at:%Y-%m-%d %H:%M:%S.%f} UTC: HTTP {capture.status} {capture.media_type}",
    )
    write.line("payload", f"{capture.length} bytes, {capture.payload_digest}" + _notes(capture))
    write.line("kept", KEPT.get(capture.kept, capture.kept))
    write.line(
        "asked by", f"{run.operator} <{run.contact}>, run {run.id} of job '{run.job}', for {run.purpose}"
    )
    write.line("as", run.user_agent)
    for admission in capture.admissions:
        write.line("admitted by", f"{admission.admitted_by}; basis: {admission.basis}")
    if (source := capture.source) is not None:
        write.line("source", f"{source.source} is {source.state}, by {source.by}: {source.why}")
    _print_permission(write, capture.permission)
    if capture.rights is not None:
        _print_stated(write, explained.observations)
        write.lines("looked at", lookups_in_words(capture.rights.canonical))
        write.line("rights set", capture.rights.digest)
    for decision in capture.decisions:
        for number, words in enumerate(reasoning(decision)):
            write.line("" if number else "decided", words)
    write.line("bytes in", _where(capture.place))
    if explained.trouble is not None:
        write.line("archive", f"cannot be read: {explained.trouble}")


def _print_stated(write: Writer, observations: Sequence[Mapping[str, Any]]) -> None:
    """Print what was stated, by speaker and place: our reading, and the raw text below it."""
    if not observations:
        write.line("stated", "nothing about rights")
    label = "stated"
    for group in spoken(observations):
        write.line(label, f"by {group.speaker}, in {group.where}:")
        label = ""
        for one in group.sayings:
            write.line("", f"- {one.sentence}")
            write.line("", f"  {one.at}: {shortened(one.raw)}" if one.at else f"  {shortened(one.raw)}")


def reasoning(decision: DecisionReceipt) -> list[str]:
    """Return a decision and its reasons, at most `DECISION_LINES` lines; the run's own reasons only."""
    usage = usage_in_words(decision.usage)
    heading = f"{decision.outcome} for {decision.usage} under {decision.policy}"
    lines = [f"{heading}: {usage} {outcome_in_words(decision.outcome)}"]
    if decision.of_this_run:
        lines += [f"by its rule {decision.rule}", *_reasons(decision)]
    if len(lines) > DECISION_LINES:
        left = len(lines) - DECISION_LINES + 1
        lines[DECISION_LINES - 1 :] = [f"and {left} more: --format json has them"]
    return lines


def _reasons(decision: DecisionReceipt) -> Iterator[str]:
    yield from (f"because {reason}" for reason in decision.reasons)
    if decision.conditions:
        yield f"conditions to keep: {'; '.join(map(condition_in_words, decision.conditions))}"
    said = set(decision.reasons)
    yield from (f"conflict: {conflict}" for conflict in decision.conflicts if conflict not in said)
    if decision.enforces:
        yield f"enforces {', '.join(decision.enforces)}"


def shortened(raw: str) -> str:
    r"""Return a raw text on one line, cut where it is long.

    >>> shortened(" a\n b "), shortened("x" * 400)[-3:]
    ('«a b»', 'x…»')
    """
    text = " ".join(raw.split())
    return f"«{text}»" if len(text) <= RAW_SHOWN else f"«{text[:RAW_SHOWN]}…»"


def _notes(capture: CaptureReceipt) -> str:
    notes = f", cut: {capture.truncated}" if capture.truncated else ""
    return notes + (", identical to an earlier capture" if capture.revisit else "")


def _print_permission(write: Writer, permission: PermissionReceipt) -> None:
    said = "granted" if permission.granted else "denied"
    line = (
        f", line {permission.line_number}: {permission.line_text}"
        if permission.line_number is not None
        else ""
    )
    write.line("permission", f"{said} by {permission.rule}{line}")
    if permission.overridden_line_number is not None:
        write.line(
            "", f"overrides line {permission.overridden_line_number}: {permission.overridden_line_text}"
        )
    if permission.robots is not None:
        robots = permission.robots
        write.line(
            "",
            f"{robots.url}, {robots.fetched_at:%Y-%m-%d %H:%M:%S} UTC, HTTP {robots.status}, {robots.payload_digest}",
        )
        write.line("", f"kept in {_where(robots.place)}")


def _where(place: Place) -> str:
    return f"{place.warc_uri} at {place.offset}, {place.length} bytes"
