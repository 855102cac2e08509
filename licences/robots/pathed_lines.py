"""Which of a family's lines apply to a path, and whose words stand there.

Paths match as those of Allow and Disallow do (RFC 9309 §2.2.2).  The longest speaks; of equal ones the most
restrictive.  A longer path takes a denial back only by allowing that very thing in a well-formed word: one that is
silent about it, or cannot be read, does not.  An allowance stands only where no longer path speaks at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from licences.robots.extensions import StatingLine
from licences.robots.matching import Rule, RuleSet
from licences.robots.target import pattern_form
from licences.signals.word import Word

MOST = 500  # patterns of a family and stars in them; no honest file has more
_ALIKE = 40  # lines kept that say the same of one pattern
_ENDLESS = 1 << 30  # octets; longer than any path
_BEYOND = "\n"  # instead of a pattern: of the lines beyond `MOST`; no pattern is so written


class Spoken(NamedTuple):
    """A word that stands, and the line that says it."""

    line: StatingLine
    word: Word


class _Pattern(NamedTuple):
    length: int  # octets
    start: str | None  # of every path that fits, where no more is asked; None: the rules tell
    rules: RuleSet
    lines: list[StatingLine]

    def fits(self, path: str) -> bool:
        """Tell whether the pattern fits a normalised path."""
        return path.startswith(self.start) if self.start is not None else not self.rules.decide(path).allowed


class PathedLines:
    """Lines that compete by their paths.  False when there are none.

    Beyond `MOST` patterns the rest closes everything and opens nothing: a file made to keep us busy costs its
    own site.
    """

    __slots__ = ("_patterns",)

    def __init__(self, lines: Iterable[StatingLine]) -> None:
        self._patterns: list[_Pattern] = []
        known: dict[str, _Pattern] = {}
        spent = 0
        alike: Counter[tuple[str, tuple[Word, ...]]] = Counter()
        for line in lines:
            form, words = pattern_form(line.pattern), line.words
            if form not in known and spent >= MOST:
                form, words = _BEYOND, tuple(word for word in words if word.denies)
            if form not in known:
                spent += 1 + form.count("*")
                known[form] = _compiled(form)
                self._patterns.append(known[form])
            if alike[form, words] < _ALIKE:
                alike[form, words] += 1
                kept = line if form != _BEYOND else line._replace(pattern="", words=words)
                known[form].lines.append(kept)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def matching(self, path: str) -> tuple[int, ...]:
        """Return which patterns fit a normalised path: the same numbers, the same words."""
        return tuple([number for number, pattern in enumerate(self._patterns) if pattern.fits(path)])

    def spoken(self, matching: Sequence[int]) -> list[Spoken]:
        """Return the words that stand where these patterns fit, in the order of their lines."""
        fitting = [self._patterns[number] for number in matching]
        longest = max((pattern.length for pattern in fitting), default=0)
        said = [
            (pattern.length, Spoken(line, word))
            for pattern in fitting
            for line in pattern.lines
            for word in line.words
        ]
        lifted = _lifted(said)
        denied: dict[str, tuple[float, int]] = {}
        for length, (_, word) in said:
            if word.denies and length >= lifted.get(word.key, 0):
                denied[word.key] = max(denied.get(word.key, (0.0, 0)), (word.confidence, length))
        standing = [
            spoken
            for length, spoken in said
            if (
                denied.get(spoken.word.key) == (spoken.word.confidence, length)
                if spoken.word.denies
                else length == longest and not (spoken.word.lifts and spoken.word.key in denied)
            )
        ]
        return sorted(standing, key=lambda spoken: spoken.line.line.number)


def _compiled(form: str) -> _Pattern:
    if form == _BEYOND:
        return _Pattern(_ENDLESS, "", RuleSet(()), [])
    literal = not set(form) & set("*$?")
    rules = RuleSet(() if literal else [Rule(0, form, allow=False, value=form)])
    return _Pattern(len(form), form if literal else None, rules, [])


def _lifted(said: Iterable[tuple[int, Spoken]]) -> dict[str, int]:
    """Return, by key, the length of the longest path that allows it."""
    lifted: dict[str, int] = {}
    for length, (_, word) in said:
        if word.lifts:
            lifted[word.key] = max(lifted.get(word.key, 0), length)
    return lifted
