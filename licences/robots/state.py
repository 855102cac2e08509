"""What the answer to a robots.txt request means: only two of four states release URLs (RFC 9309 §2.3.1)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from licences.robots.document import RobotsDocument
from licences.robots.text import RobotsFlag


class RobotsState(StrEnum):
    """Where an origin stands after its robots.txt was asked for."""

    AVAILABLE = "available"  # its rules decide
    ALLOW_ALL = "allow_all"  # there is none
    DENY_ALL = "deny_all"  # the site refused us
    UNREACHABLE = "unreachable"  # nobody knows: nothing may be requested

    @property
    def releases(self) -> bool:
        """Whether any URL may be requested at all."""
        return self in {RobotsState.AVAILABLE, RobotsState.ALLOW_ALL}


_REFUSALS = frozenset({401, 402, 403, 407, 451})
_LATER = frozenset({408, 425, 429})
_CHALLENGES = {"cf-mitigated": {"challenge"}, "x-amzn-waf-action": {"challenge", "captcha"}}


def robots_state(
    status: int | None,
    body: bytes = b"",
    headers: Iterable[tuple[str, str]] = (),
    *,
    document: RobotsDocument | None = None,
) -> RobotsState:
    """Return the state after the last hop's answer.

    Args:
        status: of the final answer; None when there was none (DNS, TCP, TLS, timeout, too many redirects).
        body: content-decoded; only a 2xx answer's is read.
        headers: of the final answer, for challenge pages.
        document: the body parsed, when the caller has it already.
    """
    if any(value.strip().lower() in _CHALLENGES.get(name.lower(), ()) for name, value in headers):
        return RobotsState.DENY_ALL
    if status is None or status in _LATER:
        return RobotsState.UNREACHABLE
    if status in _REFUSALS:
        return RobotsState.DENY_ALL
    if 200 <= status < 300:  # noqa: PLR2004 - the class of status codes
        return _state_of(document or RobotsDocument.parse(body))
    return RobotsState.ALLOW_ALL if 400 <= status < 500 else RobotsState.UNREACHABLE  # noqa: PLR2004 - as above


def _state_of(document: RobotsDocument) -> RobotsState:
    if RobotsFlag.NUL_BYTES in document.flags:
        return RobotsState.UNREACHABLE
    return RobotsState.ALLOW_ALL if RobotsFlag.WRONG_TYPE in document.flags else RobotsState.AVAILABLE
