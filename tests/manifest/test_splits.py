"""Parts share no site and no near duplicate (DA-8.2-d), and near means at most three bits apart, exactly."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from library import Library, rows_of

from provenance.manifest.near import near_duplicates, near_pairs
from provenance.manifest.selection import parts_of
from provenance.manifest.splitting import Split, split

CENTRES = st.sampled_from([0, 0xFFFF_FFFF_FFFF_FFFF, 0x0123_4567_89AB_CDEF])
FLIPS = st.lists(st.integers(0, 63), max_size=5)


@st.composite
def fingerprints(draw: st.DrawFn) -> int:
    """A fingerprint that is probably near another one."""
    value = draw(CENTRES)
    for bit in draw(FLIPS):
        value ^= 1 << bit
    return value


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def split_of(documents: list[tuple[int, int]], shares: str = "train=0.9,test=0.1") -> Split:
    """Split documents, each a site and a fingerprint."""
    sites = np.array([site for site, _ in documents], dtype=np.int32)
    values = np.array([value for _, value in documents], dtype=np.uint64)
    return split(
        parts_of(shares),
        sites=sites,
        digests=np.arange(len(documents), dtype=np.uint64),
        simhashes=values,
        marked=np.ones(len(documents), dtype=bool),
        names=[f"site{number}.example" for number in range(8)],
    )


@given(st.lists(fingerprints(), max_size=40, unique=True))
def test_no_near_pair_is_missed_and_none_is_guessed(values: list[int]) -> None:
    found = {
        frozenset(pair)
        for left, right in near_pairs(np.array(values, dtype=np.uint64))
        for pair in zip(left.tolist(), right.tolist(), strict=True)
    }
    near = {
        frozenset((one, other))
        for one, other in combinations(range(len(values)), 2)
        if distance(values[one], values[other]) <= 3
    }
    assert found == near


@given(st.lists(fingerprints(), max_size=40))
def test_what_is_left_out_has_an_earlier_likeness_that_stays(values: list[int]) -> None:
    out = near_duplicates(np.array(values, dtype=np.uint64)).tolist()
    for at, value in enumerate(values):
        alike = [one for one in range(at) if not out[one] and distance(values[one], value) <= 3]
        assert out[at] == bool(alike)


@given(st.lists(st.tuples(st.integers(0, 7), fingerprints()), min_size=1, max_size=40))
def test_no_site_and_no_near_pair_crosses(documents: list[tuple[int, int]]) -> None:
    found = split_of(documents)
    parts = [int(found.part_of_site[site]) for site, _ in documents]
    assert min(parts) >= 0
    assert sum(found.documents) == len(documents)
    for (one, other), (left, right) in zip(combinations(parts, 2), combinations(documents, 2), strict=True):
        if left[0] == right[0] or distance(left[1], right[1]) <= 3:
            assert one == other


@given(st.lists(st.tuples(st.integers(0, 7), fingerprints()), min_size=1, max_size=40))
def test_the_order_of_documents_does_not_matter(documents: list[tuple[int, int]]) -> None:
    assert split_of(documents).part_of_site.tolist() == split_of(documents[::-1]).part_of_site.tolist()


def test_shares_come_out_as_near_as_sites_allow() -> None:
    documents = [(site, site * 0x0F0F_0F0F_0F0F) for site in range(1, 8) for _ in range(10)]
    found = split_of(documents, "train=0.7,test=0.3")
    assert found.documents == [50, 20]
    assert found.shares() == {"train": "0.7143", "test": "0.2857"}


def test_a_site_too_large_for_its_share_is_said() -> None:
    found = split_of([(1, 0)] * 99 + [(2, 1 << 40 | 1 << 20 | 1 << 10 | 1)])
    [sentence] = found.too_large
    assert (
        sentence
        == "site1.example: 0.9900 of all documents, more than the share 0.9 of train, and cannot be cut"
    )


@pytest.mark.parametrize("shares", ["train=1", "train=0.5,test=0.5", "a=0.98,b=0.01,c=0.01"])
def test_rows_name_their_part_and_the_header_what_came_of_it(sqlite_library: Library, shares: str) -> None:
    sqlite_library.fill()
    written = sqlite_library.manifest(parts=parts_of(shares))
    rows = rows_of(written)
    documents = written.header["split"]["documents"]
    assert {part: sum(row["split"] == part for row in rows) for part in documents} == documents
    assert written.header["query"]["split"] == shares
