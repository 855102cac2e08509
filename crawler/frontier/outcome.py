"""How one exchange ended, as far as its host's pace is concerned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TOO_MANY_REQUESTS = 429
UNAVAILABLE = 503
SERVER_ERROR = 500
PROXY_LOGIN = 407
REFUSALS = frozenset({401, 403, 406})
NOT_NOW = frozenset({408, 425, 429, 502, 503, 504})  # the host is left alone for a while


class Trouble(StrEnum):
    """Why no answer came."""

    TIMEOUT = "timeout"
    NO_ROUTE = "nobody listens there, or no way leads there"
    BROKEN_OFF = "broken off"
    NO_ADDRESS = "its name could not be looked up"
    NO_SUCH_NAME = "its name does not exist"
    CERTIFICATE = "its certificate cannot be trusted"
    CUT = "cut by us"  # says nothing of the host


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one request, or of the look-up before it."""

    seconds: float = 0.0  # from the request's start to the end of its answer
    status: int | None = None  # None: no answer
    trouble: Trouble | None = None  # None: there was an answer
    received: int = 0  # bytes
    retry_after: float | None = None  # seconds that the host asks for
    probe: bool = False  # a robots.txt: what a breaker is closed by
    words: str = ""  # what happened, for people; default: status or failure

    @property
    def failed(self) -> bool:
        """Whether this counts as a failure of the host: no answer, 429, 5xx."""
        if self.status is None:
            return self.trouble is not Trouble.CUT
        return self.status == TOO_MANY_REQUESTS or self.status >= SERVER_ERROR

    @property
    def backs_off(self) -> bool:
        """Whether the whole host is left alone for a while."""
        return self.failed if self.status is None else self.status in NOT_NOW

    def told(self) -> str:
        """Return what happened, in words.

        >>> Outcome(status=503, retry_after=30.0).told(), Outcome(trouble=Trouble.TIMEOUT).told()
        ('HTTP 503, Retry-After 30 s', 'timeout')
        """
        if self.words:
            return self.words
        if self.status is None:
            return self.trouble.value if self.trouble is not None else "no answer"
        asked = f", Retry-After {self.retry_after:.0f} s" if self.retry_after and self.backs_off else ""
        return f"HTTP {self.status}{asked}"
