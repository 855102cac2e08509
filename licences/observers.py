"""All observers, in order: from a representation to what it states about rights.

Four tables, one line an observer.  A page without a signal of a kind costs its observer next to nothing: header
observers ask for their header, element observers get the few elements that one query found, text observers look for
their words in the bytes before they look at the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from licences.detection.link import declared_by_link
from licences.detection.link_header import declared_by_header
from licences.detection.place import Element, Page
from licences.detection.schema_org import BLOCKS, declared_by_json_ld
from licences.detection.spdx_tag import declared_by_meta, declared_by_tag
from licences.observation import Observation
from licences.representation import Representation
from licences.signals.aipref import preferred_by_header
from licences.signals.content_signal import signalled_by_header
from licences.signals.robots_tag import header_signals, meta_signals

MOST = 500  # observations kept of one page; a page that states more is hostile
_ELEMENTS = 5000  # elements looked at

HeaderObserver = Callable[[Representation, str], Iterable[Observation]]  # with our product token
ElementObserver = Callable[[Element], Iterable[Observation]]
TextObserver = Callable[
    [Page, bytes], Iterable[Observation]
]  # with the page's bytes, decoded of their coding
BodyObserver = Callable[[Representation], Iterable[Observation]]  # of what is not HTML


def _by_script(element: Element) -> Iterable[Observation]:
    return declared_by_json_ld(element.node, element.page) if element.tag == "script" else ()


def _by_link(element: Element) -> Iterable[Observation]:
    return declared_by_link(element.node, element.page) if element.tag in {"a", "area", "link"} else ()


def _by_robots_meta(element: Element) -> Iterable[Observation]:
    if element.tag != "meta" or (name := element.attributes.get("name")) is None:
        return ()
    content, page = element.attributes.get("content") or "", element.page
    return meta_signals(
        element.node, name.strip().lower(), content, url=page.url, product_token=element.product_token
    )


def _by_spdx_meta(element: Element) -> Iterable[Observation]:
    return declared_by_meta(element.node, element.attributes, url=element.page.url)


HEADERS: tuple[HeaderObserver, ...] = (
    lambda page, token: header_signals(page, product_token=token),
    lambda page, _: declared_by_header(page),
    lambda page, _: preferred_by_header(page),
    lambda page, _: signalled_by_header(page),
)

# One query finds every element that can speak: on large pages that costs less than looking for words in the bytes.
SPEAKING: tuple[str, ...] = (
    "meta[name]",
    '[rel~="license" i]',
    '[rel~="copyright" i]',
    'script[type*="ld+json" i]',
    'a[href*="creativecommons.org/" i]',
)
ELEMENTS: tuple[ElementObserver, ...] = (_by_robots_meta, _by_spdx_meta, _by_script, _by_link)
TEXTS: tuple[TextObserver, ...] = ()
BODIES: tuple[BodyObserver, ...] = (declared_by_tag,)

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
    return tuple(islice(_stated(representation, product_token), MOST))


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
