"""What a reviewer reads where the records hold a name: outcomes, rules, kinds, in plain words.

Observation is what was stated, decision what a policy makes of it, conclusion what a person finds.
These words describe the first two, and never pronounce the third.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from licences.vocabulary import Outcome, Verdict
from provenance.records import Kept
from provenance.refusals import REFUSAL_RULES, refusal_in_words

__all__ = [
    "KEPT",
    "KINDS",
    "OUTCOMES",
    "REFUSAL_RULES",
    "UNITS",
    "VERDICTS",
    "counted",
    "outcome_in_words",
    "refusal_in_words",
    "size_in_words",
]

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        Outcome.PERMITTED.value: "permitted by the policy",
        Outcome.PERMITTED_WITH_CONDITIONS.value: "permitted with conditions",
        Outcome.NEEDS_REVIEW.value: "needs a person",
        Outcome.NO_SIGNAL.value: "nothing stated",
        Outcome.NOT_PERMITTED.value: "not permitted by the policy",
    }
)

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        Verdict.ALLOW.value: "allows",
        Verdict.DENY.value: "denies",
        Verdict.CONDITIONAL.value: "allows on conditions",
        Verdict.UNKNOWN.value: "settles nothing",
    }
)

KEPT: Mapping[str, str] = MappingProxyType(
    {
        Kept.BODY.value: "the whole answer",
        Kept.HEADERS.value: "its headers only: the policy lets no more be kept",
        Kept.NOTHING.value: "nothing but its status and this record: the policy lets no more be kept",
    }
)

UNITS = ("bytes", "kB", "MB", "GB", "TB")

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "document": "documents",
        "redirect": "redirects",
        "failure": "answers that are no document",
        "site-document": "robots.txt, sitemaps and feeds",
    }
)


def outcome_in_words(outcome: str) -> str:
    """Return the outcome as a reviewer reads it; an unknown one as it is recorded."""
    return OUTCOMES.get(outcome, outcome)


def size_in_words(size: int) -> str:
    """Return bytes with a decimal unit.

    >>> size_in_words(999), size_in_words(1_500_000)
    ('999 bytes', '1.5 MB')
    """
    exponent = min(max(len(str(abs(size))) - 1, 0) // 3, len(UNITS) - 1)
    return f"{size / 1_000**exponent:,.1f} {UNITS[exponent]}" if exponent else f"{size} {UNITS[0]}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    >>> counted(1, "document"), counted(2_000, "address", "addresses")
    ('1 document', '2,000 addresses')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
