"""What a visit did so far, counted for progress lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a visit did so far, for progress lines; the database has the truth."""

    asked: int = 0
    captured: int = 0
    received: int = 0  # bytes
    refused: Counter[str] = field(default_factory=Counter)
    not_kept: int = 0  # documents of which the policy lets no body stay
    outcomes: Counter[str] = field(default_factory=Counter)
