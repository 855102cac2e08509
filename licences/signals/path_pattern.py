"""One path pattern of a host's file, matched as robots.txt matches (RFC 9309 §2.2.2): ``*`` and a closing ``$``."""

from __future__ import annotations

from collections.abc import Callable

from licences.robots.matching import Rule, Wildcard
from licences.robots.target import pattern_form, target

STARS = 20  # of one pattern; no honest one has more, and each costs a search in every URL


def path_pattern(value: str) -> Callable[[str], bool] | None:
    """Return a test for normalised paths, or None when a value is no path pattern, or one made to keep us busy.

    Linear in the path's length for any pattern.  An absolute URL stands for its path.

    >>> fits = path_pattern("/pictures/*.jpg$")
    >>> fits("/pictures/a/b.jpg"), fits("/pictures/b.jpg?x")
    (True, False)
    """
    if value.startswith(("http://", "https://")):
        value = target(value)
    if not value.startswith(("/", "*")):
        return None
    pattern = pattern_form(value)
    literal = pattern.removesuffix("$")
    if literal.count("*") > STARS:
        return None
    if "*" in literal:
        rule = Rule(0, value, allow=False, value=value)
        return Wildcard(len(pattern), literal.split("*"), literal != pattern, rule).fits
    if literal != pattern:
        return lambda path: path == literal
    return lambda path: path.startswith(literal)
