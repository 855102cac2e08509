"""What a reviewer reads where the records hold a name: outcomes, rules, kinds, in plain words.

Observation is what was stated, decision what a policy makes of it, conclusion what a person finds.
These words describe the first two, and never pronounce the third.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from licences.vocabulary import Outcome, Verdict

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        Outcome.PERMITTED.value: "permitted by the policy",
        Outcome.PERMITTED_WITH_CONDITIONS.value: "permitted with conditions",
        Outcome.NEEDS_REVIEW.value: "needs a person",
        Outcome.NO_SIGNAL.value: "nothing stated",
        Outcome.NOT_PERMITTED.value: "not permitted by the policy",
    }
)

REFUSAL_RULES: Mapping[str, str] = MappingProxyType(
    {
        "robots.disallow": "robots.txt disallows the address for us",
        "robots.deny_all": "robots.txt answered in a way that closes the whole host",
        "robots.unreachable": "robots.txt could not be read, so nothing was asked of the host",
        "robots": "a rule of robots.txt",
        "scope": "the address lies outside the scope of the job",
        "address": "the host's network address is not a public one",
        "media": "the media type is not one the job asks for",
        "site.http-401": "the site asks for a login",
        "site.http-402": "the site asks for payment",
        "site.http-403": "the site forbids the address",
        "site.http-407": "a proxy asks for a login",
        "site.http-451": "the site withholds the address on legal demand",
        "site": "the site turned us away",
        "limit.depth": "deeper than the job goes",
        "limit.pages": "the job's number of pages was reached",
        "limit.bytes": "the job's number of bytes was reached",
        "limit.time": "the job's time was over",
        "limit": "a limit of the job was reached",
        "budget": "the day's budget for the host was spent",
        "redirect": "a redirect that is not followed",
        "error": "the exchange failed",
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


def refusal_in_words(rule: str) -> str:
    """Return what a refusal's rule means, by the longest part of its name that is known.

    >>> refusal_in_words("limit.sitemaps")
    'a limit of the job was reached'
    >>> refusal_in_words("novel")
    'novel'
    """
    name = rule
    while name not in REFUSAL_RULES and "." in name:
        name = name.rpartition(".")[0]
    return REFUSAL_RULES.get(name, rule)


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
