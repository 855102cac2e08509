"""Near duplicates: documents whose fingerprints (simhash, 64 bits) differ in at most three bits.

The bits are cut into five bands.  Three differences touch at most three of them, so two such fingerprints agree on at
least two whole bands: each of the ten pairs of bands is sorted by once, and only equals are compared.  Exact: no pair
is missed, none is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

import numpy as np

from provenance.manifest.dimensions import Numbers
from provenance.manifest.grouping import first_of_each

MOST_BITS: Final = 3
_BANDS: Final = ((0, 13), (13, 13), (26, 13), (39, 13), (52, 12))  # (first bit, bits)
_AT_ONCE: Final = 1 << 21  # comparisons that are in memory together


def near_pairs(values: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield (places, places) of distinct fingerprints that are near; a pair may come more than once.

    Args:
        values: distinct, uint64.
    """
    for some in combinations(_BANDS, 2):
        mask = np.uint64(sum(((1 << bits) - 1) << first for first, bits in some))
        keys = values & mask
        order = np.argsort(keys)
        ordered = keys[order]
        ends = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]])) if len(order) else order
        sizes = np.diff(np.concatenate([[-1], ends]))
        crowded = np.repeat(ends, sizes)  # for each place, the last one of its bucket
        yield from _compared(values, order, crowded)


def _compared(values: Numbers, order: Numbers, last: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Compare each place with those behind it in its bucket, by distance, as long as anybody has one that far."""
    ordered = values[order]
    places = np.flatnonzero(last > np.arange(len(last)))
    distance = 1
    while len(places):
        for begin in range(0, len(places), _AT_ONCE):
            left = places[begin : begin + _AT_ONCE]
            right = left + distance
            near = np.bitwise_count(ordered[left] ^ ordered[right]) <= MOST_BITS
            if near.any():
                yield order[left[near]], order[right[near]]
        distance += 1
        places = places[last[places] >= places + distance]


def near_duplicates(values: Numbers) -> Numbers:
    """Return which documents are left out, because one with a lower key that stays says nearly the same.

    Args:
        values: a fingerprint each, uint64, in the order of keys.

    >>> near_duplicates(np.array([0, 7, 15, 0, 1 << 40], dtype=np.uint64)).tolist()
    [False, True, False, True, True]
    """
    out = np.ones(len(values), dtype=bool)
    firsts = np.sort(first_of_each(values))
    distinct = values[firsts]  # in the order of keys
    gone = np.zeros(len(distinct), dtype=bool)
    pairs = [np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1) for a, b in near_pairs(distinct)]
    if pairs:
        every = np.unique(np.concatenate(pairs), axis=0)
        for low, high in every[np.lexsort((every[:, 0], every[:, 1]))].tolist():
            if not gone[low]:  # whatever decides about ``low`` came before
                gone[high] = True
    out[firsts[~gone]] = False
    return out
