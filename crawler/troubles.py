"""What the end of an exchange says of its host: in words for people, and in kind for breaker, back-off and parking."""

from __future__ import annotations

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet import error as network

from crawler.archive.exchange import Exchange
from crawler.frontier.outcome import NOT_NOW, Outcome, Trouble
from crawler.http_dates import retry_after_seconds
from crawler.scrapy_internals import ParseError
from crawler.wire import head_lines

_NO_ROUTE = (network.ConnectionRefusedError, network.NoRouteError, ConnectionRefusedError)
_TIMEOUT = (network.TimeoutError, network.TCPTimedOutError, TimeoutError)
_HUNG_UP = (network.ConnectionDone, network.ConnectionLost)
_UNREADABLE = (
    ParseError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)  # Twisted's parser on an odd answer
_UNTRUSTED = "certificate verify failed"


def outcome_of(exchange: Exchange, status: int, seconds: float, *, probe: bool) -> Outcome:
    """Return what an answer says of its host; ``probe``: it was asked for its robots.txt."""
    retry_after = None
    if status in NOT_NOW:
        fields = {name.lower(): value for name, value in reversed(head_lines(exchange.response_head))}
        retry_after = retry_after_seconds(fields.get("retry-after", ""), fields.get("date", ""))
    return Outcome(
        seconds=seconds,
        status=status,
        received=len(exchange.body) + len(exchange.response_head),
        retry_after=retry_after,
        probe=probe,
    )


def trouble_of(error: BaseException) -> Trouble:
    """Return what kind of trouble an exchange ended in; Twisted wraps what really happened in ``reasons``."""
    causes = [error, *(reason.value for reason in getattr(error, "reasons", None) or ())]
    if any(isinstance(cause, VerificationError) or _is_untrusted(cause) for cause in causes):
        return Trouble.CERTIFICATE
    if any(isinstance(cause, _NO_ROUTE) for cause in causes):
        return Trouble.NO_ROUTE
    if any(isinstance(cause, _TIMEOUT) for cause in causes):
        return Trouble.TIMEOUT
    if isinstance(error, network.ConnectError):  # unreachable network, no buffer: nothing got through
        return Trouble.NO_ROUTE
    return Trouble.BROKEN_OFF


def _is_untrusted(cause: BaseException) -> bool:
    return isinstance(cause, SSL.Error) and _UNTRUSTED in str(cause).lower()


def trouble_in_words(error: BaseException) -> str:
    """Return what happened on the wire, for people."""
    reasons = getattr(error, "reasons", None)
    if reasons:
        error = reasons[0].value
    if isinstance(error, VerificationError):
        return "the server's certificate is for another name"
    if _is_untrusted(error):
        return "the server's certificate cannot be trusted: expired, or signed by nobody we know"
    if isinstance(error, _HUNG_UP):
        return "the server hung up before it had answered"
    if isinstance(error, _UNREADABLE):
        return f"the answer cannot be read: {error}"
    return f"{type(error).__name__}: {error}".rstrip(": ")
