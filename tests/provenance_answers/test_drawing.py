"""Charts and tables: what holds for any numbers and any text."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_site import NOON

from provenance.rendering import Column, plain, visible, write_csv, write_jsonl, write_table
from provenance.reports.charts import hour_chart, stacked
from provenance.reports.dossier import HourLoad
from provenance.reports.words import size_in_words
from provenance.reports.writing import file_stem

counts = st.integers(min_value=0, max_value=10**9)
gaps = st.none() | st.floats(min_value=0, max_value=3_600)


def hour(number: int = 0, **changes: object) -> HourLoad:
    values: dict[str, object] = {
        "hour": NOON + timedelta(hours=number),
        "requests": 10,
        "received": 1_000,
        "max_in_flight": 1,
        "min_gap": 5.0,
        "median_gap": 6.0,
        "too_many": 0,
        "server_errors": 0,
    }
    return HourLoad(**values | changes)  # type: ignore[arg-type]  # the values above


@given(st.lists(counts, max_size=20))
def test_a_stacked_bar_is_full_and_loses_nobody(values: list[int]) -> None:
    """Whatever is there is drawn, however small its share; the parts touch and fill the bar."""
    slices = stacked([(str(index), value) for index, value in enumerate(values)])
    assert [one.value for one in slices] == [value for value in values if value]
    assert all(one.width > 0 for one in slices)
    assert sum(one.width for one in slices) == pytest.approx(100 if any(values) else 0)
    assert all(a.start + a.width == pytest.approx(b.start) for a, b in pairwise(slices))


@given(
    st.lists(st.tuples(counts, gaps, gaps), min_size=1, max_size=200), st.floats(min_value=0, max_value=60)
)
def test_hours_stay_inside_their_frame(
    measured: list[tuple[int, float | None, float | None]], floor: float
) -> None:
    hours = [
        hour(number, requests=requests, min_gap=least, median_gap=median)
        for number, (requests, least, median) in enumerate(measured)
    ]
    chart = hour_chart(hours, floor=floor)
    assert chart is not None
    for column in chart.columns:
        assert 0 <= column.left <= column.left + column.width <= 100.000001
        for height in (column.requests, column.troubled, column.min_gap, column.median_gap):
            assert height is None or 0 <= height <= 100.000001


def test_no_hour_is_no_chart() -> None:
    assert hour_chart([], floor=5.0) is None


def test_the_busiest_hour_reaches_the_top() -> None:
    chart = hour_chart([hour(0, requests=5), hour(1, requests=20, too_many=5)], floor=5.0)
    assert chart is not None
    assert [column.requests for column in chart.columns] == [25, 100]
    assert [column.troubled for column in chart.columns] == [0, 25]
    assert chart.most_requests == 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Some row."""

    text: str
    number: int | None
    at: datetime


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_printed(text: str) -> None:
    """Also none of the characters that turn the direction of writing."""
    shown = visible(text)
    assert not any(char in shown for char in map(chr, [*range(32), 127, 0x202E, 0x2066, 0x9B]))


@given(st.text(), st.none() | st.integers())
def test_a_table_line_is_one_line(text: str, number: int | None) -> None:
    out = io.StringIO()
    columns = [Column(name="text", title="Text"), Column(name="number", title="Number")]
    assert write_table([Row(text=text, number=number, at=NOON)], columns, out) == 1
    head, line, end = out.getvalue().split("\n")
    assert (head, line.count("\t"), end) == ("text\tnumber", 1, "")


@given(st.text())
def test_json_lines_keep_every_character(text: str) -> None:
    out = io.StringIO()
    write_jsonl([Row(text=text, number=1, at=NOON)], out)
    [line] = out.getvalue().removesuffix("\n").split("\n")
    assert json.loads(line) == {"text": text, "number": 1, "at": "2026-11-20T12:00:00Z"}


@given(st.text(alphabet="=+-@\t\r'\"a\n", max_size=5))
def test_a_spreadsheet_computes_nothing(text: str) -> None:
    out = io.StringIO(newline="")
    write_csv([Row(text=text, number=-1, at=NOON)], Row, out)
    line = out.getvalue().removeprefix("text,number,at\r\n").removeprefix('"')
    assert not line.startswith(("=", "+", "-", "@", "\t", "\r"))


class Terminal(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


def test_a_terminal_gets_a_drawn_table() -> None:
    out = Terminal()
    written = write_table(
        (Row(text=f"[bold]{number}", number=number, at=NOON) for number in range(450)),
        [
            Column(name="text", title="Text"),
            Column(name="number", title="Number", is_numeric=True),
        ],
        out,
    )
    assert written == 450
    assert out.getvalue().count("Text") == 3  # a heading every two hundred rows: nothing is held back
    assert "[bold]449" in out.getvalue()  # markup is text


@pytest.mark.parametrize(("width", "numbers"), [(80, 0), (120, 1)])
def test_a_narrow_terminal_shows_what_matters(
    monkeypatch: pytest.MonkeyPatch, width: int, numbers: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = Terminal()
    columns = [Column(name="text", title="Text"), Column(name="number", title="Number", needs_room=True)]
    write_table([Row(text="a", number=1, at=NOON)], columns, out)
    assert (out.getvalue().count("Text"), out.getvalue().count("Number")) == (1, numbers)


def test_plain_names_fields_and_spells_bytes() -> None:
    assert plain({"digest": b"\x01", "rows": (Row(text="a", number=None, at=NOON),)}) == {
        "digest": "01",
        "rows": [{"text": "a", "number": None, "at": "2026-11-20T12:00:00Z"}],
    }


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1_000, "1.0 kB"), (999_999, "1,000.0 kB"), (5 * 10**15, "5,000.0 TB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert size_in_words(size) == words


@given(st.text())
def test_a_file_name_stays_in_its_folder(site: str) -> None:
    stem = file_stem(site)
    assert stem
    assert "/" not in stem
    assert not stem.startswith(".")
