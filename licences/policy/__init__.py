"""Policies: versioned data that turns a rights set into a decision for a usage.  They see statements, never pages."""

from __future__ import annotations

from licences.policy.decision import Decision, Reason, decide
from licences.policy.load import BUILTIN, load, read
from licences.policy.model import Keep, Policy, PolicyRule, Retention, Silence, Stance

__all__ = [
    "BUILTIN",
    "Decision",
    "Keep",
    "Policy",
    "PolicyRule",
    "Reason",
    "Retention",
    "Silence",
    "Stance",
    "decide",
    "load",
    "read",
]
