"""Structured header fields (RFC 9651): strictly read, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from http_sf import Token, parse

__all__ = ["Member", "Token", "read_dictionary", "read_list"]


class Member(NamedTuple):
    """One member of a List or a Dictionary."""

    value: Any  # a Token, str, int, bool …; a list of pairs where it is an inner list
    parameters: Mapping[str, Any]


def read_list(text: str) -> list[Member] | None:
    """Return the members of a List, None where the text is none; never raises."""
    parsed = _parsed(text, "list")
    return None if parsed is None else [_member(one) for one in parsed]


def read_dictionary(text: str) -> dict[str, Member] | None:
    """Return the members of a Dictionary, of a repeated key the last one; None where the text is none; never raises."""
    parsed = _parsed(text, "dictionary")
    return None if parsed is None else {key: _member(one) for key, one in parsed.items()}


def _parsed(text: str, kind: Literal["list", "dictionary"]) -> Any:
    try:
        return parse(text.encode("utf-8", "replace"), tltype=kind)
    except (
        ValueError,
        ArithmeticError,
        IndexError,
        RecursionError,
    ):  # its own is a ValueError; others for safety
        return None


def _member(parsed: Any) -> Member:
    return Member(*parsed) if isinstance(parsed, tuple) else Member(parsed, {})
