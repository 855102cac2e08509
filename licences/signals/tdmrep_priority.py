"""TDMRep's own priority among its channels: file, then header, then meta, then what is embedded in the document.

A later channel supersedes an earlier one; its absence never does.  In effect only a withdrawal takes something away:
a reservation that supersedes another reserves just the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from licences.observation import ScopeLevel, Statement
from licences.vocabulary import Kind, LegalEffect, Retrieval, Usage, Verdict

_ORDER = {
    Kind.TDMREP_FILE: 0,
    Kind.TDMREP_HEADER: 1,
    Kind.TDMREP_META: 2,
    Kind.TDMREP_EPUB: 3,
    Kind.TDMREP_PDF: 3,
}
_RESERVING = frozenset({Verdict.DENY, Verdict.CONDITIONAL})


def standing(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the statements without the TDMRep reservations that a later channel withdrew; all others as they are.

    Only a well-formed withdrawal about the document itself counts.
    """
    held = tuple(statements)
    lifted: dict[Usage, int] = {}
    for one in held:
        if one.kind in _ORDER and _lifts(one):
            lifted[one.usage] = max(_ORDER[one.kind], lifted.get(one.usage, -1))
    if not lifted:
        return held
    return tuple(one for one in held if not _is_superseded(one, lifted.get(one.usage, -1)))


def _is_superseded(statement: Statement, lifted_by: int) -> bool:
    reserves = statement.kind in _ORDER and statement.verdict in _RESERVING
    return reserves and _ORDER[statement.kind] < lifted_by


def _lifts(statement: Statement) -> bool:
    return (
        statement.legal_effect is LegalEffect.RESERVATION_WITHDRAWN
        and statement.verdict is Verdict.UNKNOWN
        and statement.retrieval is Retrieval.OK
        and statement.confidence >= 1.0
        and not statement.lenient
        and statement.addressee.all
        and statement.scope.level is not ScopeLevel.ELEMENT
        and not statement.scope.media
    )
