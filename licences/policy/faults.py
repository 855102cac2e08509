"""From pydantic's findings in a policy file to one sentence: file, key, remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_RETENTION = (
    "add a table [retention] with a line for each outcome (permitted, permitted_with_conditions, needs_review, "
    'not_permitted, no_signal), such as: not_permitted = { keep = "headers" }'
)
_ARRAYS = {("rule",): "[[rule]]", ("silence", "exception"): "[[silence.exception]]"}


def first_fault(where: str, data: Mapping[str, Any], error: ValidationError) -> str:
    """Return what to change first.

    Args:
        where: the file's name.
        data: the file as TOML has it, to name the rule that is meant.
        error: what pydantic found; its first finding is told.
    """
    fault = error.errors()[0]
    place, key = _place(fault["loc"], data)
    return ": ".join([where, *place, f"key {key}", _remedy(fault)])


def _place(location: tuple[int | str, ...], data: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return the table, when it is one of several alike, and the key in it."""
    for path, title in _ARRAYS.items():
        number = location[len(path)] if location[: len(path)] == path and len(location) > len(path) else None
        if isinstance(number, int):
            name = _name(data, path, number)
            rest = ".".join(str(part) for part in location[len(path) + 1 :])
            return [f"{title} number {number + 1}{f' ({name})' if name else ''}"], rest
    return [], ".".join(str(part) for part in location if part != "[key]")


def _name(data: Any, path: tuple[str, ...], number: int) -> str | None:
    for part in path:
        data = data[part]
    entry = data[number]
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else None


def _remedy(fault: Any) -> str:  # pydantic's ErrorDetails, a TypedDict
    match fault["type"]:
        case "missing":
            return _RETENTION if fault["loc"] == ("retention",) else "add it"
        case "extra_forbidden":
            return "remove it: no such key"
        case "enum":
            return f"write one of {fault['ctx']['expected']}"
        case _:
            return str(fault["msg"]).removeprefix("Value error, ")
