"""Forgetting: hidden at once, gone for good after; and what must not be forgotten, or never be fetched again."""

from __future__ import annotations

from provenance.erasures.hiding import hide, sweep
from provenance.erasures.holds import held_captures, holds, lift_hold, place_hold
from provenance.erasures.listing import (
    Forgotten,
    certificates,
    erasure,
    erasures,
    forgotten,
    keep_certificate,
    unfinished,
)
from provenance.erasures.planning import plan
from provenance.erasures.records import ErasureRecord, ErasureState, Hold, Plan
from provenance.erasures.scope import Scope, ScopeKind
from provenance.erasures.suppression import Suppression, Suppressions, suppressions

__all__ = [
    "ErasureRecord",
    "ErasureState",
    "Forgotten",
    "Hold",
    "Plan",
    "Scope",
    "ScopeKind",
    "Suppression",
    "Suppressions",
    "certificates",
    "erasure",
    "erasures",
    "forgotten",
    "held_captures",
    "hide",
    "holds",
    "keep_certificate",
    "lift_hold",
    "place_hold",
    "plan",
    "suppressions",
    "sweep",
    "unfinished",
]
