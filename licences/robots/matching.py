"""Rules of a robots.txt, compiled: the longest match names its line (RFC 9309 §2.2.2).

Linear by construction: prefixes are looked up by length, wildcards are walked from part to part without backtracking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from licences.robots.target import has_strict_form, pattern_form, strict_form

WALKED = 2000  # patterns with a star and one literal start that are tried on a path


class Rule(NamedTuple):  # a tuple, because one file may hold a hundred thousand of them
    """One Allow or Disallow line."""

    number: int  # from 1
    text: str  # the line, verbatim
    allow: bool
    value: str  # the pattern as written; "" is no rule


class Verdicts(NamedTuple):
    """The longest rules of either kind that match a path."""

    denial: Rule | None
    allowance: Rule | None
    allowed: bool


class Wildcard(NamedTuple):
    """A pattern with ``*``, cut into its literal parts."""

    length: int  # octets of the whole pattern
    parts: list[str]
    anchored: bool
    rule: Rule

    def fits(self, path: str) -> bool:
        """Tell whether the path matches; every part is looked for once, from where the last one ended."""
        first, *middle, last = self.parts
        if not path.startswith(first):
            return False
        position = len(first)
        for part in middle:
            position = path.find(part, position)
            if position < 0:
                return False
            position += len(part)
        if self.anchored:
            return len(path) - len(last) >= position and path.endswith(last)
        return path.find(last, position) >= 0


class Side:
    """All rules of one kind, ready to name the longest that matches."""

    __slots__ = ("_exact", "_lengths", "_prefixes", "_starts", "_wildcards")

    def __init__(self, rules: Iterable[Rule], form: Callable[[str], str], *, closing: bool) -> None:
        self._exact: dict[str, Rule] = {}
        self._prefixes: dict[str, Rule] = {}
        wildcards: dict[str, Wildcard] = {}
        for rule in rules:
            pattern = form(rule.value)
            literal = pattern.removesuffix("$")
            if "*" in literal:
                cut = Wildcard(len(pattern), literal.split("*"), literal != pattern, rule)
                wildcards.setdefault(pattern, cut)
            else:
                (self._prefixes if literal == pattern else self._exact).setdefault(literal, rule)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self._wildcards = _by_start(wildcards.values(), closing=closing)  # by their literal start
        self._starts = sorted({len(start) for start in self._wildcards})

    def longest(self, path: str) -> tuple[int, Rule | None]:
        """Return the longest matching rule and its length in octets; -1 and None when none matches."""
        best, rule = -1, None
        if self._exact and (found := self._exact.get(path)) is not None:
            best, rule = len(path) + 1, found  # longer than any prefix could be
        else:
            for length in self._lengths:
                if (found := self._prefixes.get(path[:length])) is not None and length <= len(path):
                    best, rule = length, found
                    break
        for start in self._starts:
            for wildcard in self._wildcards.get(path[:start], ()):
                if wildcard.length <= best:
                    break
                if wildcard.fits(path):
                    best, rule = wildcard.length, wildcard.rule
                    break
        return best, rule


def _by_start(wildcards: Iterable[Wildcard], *, closing: bool) -> dict[str, list[Wildcard]]:
    """Return the wildcards by their literal start, longest first, at most `WALKED` of each.

    No honest file has more.  What is beyond closes all that begins alike, or opens nothing: a file made to keep
    us busy costs its own site.
    """
    found: dict[str, list[Wildcard]] = {}
    for wildcard in sorted(wildcards, key=lambda wildcard: -wildcard.length):
        found.setdefault(wildcard.parts[0], []).append(wildcard)
    for start, alike in found.items():
        if len(alike) > WALKED:
            beyond = alike[WALKED]
            alike[WALKED:] = [beyond._replace(parts=[start, ""], anchored=False)] if closing else []
    return found


class RuleSet:
    """The merged rules of the groups that bind one agent."""

    __slots__ = ("_rules", "_sides", "_strict")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = [rule for rule in rules if rule.value.startswith(("/", "*"))]
        self._sides = self._compile(pattern_form)
        self._strict: tuple[Side, Side] | None = None

    def decide(self, path: str) -> Verdicts:
        """Return what the rules say of a normalised path: plainly and strictly encoded, and a denial wins."""
        plain = _weigh(self._sides, path)
        if plain.allowed and self._rules and has_strict_form(path):
            if self._strict is None:
                self._strict = self._compile(lambda value: strict_form(pattern_form(value)))
            strict = _weigh(self._strict, strict_form(path))
            return plain if strict.allowed else strict
        return plain

    def _compile(self, form: Callable[[str], str]) -> tuple[Side, Side]:
        denials = Side((rule for rule in self._rules if not rule.allow), form, closing=True)
        return denials, Side((rule for rule in self._rules if rule.allow), form, closing=False)


def _weigh(sides: tuple[Side, Side], path: str) -> Verdicts:
    denial_length, denial = sides[0].longest(path)
    allow_length, allowance = sides[1].longest(path)
    return Verdicts(denial, allowance, allow_length >= denial_length)
