"""An answer by which a site turns us away: by status, by a challenge, by a page to log in; and what it stands on."""

from __future__ import annotations

from dataclasses import replace

from crawler import recognition
from crawler.archive.exchange import Exchange
from crawler.recognition import Barrier
from crawler.representation import represent
from crawler.wire import head_lines
from licences.observation import Observation
from licences.representation import Representation
from licences.signals.access import observe_refusal
from provenance.refusals import refusal_in_words

REFUSALS = frozenset({401, 402, 403, 407, 451})  # the site says no: never asked again
LARGEST = 256 * 1024  # bytes of an error page that is looked at

# What a refusal is told with: who wants what for it, and on whose demand.  None of it is ever answered.
_TOLD_WITH = frozenset(
    [
        "crawler-price",
        "crawler-error",
        "crawler-charged",
        "payment-required",
        "www-authenticate",
        "proxy-authenticate",
        "accept-signature",
    ]
)
_BARRIERS = {"site.challenge": "challenge", "site.login": "login"}  # what no status tells
_LINKS = ('rel="license"', "rel=license", 'rel="blocked-by"', "rel=blocked-by")


async def barrier_of(exchange: Exchange, status: int) -> Barrier | None:
    """Return how an answer that is no page turns us away, or None where it does not (see `looked_at`)."""
    return (await looked_at(exchange, status))[0]


async def looked_at(exchange: Exchange, status: int) -> tuple[Barrier | None, Representation]:
    """Return how an answer that is no page turns us away, or None where it does not, and what was seen of it.

    Args:
        exchange: with any status but 2xx.
        status: of the answer; of a redirect no page is looked at.
    """
    is_error = status >= 400  # noqa: PLR2004  # the class of status codes
    page = await represent(exchange if is_error else replace(exchange, body=b""), status, LARGEST)
    barrier = of_page(page)
    if barrier is not None:
        return Barrier(barrier.rule, f"{_status_line(exchange)}; {barrier.evidence}"), page
    return _by_status(exchange, status) if status in REFUSALS else None, page


def stated(page: Representation, barrier: Barrier) -> tuple[Observation, ...]:
    """Return what an answer that turns us away states about fetching (signals §15)."""
    return observe_refusal(page, barrier=_BARRIERS.get(barrier.rule))


def of_page(page: Representation) -> Barrier | None:
    """Return what stands in the way of a page that came with 2xx, or None."""
    barrier = recognition.by_head(page.headers)
    if barrier is None and page.tree is not None:
        barrier = recognition.by_page(page.tree, page.body)
    return barrier


def in_words(barrier: Barrier) -> str:
    """Return the reason of a refusal, for people."""
    return refusal_in_words(barrier.rule)


def _by_status(exchange: Exchange, status: int) -> Barrier:
    told = [
        f"{name}: {value}"
        for name, value in head_lines(exchange.response_head)
        if name.lower() in _TOLD_WITH or (name.lower() == "link" and any(rel in value for rel in _LINKS))
    ]
    return Barrier(f"site.http-{status}", "; ".join([_status_line(exchange), *told]))


def _status_line(exchange: Exchange) -> str:
    return exchange.response_head.split(b"\r\n", 1)[0].decode("latin-1")
