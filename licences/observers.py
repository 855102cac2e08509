"""All observers, in order: from a representation to what it states about rights.

Four tables, one line an observer.  A page without a signal of a kind costs its observer next to nothing: header
observers ask for their header, element observers get the few elements that one query found, text observers look for
their words in the bytes before they look at the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from licences.detection.dublin_core import declared_by_dublin_core
from licences.detection.feed import declared_by_feed
from licences.detection.html_comment import declared_in_comment
from licences.detection.json_ld import declared_by_json_ld
from licences.detection.link import declared_by_link
from licences.detection.link_header import declared_by_header
from licences.detection.microdata import declared_by_microdata
from licences.detection.notice import noticed_in_text
from licences.detection.place import Element, Page
from licences.detection.rdfa import declared_by_rdfa
from licences.detection.sitemap import declared_by_sitemap
from licences.detection.spdx_tag import declared_by_meta, declared_by_tag
from licences.observation import Observation, Statement
from licences.representation import Representation
from licences.signals.aipref import preferred_by_header
from licences.signals.content_signal import signalled_by_header
from licences.signals.paywall import declared_by_content_tier
from licences.signals.robots_tag import field_signals, header_signals, meta_signals
from licences.signals.tdmrep import declared_by_tdm_header, declared_by_tdm_meta
from licences.signals.tdmrep_pdf import declared_by_pdf
from licences.signals.word import doubted
from licences.vocabulary import LegalEffect, Verdict

MOST = 500  # observations kept of one page; one that states more opens nothing
BLOCKS = 50  # of JSON-LD, read on one page
_ELEMENTS = 5000  # elements looked at

HeaderObserver = Callable[[Representation, str], Iterable[Observation]]  # with our product token
ElementObserver = Callable[[Element], Iterable[Observation]]
TextObserver = Callable[
    [Page, bytes], Iterable[Observation]
]  # with the page's bytes, decoded of their coding
BodyObserver = Callable[[Representation], Iterable[Observation]]  # of what is not HTML


def _by_script(element: Element) -> Iterable[Observation]:
    return declared_by_json_ld(element.node, element.page) if element.tag == "script" else ()


def _by_robots_meta(element: Element) -> Iterable[Observation]:
    if element.tag != "meta" or (name := element.attributes.get("name")) is None:
        return ()
    content, page = element.attributes.get("content") or "", element.page
    return meta_signals(
        element.node, name.strip().lower(), content, url=page.url, product_token=element.product_token
    )


HEADERS: tuple[HeaderObserver, ...] = (
    lambda page, token: header_signals(page, product_token=token),
    lambda page, token: field_signals(page, product_token=token),
    lambda page, _: declared_by_tdm_header(page),
    lambda page, _: declared_by_header(page),
    lambda page, _: preferred_by_header(page),
    lambda page, _: signalled_by_header(page),
)

# One query finds every element that can speak: on large pages that costs less than looking for words in the bytes.
SPEAKING: tuple[str, ...] = (
    "meta[name]",
    '[rel*="license" i]',
    '[rel~="copyright" i]',
    'script[type*="ld+json" i]',
    'a[href*="creativecommons.org/" i]',
    'link[rel*="rights" i]',
    "[itemprop]",
    "[property]",
)
ELEMENTS: tuple[ElementObserver, ...] = (
    declared_by_tdm_meta,
    declared_by_content_tier,
    _by_robots_meta,
    declared_by_meta,
    _by_script,
    declared_by_link,
    declared_by_microdata,
    declared_by_rdfa,
    declared_by_dublin_core,
)
TEXTS: tuple[TextObserver, ...] = (declared_in_comment, noticed_in_text)
BODIES: tuple[BodyObserver, ...] = (declared_by_pdf, declared_by_tag, declared_by_feed, declared_by_sitemap)

_SELECTOR = ",".join(SPEAKING)


def observe(representation: Representation, *, product_token: str) -> tuple[Observation, ...]:
    """Return everything a response states about rights, in order: headers, then the body.

    Only the final 2xx response speaks; any other states nothing about a document.  Never raises, and bounded.

    Args:
        representation: its ``tree`` is read and never changed.
        product_token: ours, to tell which agent-scoped directives address us.
    """
    if not 200 <= representation.status < 300:  # noqa: PLR2004 - the class of status codes
        return ()
    stated = tuple(islice(_stated(representation, product_token), MOST + 1))
    if len(stated) <= MOST:
        return stated
    return tuple(_closed(one) for one in stated[:MOST])  # what was cut off may have restricted


def unite(raw: Iterable[Observation], rendered: Iterable[Observation]) -> tuple[Observation, ...]:
    """Return what holds for a page that was also rendered: all that its bytes state, and what restricts besides.

    A script may take a reservation out of the page or put one in: both reservations count.  What it puts in to allow,
    or to lift a reservation, does not.

    Args:
        raw: observed in the page as it came.
        rendered: observed in the page as a browser left it.
    """
    held = tuple(raw)
    known = {one.statement for one in held}
    return held + tuple(one for one in rendered if one.statement not in known and not _opens(one.statement))


def _opens(statement: Statement) -> bool:
    grants = statement.legal_effect is LegalEffect.LICENCE_GRANT
    return (
        statement.verdict is Verdict.ALLOW
        or (grants and statement.verdict is Verdict.CONDITIONAL)
        or statement.legal_effect is LegalEffect.RESERVATION_WITHDRAWN
    )


def _closed(observation: Observation) -> Observation:
    if not _opens(observation.statement):
        return observation
    return replace(observation, statement=doubted(observation.statement, 1.0))


def _stated(representation: Representation, product_token: str) -> Iterator[Observation]:
    for of_header in HEADERS:
        yield from of_header(representation, product_token)
    if representation.tree is None:
        for of_body in BODIES:
            yield from of_body(representation)
        return
    page = Page(representation.url, representation.tree)
    for element in _speaking(page, product_token):
        for of_element in ELEMENTS:
            yield from of_element(element)
    for of_text in TEXTS:
        yield from of_text(page, representation.body)


def _speaking(page: Page, product_token: str) -> Iterator[Element]:
    """Yield the elements that can speak, in document order, once each; of JSON-LD blocks a bounded number."""
    blocks = 0
    seen: set[int] = set()  # an element that fits several selectors is found several times
    for node in page.tree.css(_SELECTOR)[:_ELEMENTS]:
        if node.mem_id in seen:
            continue
        seen.add(node.mem_id)
        tag = node.tag or ""
        blocks += tag == "script"
        if tag != "script" or blocks <= BLOCKS:
            yield Element(node, tag, node.attributes, page, product_token)
