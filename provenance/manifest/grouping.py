"""The first or last row of each key, by sorting once: how versions and duplicates are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from provenance.manifest.dimensions import Numbers

_ODD = np.uint64(0x9E3779B97F4A7C15)  # spreads small numbers over all bits


def last_of_each(keys: Numbers) -> Numbers:
    """Return the places of the last of each key.

    >>> last_of_each(np.array([7, 5, 7, 5, 9])).tolist()
    [3, 2, 4]
    """
    order, begins = groups(keys)
    return np.maximum.reduceat(order, begins) if len(keys) else order


def first_of_each(keys: Numbers) -> Numbers:
    """Return the places of the first of each key.

    >>> first_of_each(np.array([7, 5, 7, 5, 9])).tolist()
    [1, 0, 4]
    """
    order, begins = groups(keys)
    return np.minimum.reduceat(order, begins) if len(keys) else order


def groups(keys: Numbers) -> tuple[Numbers, Numbers]:
    """Return the places in the order of their keys, and where in that order each key begins."""
    order = np.argsort(keys)
    ordered = keys[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(keys) else order
    return order, begins


def keys_of_sites(values: Numbers, sites: Numbers) -> Numbers:
    """Return 64-bit values, unsigned, mixed with the keys of sites: no site can make one that is another site's."""
    keys: Numbers = values.view(np.uint64) ^ (sites.astype(np.uint64) * _ODD)
    return keys


def joined(parts: Sequence[Numbers], kind: Any) -> Numbers:
    """Return arrays as one; of none, an empty one of that kind."""
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)
