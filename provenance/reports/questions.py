"""What a person has to decide where a policy's rule asks for one: a question a rule, never its answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "agreement": "Does the agreement on record cover this use, these documents, and today?",
        "access": "Was the answer meant for us, and is there a way in that the site offers?",
        "licence-against-reservation": (
            "Which of the two stands, the licence or the reservation? Ask the publisher, or keep to the stricter."
        ),
        "reservation": "Does the reservation reach this use, or does the publisher grant leave?",
        "licence-against-inference": (
            "The page grants a licence while the site turns AI crawlers away: did the publisher mean both?"
        ),
        "inference": "The site turns AI crawlers of others away: does that speak of this use as well?",
        "paywall": "The page is not free to read: is there a subscription or leave that covers this use?",
        "unknown-licence": "Read the terms that the page names: do they grant this use, and on what conditions?",
        "licences-disagree": "Several licences are named: which of them covers the text, and which only a part?",
        "conditions-unmet": "Can the conditions that the licence asks for be met after all?",
        "conditions-unsettled": "Will these conditions be kept with every document, and who sees to it?",
        "public-domain-mark": "The page is marked as public domain: is it, where it will be used?",
        "uncertain-licence": "Is this really the licence of the page? We are not sure of our reading.",
        "licence-over-host": "The page grants what its host withholds: may the page speak for itself?",
        "licence-without-adaptations": "The licence allows no adaptations: is this use one?",
        "unanswered": "Not every place where rights are stated could be read: look there, or ask again later.",
        "text-refusal": "The page forbids this in words: do they bind here, and what exactly do they forbid?",
        "licence": "Does the licence cover this use?",
        "stated-allowance": "Is the stated preference enough for this use?",
        "silence": "Nothing settles this use: is there a basis to use the document at all?",
    }
)
ANY_OTHER = "Read the statements beside this line and the rule: may these documents be used for this purpose?"


def question_of(rule: str) -> str:
    """Return the question that a rule leaves to a person; a general one for a rule of a policy to come.

    >>> question_of("novel-rule") == ANY_OTHER
    True
    """
    return QUESTIONS.get(rule, ANY_OTHER)
