"""Rows on their way out: typed rows in, a table, JSON lines or CSV out, one row at a time.

Everything a row holds may come from the web.  On a screen, control characters are shown, not obeyed;
in CSV, a text that a spreadsheet would run as a formula gets an apostrophe before it.  JSON lines keep
every character as it was recorded: programs read those.
"""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum
from itertools import chain, islice
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

ROWS_A_TABLE = 200  # on a terminal: columns are fitted to this many rows, then a new table starts
ROOMY = 120  # characters: a terminal so wide shows every column
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    """How rows leave a command."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the table for people; the other formats carry every field."""

    name: str  # the row's field
    title: str
    is_numeric: bool = False
    needs_room: bool = False  # left out where a terminal is narrower than `ROOMY`


def instant(moment: datetime) -> str:
    """Return RFC 3339 in UTC, to the microsecond only where there are any.

    >>> instant(datetime(2026, 11, 22, 8, 30, tzinfo=UTC))
    '2026-11-22T08:30:00Z'
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """Return ``value`` as JSON has it: rows become objects, digests hex, instants RFC 3339."""
    if isinstance(value, (datetime, Enum, bytes)):
        return _scalar(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _scalar(value: datetime | Enum | bytes) -> Any:
    match value:
        case datetime():
            return instant(value)
        case Enum():
            return value.value
        case bytes():
            return value.hex()


def visible(text: str) -> str:
    r"""Return ``text`` with every control and direction character spelt out.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    is_shown = char.isprintable() or unicodedata.category(char) == "Zs"  # spaces of any width
    return char if is_shown else char.encode("unicode_escape").decode("ascii")


def cell(value: Any) -> str:
    """Return one value as a person reads it in a table or a spreadsheet."""
    match plain(value):
        case None:
            return ""
        case bool() as truth:
            return "yes" if truth else "no"
        case list() as items:
            return "; ".join(cell(item) for item in items)
        case dict() as mapping:
            return json.dumps(mapping, ensure_ascii=False, sort_keys=True)
        case other:
            return str(other)


def spreadsheet_cell(value: Any) -> str:
    """Return one value for CSV: no text from the web may become a formula.

    >>> spreadsheet_cell("=1+1"), spreadsheet_cell(-5)
    ("'=1+1", '-5')
    """
    text = cell(value)
    is_formula = not isinstance(value, (int, float)) and text.startswith(FORMULA_STARTS)
    return f"'{text}" if is_formula else text


def write_jsonl(rows: Iterable[Any], out: TextIO) -> int:
    """Write one JSON object a line; return how many."""
    written = 0
    for row in rows:
        out.write(json.dumps(plain(row), ensure_ascii=False) + "\n")
        written += 1
    return written


def write_csv(rows: Iterable[Any], row_type: type, out: TextIO) -> int:
    """Write a heading and one line a row (RFC 4180); return how many rows."""
    names = [field.name for field in fields(row_type)]
    writer = csv.writer(out)
    writer.writerow(names)
    written = 0
    for row in rows:
        writer.writerow([spreadsheet_cell(getattr(row, name)) for name in names])
        written += 1
    return written


def write_table(rows: Iterable[Any], columns: Sequence[Column], out: TextIO) -> int:
    """Write a table for people: drawn on a terminal, tab-separated lines elsewhere; return how many rows."""
    if out.isatty():
        return _write_drawn(iter(rows), columns, out)
    out.write("\t".join(column.name for column in columns) + "\n")
    written = 0
    for row in rows:
        out.write("\t".join(visible(cell(getattr(row, column.name))) for column in columns) + "\n")
        written += 1
    return written


def _write_drawn(rows: Iterator[Any], columns: Sequence[Column], out: TextIO) -> int:
    console = Console(file=out)
    shown = [column for column in columns if console.width >= ROOMY or not column.needs_room]
    written = 0
    for first in rows:
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for column in shown:
            table.add_column(
                column.title,
                justify="right" if column.is_numeric else "left",
                overflow="fold",
                no_wrap=column.is_numeric,
            )
        for row in chain([first], islice(rows, ROWS_A_TABLE - 1)):
            table.add_row(*(Text(visible(drawn_cell(getattr(row, column.name)))) for column in shown))
            written += 1
        console.print(table)
    return written


def drawn_cell(value: Any) -> str:
    """Return one value as a person reads it on a terminal.

    >>> drawn_cell(2_487_000), drawn_cell(datetime(2026, 11, 22, 8, 30, 59, tzinfo=UTC))
    ('2,487,000', '2026-11-22 08:30')
    """
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return cell(value)


def write_rows(
    rows: Iterable[Any], row_type: type, columns: Sequence[Column], form: Format, out: TextIO | None = None
) -> int:
    """Write rows in the asked format to ``out`` (default: standard output); return how many."""
    target = out or sys.stdout
    match form:
        case Format.JSONL:
            return write_jsonl(rows, target)
        case Format.CSV:
            return write_csv(rows, row_type, target)
        case Format.TABLE:
            return write_table(rows, columns, target)
