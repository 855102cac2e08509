"""How far a statement reaches: whether it is about the document, addressed to us, in force; how wide it is."""

from __future__ import annotations

from datetime import datetime

from licences.observation import Scope, ScopeLevel, Statement
from licences.vocabulary import AssertedBy, LegalEffect, Retrieval, Usage, Verdict

_NOT_THE_PUBLISHER = frozenset({AssertedBy.PLATFORM, AssertedBy.THIRD_PARTY})
_WHOLE_HOST = frozenset({"", "/", "*", "/*"})  # patterns that cover every path
_WIDTHS = {
    ScopeLevel.ELEMENT: 0,
    ScopeLevel.FILE: 1,
    ScopeLevel.DOCUMENT: 1,
    ScopeLevel.PATH: 2,
    ScopeLevel.AUTHORITY: 3,
    ScopeLevel.REGISTRABLE_DOMAIN: 4,
    ScopeLevel.COLLECTION: 5,
}


def is_about_document(statement: Statement) -> bool:
    """Tell whether a statement is about the document as a whole, and not about a part or some media of it."""
    return statement.scope.level is not ScopeLevel.ELEMENT and not statement.scope.media


def speaks_to_us(statement: Statement) -> bool:
    """Tell whether a statement addresses everybody, or us by name."""
    return statement.addressee.all or statement.addressee.matches_us


def holds(statement: Statement, at: datetime | None) -> bool:
    """Tell whether a statement is in force.

    Args:
        statement: any.
        at: the moment asked about, UTC; None: whenever.  Then a denial counts whatever its limits, and what opens
            something only if it has none.
    """
    if at is None:
        unlimited = statement.valid_from is None and statement.valid_until is None
        return unlimited or not _opens(statement)
    begun = statement.valid_from is None or statement.valid_from <= at
    return begun and (statement.valid_until is None or at <= statement.valid_until)


def is_sound(statement: Statement) -> bool:
    """Tell whether a statement is well-formed and the publisher's own, so that something may be permitted by it.

    What is malformed, or read only by leniency, may deny and never allow; nor does a platform's default or a
    registry speak for whoever published the document.
    """
    return (
        not statement.lenient
        and statement.retrieval is Retrieval.OK
        and statement.asserted_by not in _NOT_THE_PUBLISHER
        and speaks_to_us(statement)
    )


def allows(statement: Statement, usage: Usage) -> bool:
    """Tell whether an allowance names a usage: down the lattice it reaches only where its words are defined to."""
    reached = {statement.usage, *statement.covers}
    return statement.verdict in {Verdict.ALLOW, Verdict.CONDITIONAL} and usage in reached


def grants(statement: Statement, usage: Usage) -> bool:
    """Tell whether a licence covers a usage; what it covers, it covers with everything below."""
    reached = {statement.usage, *statement.covers}
    return (
        statement.legal_effect is LegalEffect.LICENCE_GRANT
        and statement.verdict in {Verdict.ALLOW, Verdict.CONDITIONAL}
        and (usage in reached or not reached.isdisjoint(usage.ancestors))
        and is_sound(statement)
    )


def covers_host(scope: Scope) -> bool:
    """Tell whether a scope is a whole host or more: said once for everything, about no document in particular.

    >>> covers_host(Scope(level=ScopeLevel.PATH, selector="/")), covers_host(Scope())
    (True, False)
    """
    if scope.level is ScopeLevel.PATH:
        return _patterns(scope) <= _WHOLE_HOST
    return _WIDTHS[scope.level] >= _WIDTHS[ScopeLevel.AUTHORITY]


def is_no_wider(scope: Scope, than: Scope) -> bool:
    """Tell whether a scope is the same as another or narrower; of two patterns, the longer is the narrower one.

    >>> is_no_wider(Scope(), Scope(level=ScopeLevel.PATH, selector="/essays/"))
    True
    >>> is_no_wider(Scope(level=ScopeLevel.PATH, selector="/"), Scope(level=ScopeLevel.PATH, selector="/essays/"))
    False
    """
    return _width(scope) <= _width(than)


def _width(scope: Scope) -> tuple[int, int]:
    if covers_host(scope):
        return max(_WIDTHS[scope.level], _WIDTHS[ScopeLevel.AUTHORITY]), 0
    narrowness = max(map(len, _patterns(scope))) if scope.level is ScopeLevel.PATH else 0
    return _WIDTHS[scope.level], -narrowness


def _patterns(scope: Scope) -> frozenset[str]:
    return frozenset((scope.selector or "").split(" "))


def _opens(statement: Statement) -> bool:
    return (
        statement.verdict in {Verdict.ALLOW, Verdict.CONDITIONAL}
        or statement.legal_effect is LegalEffect.RESERVATION_WITHDRAWN
    )
