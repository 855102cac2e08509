"""The licence mix as it is drawn: a tone a share, one bar by documents and one by size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provenance.reports.charts import FULL, Slice, stacked
from provenance.reports.rights_lines import MixLine, MixSort

LICENCE_TONES = 6  # the commonest licences have one each; the rest share one
_TONES = {MixSort.UNKNOWN: "mixunknown", MixSort.NONE: "mixnone", MixSort.UNREADABLE: "other"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRow:
    """One line of the mix, its tone, and its shares in percent."""

    line: MixLine
    tone: str
    of_documents: float
    of_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MixChart:
    """Rows in the order of the mix; the slices of both bars name their tone."""

    rows: Sequence[MixRow]
    documents: Sequence[Slice]
    bytes: Sequence[Slice]


def mix_chart(mix: Sequence[MixLine]) -> MixChart:
    """Return a mix ready to be drawn."""
    documents, size = sum(line.documents for line in mix), sum(line.bytes for line in mix)
    licences = [line for line in mix if line.sort not in _TONES]
    tones = {line.licence: f"mix{number}" for number, line in enumerate(licences[:LICENCE_TONES])}
    rows = [
        MixRow(
            line=line,
            tone=_TONES.get(line.sort) or tones.get(line.licence, "mixrest"),
            of_documents=FULL * line.documents / documents if documents else 0.0,
            of_bytes=FULL * line.bytes / size if size else 0.0,
        )
        for line in mix
    ]
    return MixChart(
        rows=rows,
        documents=stacked(_together([(row.tone, row.line.documents) for row in rows])),
        bytes=stacked(_together([(row.tone, row.line.bytes) for row in rows])),
    )


def _together(parts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Add up what has one tone, at the place of its first part.

    >>> _together([("a", 1), ("rest", 2), ("b", 1), ("rest", 3)])
    [('a', 1), ('rest', 5), ('b', 1)]
    """
    added: dict[str, int] = {}
    for tone, value in parts:
        added[tone] = added.get(tone, 0) + value
    return list(added.items())
