"""Policy: rules in the order in which they speak, what conditions we can meet, and what silence becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from licences.vocabulary import ConditionType, Outcome


class Stance(StrEnum):
    """Whether the operator meets a condition."""

    MET = "met"  # undertaken: it travels with every document
    UNMET = "unmet"
    REVIEW = "review"  # a person has to say


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One rule of precedence; its reading of the statements is in `licences.policy.rules`, by its name."""

    name: str
    number: int | None  # in the table of rules between protocols; None: a rule of our own
    outcome: Outcome | None  # what the decision becomes; None: the rule only sets statements aside
    says: str  # one sentence, for the reason
    enforces: tuple[str, ...] = ()  # requirement ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What it means that no rule spoke."""

    outcome: Outcome
    says: str
    enforces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as it was read; its digest is its version."""

    builtin: ClassVar[tuple[str, ...]] = ("observe", "strict-optin")  # names that `load` knows

    name: str
    summary: str
    text: str  # the TOML, verbatim
    digest: bytes  # SHA-256 of ``text`` in UTF-8, 32 bytes
    rules: tuple[PolicyRule, ...]  # the first one that gives an outcome decides
    silence: Silence
    conditions: Mapping[ConditionType, Stance]  # a condition it does not name is unmet
    allow_confidence: float  # an allowance below it needs a person
    deny_confidence: float  # a denial below it is a hint
    recheck_host_after: int  # seconds, where a host-wide file was asked
    recheck_after: int  # seconds, otherwise

    def __hash__(self) -> int:
        return hash(self.digest)

    def stance(self, condition: ConditionType) -> Stance:
        """Return whether the operator meets a condition."""
        return self.conditions.get(condition, Stance.UNMET)
