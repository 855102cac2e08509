"""JSON that may be broken: the elements of an array one by one, so that what can be read of it still counts.

A repeated key is kept as a repetition: the last one silently winning would let a file say yes and no at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any, NamedTuple

from licences.observation import RAW_LIMIT, encodable

_BLANKS = re.compile(r"[ \t\r\n]*")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


class Record(dict[str, Any]):
    """A JSON object; ``repeated`` holds what its repeated keys said before the last time."""

    repeated: tuple[tuple[str, Any], ...] = ()


class Item(NamedTuple):
    """One element of the array."""

    value: Any
    locator: str  # "$[2]"; "$" where the file as a whole cannot be read, or is no array
    raw: str  # what stands there


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """What could be read of a file, in order."""

    items: tuple[Item, ...]
    is_array: bool  # a whole and well-formed array
    beyond: bool = False  # it held more elements than are read


def read_items(text: str, most: int) -> Items:
    """Read an array as far as it goes; a lone value is one item.  Never raises, linear in the text.

    Args:
        text: of the file.
        most: elements read.
    """
    well_formed, value = True, _whole(text)
    if value is None:
        well_formed, value = False, _whole(_TRAILING_COMMA.sub("", text.strip().removesuffix(";")))
    if value is None:
        return Items(items=tuple(_one_by_one(text, most)), is_array=False)
    if not isinstance(value, list):
        return Items(items=(Item(value, "$", _dump(value)),), is_array=False)
    items = tuple(Item(one, f"$[{number}]", _dump(one)) for number, one in enumerate(value[:most]))
    return Items(items=items, is_array=well_formed, beyond=len(value) > most)


def _whole(text: str) -> Any:
    """Return the value that a text is, None when it is none (or ``null``)."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _one_by_one(text: str, most: int) -> Iterator[Item]:
    position = _skip(text, 0)
    position = _skip(text, position + text.startswith("[", position))
    for _ in range(most):
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        yield Item(value, "$", encodable(text[position:end][:RAW_LIMIT]))
        position = _skip(text, end)
        if not text.startswith(",", position):
            return
        position = _skip(text, position + 1)


def _dump(value: Any) -> str:
    try:
        return encodable(json.dumps(value, ensure_ascii=False)[:RAW_LIMIT])
    except RecursionError:  # writing takes a little more room than reading did
        return ""


def _skip(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found else position


def _record(pairs: list[tuple[str, Any]]) -> Record:
    record = Record(pairs)
    if len(record) != len(pairs):
        last = {name: number for number, (name, _) in enumerate(pairs)}
        record.repeated = tuple(pair for number, pair in enumerate(pairs) if last[pair[0]] != number)
    return record


_DECODER = JSONDecoder(object_pairs_hook=_record, strict=False)
