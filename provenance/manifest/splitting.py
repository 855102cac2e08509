"""Split: parts of the set that share no site and no near duplicate, as large as asked for (DA-8.2-d).

Sites that hold near or exact duplicates of each other are bound together; what is bound goes to one part.  The largest
goes first, each to the part that is furthest from its share: the same set is always split alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from provenance.manifest.dimensions import Numbers
from provenance.manifest.near import near_pairs
from provenance.manifest.selection import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Which part each site's documents are in."""

    parts: Sequence[Part]
    part_of_site: Numbers  # by the site's key: the number of a part; -1: nothing of it is in the set
    documents: Sequence[int]  # of each part
    too_large: Sequence[str]  # sentences: what could not be cut small enough

    def shares(self) -> Mapping[str, str]:
        """Return the share of each part as it came out, of 1, to four places."""
        whole = sum(self.documents) or 1
        return {
            part.name: str((Decimal(count) / whole).quantize(Decimal("0.0001")))
            for part, count in zip(self.parts, self.documents, strict=True)
        }


def split(
    parts: Sequence[Part],
    *,
    sites: Numbers,
    digests: Numbers,
    simhashes: Numbers,
    marked: Numbers,
    names: Sequence[str | None],
) -> Split:
    """Split documents.

    Args:
        parts: what is asked for.
        sites: the key of each document's site.
        digests: of its payload, the first 8 bytes.
        simhashes: its fingerprint, uint64; where there is one.
        marked: where there is one.
        names: of the sites, by key.
    """
    binding = _Binding(len(names))
    _bind_equals(binding, digests, sites)
    some, of = simhashes[marked], sites[marked]
    _bind_equals(binding, some, of)
    distinct, first = np.unique(some, return_index=True)
    for left, right in near_pairs(distinct):
        binding.bind(of[first[left]], of[first[right]])
    documents = (
        np.bincount(sites, minlength=len(names)) if len(sites) else np.zeros(len(names), dtype=np.int64)
    )
    return _assigned(parts, binding, documents, names)


def _bind_equals(binding: _Binding, values: Numbers, sites: Numbers) -> None:
    order = np.argsort(values, kind="stable")
    same = values[order][1:] == values[order][:-1]
    binding.bind(sites[order][1:][same], sites[order][:-1][same])


class _Binding:
    """Which sites go together (union-find); the lowest key stands for all."""

    def __init__(self, size: int) -> None:
        self._of = list(range(size))

    def root(self, site: int) -> int:
        """Return the site that stands for those bound to this one."""
        while self._of[site] != site:
            self._of[site] = self._of[self._of[site]]
            site = self._of[site]
        return site

    def bind(self, left: Numbers, right: Numbers) -> None:
        """Bind sites pairwise."""
        pairs = np.stack([left, right], axis=1)[left != right]
        for one, other in np.unique(pairs, axis=0).tolist() if len(pairs) else ():
            low, high = sorted((self.root(one), self.root(other)))
            self._of[high] = low


def _assigned(
    parts: Sequence[Part], binding: _Binding, documents: Numbers, names: Sequence[str | None]
) -> Split:
    bound: dict[int, list[int]] = {}
    for site in np.flatnonzero(documents).tolist():
        bound.setdefault(binding.root(site), []).append(site)
    sizes = {root: int(documents[some].sum()) for root, some in bound.items()}
    whole = sum(sizes.values())
    wanted = [part.share * whole for part in parts]
    held = [0] * len(parts)
    part_of_site = np.full(len(names), -1, dtype=np.int32)
    too_large = []
    for root in sorted(bound, key=lambda root: (-sizes[root], names[root] or "")):
        room = [share - count for share, count in zip(wanted, held, strict=True)]
        part = max(range(len(parts)), key=lambda number: (room[number], -number))
        held[part] += sizes[root]
        part_of_site[bound[root]] = part
        if sizes[root] > wanted[part] and len(parts) > 1:
            too_large.append(_told(bound[root], sizes[root], whole, names, parts[part]))
    return Split(parts=parts, part_of_site=part_of_site, documents=held, too_large=too_large)


def _told(some: Sequence[int], size: int, whole: int, names: Sequence[str | None], part: Part) -> str:
    who = f"{names[some[0]]}"
    if len(some) > 1:
        who += f" and {len(some) - 1} sites bound to it by duplicates"
    share = (Decimal(size) / whole).quantize(Decimal("0.0001"))
    return (
        f"{who}: {share} of all documents, more than the share {part.share} of {part.name}, and cannot be cut"
    )
