"""Policy: rules in the order in which they speak, what conditions we can meet, what silence becomes, what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from licences.rights import Lookup
from licences.vocabulary import Channel, ConditionType, Outcome, Usage


class Stance(StrEnum):
    """Whether the operator meets a condition."""

    MET = "met"  # undertaken: it travels with every document
    UNMET = "unmet"
    REVIEW = "review"  # a person has to say


class Keep(StrEnum):
    """What may be kept of an answer.  Who asked, when, and why it was not kept stays in any case."""

    BODY = "body"  # all of it
    HEADERS = "headers"  # its status and header fields
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What is kept, and how long."""

    keep: Keep
    seconds: int | None = None  # None: no end is set


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One rule of precedence; its reading of the statements is in `licences.policy.rules`, by its name."""

    name: str
    number: int | None  # in the table of rules between protocols; None: a rule of our own
    outcome: Outcome | None  # what the decision becomes; None: the rule only sets statements aside
    says: str  # one sentence, for the reason
    enforces: tuple[str, ...] = ()  # requirement ids
    usages: frozenset[Usage] = frozenset()  # that it is asked for; empty: every one
    adds: tuple[ConditionType, ...] = ()  # conditions of our own, beside what the statements ask
    retention: Retention | None = None  # None: what the policy says of the outcome

    def concerns(self, usage: Usage) -> bool:
        """Tell whether the rule is asked for a usage."""
        return not self.usages or usage in self.usages


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What it means that no rule spoke."""

    outcome: Outcome
    says: str
    enforces: tuple[str, ...] = ()
    usages: frozenset[Usage] = frozenset()  # of an exception, those it is for; empty: every one
    retention: Retention | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededChannel:
    """A place that must have been asked, and have answered, before anything is permitted."""

    name: str  # as the policy writes it: "robots.txt", "headers"
    channel: Channel
    document: str | None = None  # of a host's files, which; None: the channel says it

    def is_asked_by(self, lookup: Lookup) -> bool:
        """Tell whether a lookup is one of this place."""
        return lookup.channel is self.channel and self.document in {None, lookup.document}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as it was read; its digest is its version."""

    builtin: ClassVar[tuple[str, ...]] = ("cn-strict", "eu-tdm", "licence-first", "observe", "strict-optin")

    name: str
    summary: str
    text: str  # the TOML, verbatim
    digest: bytes  # SHA-256 of ``text`` in UTF-8, 32 bytes
    rules: tuple[PolicyRule, ...]  # the first one that gives an outcome decides
    silence: Silence
    exceptions: tuple[Silence, ...] = ()  # from ``silence``, for some usages
    conditions: Mapping[ConditionType, Stance]  # a condition it does not name is unmet
    retention: Mapping[Outcome, Retention]  # every outcome
    needed: tuple[NeededChannel, ...] = ()
    allow_confidence: float  # an allowance below it needs a person
    deny_confidence: float  # a denial below it is a hint
    noarchive_is_noai: bool = False  # one vendor reads «noarchive» so; whether we do
    recheck_host_after: int  # seconds, where a host-wide file was asked
    recheck_after: int  # seconds, otherwise

    def __hash__(self) -> int:
        return hash(self.digest)

    def stance(self, condition: ConditionType) -> Stance:
        """Return whether the operator meets a condition."""
        return self.conditions.get(condition, Stance.UNMET)

    def silence_about(self, usage: Usage) -> Silence:
        """Return what it means that no rule spoke about a usage."""
        return next((one for one in self.exceptions if usage in one.usages), self.silence)

    def retained(self, outcome: Outcome, by: PolicyRule | Silence | None = None) -> Retention:
        """Return what is kept of an answer with this outcome; the word of what decided goes first."""
        own = None if by is None else by.retention
        return own or self.retention[outcome]
