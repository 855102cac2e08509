"""Licences named in running text, by any name we know: where each stands, and its terms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from licences.creativecommons_names import creativecommons_names
from licences.gnu import gnu_licences_named
from licences.known import known_names
from licences.terms import Terms, terms_at, terms_of, terms_of_known
from licences.vocabulary import Verdict

UNRESOLVED = Terms(licence=None, verdict=Verdict.UNKNOWN, note="unknown_licence")


class NamedLicence(NamedTuple):
    """A licence that a text names."""

    start: int
    end: int
    terms: Terms  # `UNRESOLVED`: a licence, but the text does not say which

    @property
    def resolved(self) -> bool:
        """Whether the text says which licence it is."""
        return self.terms is not UNRESOLVED


@lru_cache(maxsize=512)
def licences_named(text: str) -> tuple[NamedLicence, ...]:
    """Return the licences that a text names, in order, without those inside a longer name.

    Args:
        text: folded, with single blanks.

    >>> [one.terms.licence for one in licences_named("under cc by-sa 4.0 or the gnu fdl 1.3 or later")]
    ['CC-BY-SA-4.0', 'GFDL-1.3-or-later']
    >>> [one.resolved for one in licences_named("a creative commons attribution licence")]
    [False]
    """
    found = sorted(_named(text), key=lambda one: (one.start, -one.end))
    kept: list[NamedLicence] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return tuple(kept)


def _named(text: str) -> Iterator[NamedLicence]:
    for name in creativecommons_names(text):
        yield NamedLicence(name.start, name.end, terms_at(name.deed.url) if name.deed else UNRESOLVED)
    for gnu in gnu_licences_named(text):
        yield NamedLicence(gnu.start, gnu.end, terms_of(gnu.spdx) if gnu.spdx else UNRESOLVED)
    for known in known_names(text):
        yield NamedLicence(known.start, known.end, terms_of_known(known.licence))
