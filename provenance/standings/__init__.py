"""What holds for a capture now, or held as of a day: decided at fetch, and by whatever was learned since."""

from __future__ import annotations

from provenance.standings.register import EXPIRED, NOT_BEGUN, REVOKED, UNREGISTERED
from provenance.standings.standing import Standing
from provenance.standings.verdict import Verdict

__all__ = ["EXPIRED", "NOT_BEGUN", "REVOKED", "UNREGISTERED", "Standing", "Verdict"]
