"""Inside one protocol its own rule comes first: what it sets aside there does not stand between protocols.

TDMRep: a later channel withdraws what an earlier one reserved (`licences.signals.tdmrep_priority`).  AIPREF:
``search=y`` shields search from the wide labels of its early drafts.  Licences: what is marked up outranks running
text, and the document's own the site's.  Everything else adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from licences.observation import ScopeLevel, Statement
from licences.signals.tdmrep_priority import standing
from licences.vocabulary import Kind, Retrieval, Usage

_AIPREF = frozenset({Kind.AIPREF_HEADER, Kind.AIPREF_ROBOTS})
_OLD_LABEL = 0.7  # the confidence of a well-formed label of an early draft; a misspelt ``search=n`` has less
_SITE = frozenset({ScopeLevel.AUTHORITY, ScopeLevel.REGISTRABLE_DOMAIN, ScopeLevel.COLLECTION})


def withdrawn(statements: Iterable[Statement]) -> frozenset[Statement]:
    """Return the TDMRep reservations that a later channel withdrew."""
    held = tuple(statements)
    return frozenset(held) - frozenset(standing(held))


def shielded(denials: Iterable[Statement], allowances: Iterable[Statement]) -> frozenset[Statement]:
    """Return the AIPREF denials of search by labels for every use, where AIPREF allows search by its own.

    A denial of search by its own label stands: any ``n`` wins among statements of one label.

    Args:
        denials: that count for the usage asked about.
        allowances: of that usage, so that of AIPREF only ``search=y`` can be among those of search.
    """
    if not any(one.kind in _AIPREF and one.usage is Usage.INDEX for one in allowances):
        return frozenset()
    return frozenset(one for one in denials if one.kind in _AIPREF and _is_wide(one))


def outranked(grants: Sequence[Statement]) -> frozenset[Statement]:
    """Return the licences that a better placed one supersedes."""
    places = {one: (one.kind is Kind.LICENCE_TEXT, one.scope.level in _SITE) for one in grants}
    return frozenset(
        one for one in grants if any(_is_better(place, places[one]) for place in places.values())
    )


def _is_wide(denial: Statement) -> bool:
    return (
        denial.usage is Usage.INDEX
        and denial.lenient
        and denial.retrieval is Retrieval.OK
        and denial.confidence == _OLD_LABEL
    )


def _is_better(one: tuple[bool, bool], other: tuple[bool, bool]) -> bool:
    """Tell whether a place is at least as explicit and as narrow as another, and more of either."""
    return one != other and one[0] <= other[0] and one[1] <= other[1]
