"""Inside one protocol its own rule comes first: what it sets aside there does not stand between protocols.

TDMRep: a later channel supersedes an earlier one (file, header, meta, embedded), so that a document's ``0`` lifts its
host's ``1``.  AIPREF: ``search=y`` shields search from whatever else AIPREF says.  Licences: what is marked up
outranks running text, and the document's own the site's.  Everything else adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from licences.observation import ScopeLevel, Statement
from licences.vocabulary import Kind, LegalEffect, Usage, Verdict

_TDM_CHANNELS = {
    Kind.TDMREP_FILE: 0,
    Kind.TDMREP_HEADER: 1,
    Kind.TDMREP_META: 2,
    Kind.TDMREP_EPUB: 3,
    Kind.TDMREP_PDF: 3,
}
_AIPREF = frozenset({Kind.AIPREF_HEADER, Kind.AIPREF_ROBOTS})
_SEARCH = frozenset({Usage.INDEX, Usage.SNIPPET})
_SITE = frozenset({ScopeLevel.AUTHORITY, ScopeLevel.REGISTRABLE_DOMAIN, ScopeLevel.COLLECTION})


def superseded_reservations(counting: Iterable[Statement]) -> frozenset[Statement]:
    """Return the TDMRep statements that a later channel supersedes.

    Args:
        counting: statements that settle something about the usage asked about: what is a mere hint, is addressed to
            others or was read by leniency as a withdrawal supersedes nothing, and must not be among them.
    """
    ranked = [(one, rank) for one in counting if (rank := _TDM_CHANNELS.get(one.kind)) is not None]
    latest = max((rank for _, rank in ranked), default=0)
    return frozenset(one for one, rank in ranked if rank < latest)


def shielded_search(denials: Iterable[Statement], allowances: Iterable[Statement]) -> frozenset[Statement]:
    """Return the AIPREF denials of search by wider labels that an AIPREF ``search=y`` overrides.

    A denial of search itself stands: any ``n`` wins among statements of one label.
    """
    if not any(one.kind in _AIPREF and one.usage in _SEARCH for one in allowances):
        return frozenset()
    return frozenset(one for one in denials if one.kind in _AIPREF and is_wider_label(one))


def is_wider_label(statement: Statement) -> bool:
    """Tell whether an AIPREF denial of search comes from a label that covers every use (early drafts)."""
    return statement.lenient and statement.note in {"all", "bots"}


def superseded_licences(grants: Sequence[Statement]) -> tuple[Statement, ...]:
    """Return the grants that a better placed one supersedes, in order."""
    places = {one: _place(one) for one in grants}
    return tuple(
        one
        for one in grants
        if any(_is_better(places[other], places[one]) for other in grants if other is not one)
    )


def is_withdrawn(statement: Statement) -> bool:
    """Tell whether a statement lifts a reservation; it grants nothing."""
    return (
        statement.legal_effect is LegalEffect.RESERVATION_WITHDRAWN and statement.verdict is Verdict.UNKNOWN
    )


def _place(grant: Statement) -> tuple[bool, bool]:
    return grant.kind is Kind.LICENCE_TEXT, grant.scope.level in _SITE


def _is_better(one: tuple[bool, bool], other: tuple[bool, bool]) -> bool:
    """Tell whether a grant is at least as explicit and as narrow as another, and more of either."""
    return one != other and one[0] <= other[0] and one[1] <= other[1]
