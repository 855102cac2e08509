"""Why a document that matches a question is not in the manifest: each is counted once, for the first of these."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Left(IntEnum):
    """The reasons that do not come from a verdict; what a verdict withholds is counted under its outcome or rule."""

    NOT = 0  # it is in
    OLDER_VERSION = 1
    NO_BODY = 2
    NOT_STORED = 3
    SUPPRESSED = 4
    EXACT_DUPLICATE = 5
    NEAR_DUPLICATE = 6
    NO_VISIT = 7
    VERDICT = 16  # and above: 16 plus the number of the verdict


SAYS: Final = {
    "older_version": "a newer capture of the same URL exists",
    "no_body": "no body was kept of it, or the earlier record that holds it is gone",
    "not_stored": "its segment is not in the store yet",
    "suppressed": "an erasure asks not to use this URL",
    "exact_duplicate": "an earlier row has the same payload",
    "near_duplicate": "an earlier row says nearly the same: fingerprints differ in at most 3 bits of 64",
    "no_visit": "its visit is not on record",
    "not_permitted": "the policy does not permit this use",
    "needs_review": "the policy leaves it to a person",
    "no_signal": "nothing was stated that the policy could decide by",
    "source.revoked": "its source was revoked",
    "source.expired": "its source's admission has expired",
    "source.not-begun": "its source's admission has not begun",
    "source.unregistered": "its source is not in the register",
}


def in_words(reason: str) -> str:
    """Return a reason as a clause for people.

    >>> in_words("exact_duplicate")
    'an earlier row has the same payload'
    """
    return SAYS.get(reason, reason)
