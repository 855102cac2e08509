"""Word: what one key of a vocabulary says, before it is known where it stands and to whom it speaks."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from licences.observation import Statement
from licences.vocabulary import Verdict


class Word(NamedTuple):
    """One key with its value, read; words of one key compete where their paths overlap."""

    key: str  # "train-ai"; "" for what could not be read
    statements: tuple[Statement, ...]  # to everybody, for the whole document
    lifts: bool = False  # well-formed and open: takes back what a shorter path denies

    @property
    def denies(self) -> bool:
        """Whether it denies anything."""
        return any(statement.verdict is Verdict.DENY for statement in self.statements)

    @property
    def confidence(self) -> float:
        """How sure we are of it."""
        return max(statement.confidence for statement in self.statements)


def doubted(statement: Statement, confidence: float) -> Statement:
    """Return a statement as a lenient reading leaves it: a denial counts less, an allowance settles nothing."""
    allows = statement.verdict is Verdict.ALLOW
    return replace(
        statement,
        verdict=Verdict.UNKNOWN if allows else statement.verdict,
        covers=() if allows else statement.covers,
        confidence=min(statement.confidence, confidence),
        lenient=True,
        note="lenient_allow" if allows else statement.note,
    )


def closed_only(word: Word, confidence: float) -> Word:
    """Return a word as it is where only denials are heard: one that opens something settles nothing."""
    if not word.lifts:
        return word
    return Word(word.key, tuple(doubted(statement, confidence) for statement in word.statements))
