"""The dossier's lines about rights: what was stated, what was decided, what changed, what needs a person.

Instants are UTC, sizes bytes.  Sentences are plain words; the raw text is in the archive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provenance.reports.differences import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeLine:
    """What one policy made of the documents, for the purpose of their run."""

    policy: str
    purpose: str
    outcome: str
    rule: str  # the policy's rule that decided
    reasons: Sequence[str]
    conditions: Sequence[str]
    documents: int
    bytes: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceLine:
    """One licence that documents stated; a document that states two counts for both."""

    licence: str  # SPDX expression, or the URL of the terms where there is none
    documents: int
    bytes: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLine:
    """One statement about rights, and how many documents it holds for."""

    kind: str
    protocol: str
    usage: str
    verdict: str
    legal_effect: str  # in what capacity it speaks: a preference, a reservation, a licence grant
    addressed_to: str  # "everyone", or the agents it names
    scope: str  # the document, an element of it, a path, the whole host
    note: str  # refines the reading: "unknown licence", "named allow"; mostly empty
    documents: int
    examples: Sequence[str]


class MixSort(StrEnum):
    """What sort of share of the licence mix it is."""

    LICENCE = "licence"  # one licence, stated for the document itself
    SEVERAL = "several"  # more than one
    UNKNOWN = "unknown"  # terms are named that cannot be read by rule
    NONE = "none"  # no licence is stated for the document
    UNREADABLE = "unreadable"  # what was stated was recorded by another release, or is damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class MixLine:
    """A share of the documents by the licence stated for them; every document is in exactly one."""

    licence: str  # SPDX expressions joined by " + "; words where there is none
    sort: MixSort
    documents: int
    bytes: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One statement over time: from when to when it was met."""

    sentence: str
    kind: str
    protocol: str
    documents: int
    first_seen: datetime
    last_seen: datetime
    is_new: bool  # an earlier run took documents and did not meet it
    is_gone: bool  # a later run took documents and did not meet it


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFileLine:
    """One version of a host's own file about its rights."""

    origin: str
    name: str  # "robots.txt", "tdmrep.json", "ai.txt", "trust.txt"
    url: str
    retrieval: str  # how looking went; absent, unreachable and malformed are three states
    digest: str | None  # "sha256:…"; None: no such file came
    length: int | None
    first_seen: datetime
    last_seen: datetime
    difference: (
        Difference | None
    )  # to the version before that held something; None: there is none, or no change


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictLine:
    """Statements that contradict each other, or were set aside."""

    conflict: str  # the policy's sentence
    policy: str
    purpose: str
    outcome: str
    statements: Sequence[str]  # what was stated, as sentences
    documents: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """What waits for a person, by the policy's rule that put it there."""

    policy: str
    purpose: str
    rule: str
    says: str  # the rule, in the policy's words
    to_decide: str  # the question that a person has to answer
    statements: Sequence[str]  # what it stands on, as sentences
    documents: int
    bytes: int
    examples: Sequence[str]
