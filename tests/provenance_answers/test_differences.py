"""What changed between two versions of a file: a unified diff, whatever a site wrote, and never for long."""

from __future__ import annotations

import difflib
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.reports.differences import LINES_COMPARED, LINES_SHOWN, Difference, difference

lines_of_text = st.lists(
    st.sampled_from(["Allow: /", "Disallow: /a", "", "# c", "User-agent: *"]), max_size=30
)


def written(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def patched(old: list[str], found: Difference) -> list[str]:
    """Apply a difference as ``patch`` does, by its line numbers."""
    new: list[str] = []
    taken = 0
    for line in found.lines:
        if line.startswith("@@"):
            start, length = re.match(r"@@ -(\d+)(?:,(\d+))?", line).groups("1")  # type: ignore[union-attr]  # we wrote the line
            begin = int(start) - (length != "0")
            new += old[taken:begin]
            taken = begin
        elif line.startswith("+"):
            new.append(line[1:])
        else:
            assert old[taken] == line[1:]
            taken += 1
            new += [line[1:]] if line.startswith(" ") else []
    return new + old[taken:]


@given(lines_of_text, lines_of_text)
def test_a_difference_leads_from_one_version_to_the_next(old: list[str], new: list[str]) -> None:
    found = difference(written(old), written(new))
    assert found.left_out == 0
    assert patched(old, found) == new
    assert (found.lines == ()) == (old == new)


def test_it_is_the_unified_diff_that_everybody_reads() -> None:
    old = [str(number) for number in range(40)]
    new = [*old[:5], "x", *old[6:20], *old[23:], "y"]
    expected = list(difflib.unified_diff(old, new, lineterm=""))[2:]
    assert list(difference(written(old), written(new)).lines) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"a\nb\n", b"a\r\nb\r\n", id="line ends"),
        pytest.param(b"a\n", b"a", id="a last line without end"),
        pytest.param(b"\xef\xbb\xbfa\n", b"a\n", id="a byte order mark"),
    ],
)
def test_what_a_reader_of_robots_txt_ignores_is_no_change(before: bytes, after: bytes) -> None:
    assert difference(before, after).lines == ()


def test_bytes_that_are_no_text_are_shown() -> None:
    assert difference(b"", b"\xff\x00").lines == ("@@ -0,0 +1 @@", "+\ufffd\ufffd")


def test_a_large_change_is_counted_and_not_shown_whole() -> None:
    """Half a megabyte that changed entirely: as many lines as a person reads, and the number of the others."""
    found = difference(b"a\n" * 200_000, b"b\n" * 200_000)
    assert (found.added, found.removed) == (200_000, 200_000)
    assert len(found.lines) == LINES_SHOWN
    assert found.left_out == 400_001 - LINES_SHOWN


def test_lines_are_cut() -> None:
    assert len(difference(b"", b"x" * 10_000).lines[1]) < 250


def test_beyond_the_bound_all_lines_between_count_as_replaced() -> None:
    """No longer the shortest difference, still a true one."""
    old = [str(number) for number in range(2 * LINES_COMPARED)]
    found = difference(written(old), written(["first", *old[1:-1], "last"]))
    assert (found.added, found.removed) == (len(old), len(old))


def test_hunks_come_in_order() -> None:
    old = [str(number) for number in range(100)]
    new = [line if number % 20 else "x" for number, line in enumerate(old)]
    starts = [
        int(line.split(",")[0].removeprefix("@@ -"))
        for line in difference(written(old), written(new)).lines
        if line.startswith("@@")
    ]
    assert all(above < below for above, below in pairwise(starts))
