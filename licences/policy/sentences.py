"""A decision's reasons as sentences: terse, the same words for the same statement, without its raw text."""

from __future__ import annotations

from typing import NamedTuple

from licences.observation import Statement
from licences.vocabulary import Kind, Retrieval, Verdict

_VERBS = {
    Verdict.ALLOW: "allows",
    Verdict.DENY: "denies",
    Verdict.CONDITIONAL: "allows on conditions",
    Verdict.UNKNOWN: "speaks about",
}


class Gap(NamedTuple):
    """A place that had to be asked, and from which we do not know what it says."""

    name: str  # as the policy writes it: "tdmrep.json"
    retrieval: Retrieval | None  # how asking went; None: nobody asked


def gap_sentence(gap: Gap) -> str:
    """Return what is missing as a sentence.

    >>> gap_sentence(Gap("tdmrep.json", Retrieval.UNREACHABLE))
    'tdmrep.json was asked for, and the answer was: unreachable.'
    """
    if gap.retrieval is None:
        return f"{gap.name} was never asked for."
    return f"{gap.name} was asked for, and the answer was: {gap.retrieval.value.replace('_', ' ')}."


def sentence(statement: Statement) -> str:
    """Return one statement as a sentence for people."""
    if statement.licence or statement.kind.value.startswith("licence."):
        named = statement.licence or "a licence that could not be read"
        text = f"{statement.protocol} names {named}"
        if statement.conditions:
            text += f" ({', '.join(condition.type.value for condition in statement.conditions)})"
    else:
        text = f"{statement.protocol} {_VERBS[statement.verdict]} {statement.usage.value}"
    if statement.note and statement.kind is not Kind.RIGHTS_PAYWALL:
        text += f" [{statement.note}]"
    if statement.addressee.tokens:
        text += f", addressed to {', '.join(statement.addressee.tokens)}"
    if statement.scope.selector:
        text += f", for {statement.scope.selector}"
    return text + ("." if statement.confidence >= 1 else f"; confidence {statement.confidence:g}.")
