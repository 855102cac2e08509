"""The licence mix: every document in exactly one share, by the licence that is stated for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from licences.observation import Statement
from licences.policy.reach import is_about_document
from licences.vocabulary import LegalEffect, Verdict
from provenance.queries.holdings import RightsGroup
from provenance.reports.rights_lines import MixLine, MixSort
from provenance.reports.tallies import Tallies

WORDS: Mapping[MixSort, str] = {
    MixSort.UNKNOWN: "terms that cannot be read by rule",
    MixSort.NONE: "no licence stated",
    MixSort.UNREADABLE: "recorded by another release, or damaged",
}


class Mix:
    """Counts documents by the licence stated for them."""

    def __init__(self) -> None:
        self._shares: Tallies[tuple[MixSort, str]] = Tallies()

    def fold(self, group: RightsGroup, statements: Sequence[Statement] | None) -> None:
        """Count a group's documents into their share; ``statements`` is None when they cannot be read."""
        self._shares.add(share_of(statements), group)

    def examples(self) -> Iterable[int]:
        """Return the captures that lines name."""
        return self._shares.examples()

    def lines(self, urls: Mapping[int, str]) -> tuple[MixLine, ...]:
        """Return the shares, the largest first."""
        return tuple(
            MixLine(licence=licence, sort=sort, documents=t.documents, bytes=t.bytes, examples=t.named(urls))
            for (sort, licence), t in self._shares.lines()
        )


def share_of(statements: Sequence[Statement] | None) -> tuple[MixSort, str]:
    """Return the share that a document with these statements belongs to, and its name."""
    if statements is None:
        return MixSort.UNREADABLE, WORDS[MixSort.UNREADABLE]
    named = [one for one in statements if _names_licence(one) and is_about_document(one)]
    known = sorted({one.licence for one in named if one.licence and not _is_unknown(one)})
    if known:
        return (MixSort.SEVERAL if len(known) > 1 else MixSort.LICENCE), " + ".join(known)
    sort = MixSort.UNKNOWN if named else MixSort.NONE
    return sort, WORDS[sort]


def _names_licence(statement: Statement) -> bool:
    of_licence = statement.licence is not None or statement.kind.value.startswith("licence.")
    return of_licence and statement.legal_effect in {LegalEffect.LICENCE_GRANT, LegalEffect.NOTICE}


def _is_unknown(statement: Statement) -> bool:
    return statement.note == "unknown_licence" and statement.verdict is Verdict.UNKNOWN
