"""The head paragraph: four answers that a reviewer reads before anything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from provenance.reports.dossier import Dossier, RefusalLine
from provenance.reports.words import counted, size_in_words

RULES_NAMED = 4  # in the paragraph; the table below it has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question and its answer in sentences."""

    question: str
    answer: str


def headline(dossier: Dossier) -> tuple[Answer, ...]:
    """Return what we asked, what was taken, what was refused and why, what needs a person."""
    return (
        Answer(question="What we asked", answer=_asked(dossier)),
        Answer(question="What was taken", answer=_taken(dossier)),
        Answer(question="What was not taken, and why", answer=_refused(dossier)),
        Answer(question="What needs a person", answer=_needs_a_person(dossier)),
    )


def day(moment: datetime) -> str:
    """Return the day and minute in UTC.

    >>> day(datetime(2026, 11, 22, 8, 5, tzinfo=UTC))
    '22 November 2026, 08:05 UTC'
    """
    return f"{moment.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def _asked(dossier: Dossier) -> str:
    runs = counted(len(dossier.runs), "run")
    purposes = " and ".join(sorted({run.purpose for run in dossier.runs}))
    operators = " and ".join(sorted({f"{i.operator} ({i.contact})" for i in dossier.identities}))
    requests = sum(host.requests for host in dossier.hosts)
    sentence = f"{operators} visited {dossier.site} in {runs}, for the purpose {purposes}"
    if dossier.totals.first_at and dossier.totals.last_at:
        sentence += f", {_between(dossier.totals.first_at, dossier.totals.last_at)}"
    agents = " and ".join(sorted({f"“{i.user_agent}”" for i in dossier.identities}))
    asked = f" The site saw {counted(requests, 'request')} of ours." if requests else ""
    return f"{sentence}. Each request named its sender: {agents}.{asked}"


def _between(first: datetime, last: datetime) -> str:
    return f"on {day(first)}" if day(first) == day(last) else f"between {day(first)} and {day(last)}"


def _taken(dossier: Dossier) -> str:
    totals = dossier.totals
    if not totals.documents:
        return "No document was taken."
    versions = ""
    if totals.addresses != totals.documents:
        versions = f" (versions of {counted(totals.addresses, 'address', 'addresses')})"
    taken = f"{counted(totals.documents, 'document')}{versions}, {size_in_words(totals.bytes)} in all"
    silent = dossier.silent_documents
    stated = f"{counted(totals.documents - silent, 'document')} came with a statement about rights"
    return f"{taken}. {stated}; for {silent:,} nothing was stated." if silent else f"{taken}. {stated}."


def _refused(dossier: Dossier) -> str:
    totals = dossier.totals
    if not totals.refusals:
        return "Nothing was refused."
    named = "; ".join(_rule(line) for line in dossier.refusals[:RULES_NAMED])
    rest = sum(line.refusals for line in dossier.refusals[RULES_NAMED:])
    others = f"; other rules ({rest:,})" if rest else ""
    return f"{counted(totals.refusals, 'address', 'addresses')} not taken: {named}{others}."


def _rule(line: RefusalLine) -> str:
    return f"{line.meaning} ({line.refusals:,})"


def _needs_a_person(dossier: Dossier) -> str:
    waiting = dossier.totals.needs_review
    if not waiting:
        return "No document waits for a reviewer's conclusion."
    verb = "waits" if waiting == 1 else "wait"
    by_rule: dict[str, int] = {}
    for line in dossier.reviews:
        by_rule[line.rule] = by_rule.get(line.rule, 0) + line.documents
    named = sorted(by_rule.items(), key=lambda item: -item[1])[:RULES_NAMED]
    rules = ", ".join(f"{rule.replace('-', ' ')} ({documents:,})" for rule, documents in named)
    return (
        f"{counted(waiting, 'document')} {verb} for a reviewer's conclusion: "
        f"the statements found there do not agree, or cannot be judged by rule. In short: {rules}."
    )
