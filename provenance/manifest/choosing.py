"""Choose among what was put aside: the newest versions, payloads that somebody holds, one of each duplicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from provenance.manifest.dimensions import Dimensions, Numbers
from provenance.manifest.gathering import Gathered
from provenance.manifest.grouping import first_of_each
from provenance.manifest.near import near_duplicates
from provenance.manifest.payloads import Places, places_of_revisits
from provenance.manifest.reasons import Left
from provenance.manifest.selection import Duplicates, Selection
from provenance.manifest.splitting import Split, split
from provenance.manifest.spooling import Spool
from provenance.standings import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is in, and why the rest is out."""

    kept: Numbers  # by candidate: whether it is in
    ids: Numbers  # of what is in, ascending
    places: Places  # where the payloads of unchanged answers lie
    split: Split | None
    considered: int
    excluded: Mapping[str, int]  # by reason, sorted


def choose(
    connection: Connection,
    asked: Selection,
    *,
    dimensions: Dimensions,
    found: Gathered,
    spool: Spool,
    verdicts: Sequence[Verdict],
) -> Chosen:
    """Choose; ``verdicts`` are those that were withheld by, by number."""
    candidates, left = found.candidates, found.left
    where = np.searchsorted(found.ids, candidates.ids)
    kept = left[where] == Left.NOT
    revisits = np.flatnonzero(kept & candidates.revisits)
    places = places_of_revisits(connection, dimensions, candidates, spool, revisits)
    _leave(kept, left, where, np.setdiff1d(revisits, places.at), Left.NO_BODY)
    if asked.duplicates is not Duplicates.KEEP:
        inside = np.flatnonzero(kept)
        again = np.ones(len(inside), dtype=bool)
        again[first_of_each(candidates.digests[inside])] = False
        _leave(kept, left, where, inside[again], Left.EXACT_DUPLICATE)
    if asked.duplicates is Duplicates.NEAR and candidates.simhashes is not None:
        inside = np.flatnonzero(kept & candidates.marked)
        _leave(kept, left, where, inside[near_duplicates(candidates.simhashes[inside])], Left.NEAR_DUPLICATE)
    return Chosen(
        kept=kept,
        ids=candidates.ids[kept],
        places=places,
        split=_split(asked, dimensions, found, kept),
        considered=len(found.ids),
        excluded=_excluded(left, verdicts),
    )


def _leave(kept: Numbers, left: Numbers, where: Numbers, places: Numbers, reason: Left) -> None:
    kept[places] = False
    left[where[places]] = reason


def _split(asked: Selection, dimensions: Dimensions, found: Gathered, kept: Numbers) -> Split | None:
    candidates = found.candidates
    if not asked.parts or candidates.simhashes is None or candidates.marked is None:
        return None
    return split(
        asked.parts,
        sites=candidates.sites[kept],
        digests=candidates.digests[kept],
        simhashes=candidates.simhashes[kept],
        marked=candidates.marked[kept],
        names=dimensions.site_names.to_pylist(),
    )


def _excluded(left: Numbers, verdicts: Sequence[Verdict]) -> Mapping[str, int]:
    counted: dict[str, int] = {}
    counts = np.bincount(left)
    counts[: Left.NOT + 1] = 0
    for reason in np.flatnonzero(counts).tolist():
        name, count = _name(reason, verdicts), int(counts[reason])
        counted[name] = counted.get(name, 0) + count
    return dict(sorted(counted.items()))


def _name(reason: int, verdicts: Sequence[Verdict]) -> str:
    if reason < Left.VERDICT:
        return Left(reason).name.lower()
    verdict = verdicts[reason - Left.VERDICT]
    return verdict.rule if verdict.rule.startswith("source.") else verdict.outcome.value
