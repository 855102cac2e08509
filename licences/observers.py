"""All observers, in order: from a representation to what it states about rights."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from selectolax.lexbor import LexborNode

from licences.detection.link import declared_by_link
from licences.detection.link_header import declared_by_header
from licences.detection.place import Page
from licences.detection.schema_org import BLOCKS, declared_by_json_ld
from licences.detection.spdx_tag import META_NAME, declared_by_meta, declared_by_tag
from licences.observation import Observation
from licences.representation import Representation
from licences.signals.robots_tag import header_signals, meta_signals

MOST = 500  # observations kept of one page; a page that states more is hostile
_ELEMENTS = 5000  # elements looked at

# One query finds every element that can speak: on large pages that costs less than looking for words in the bytes.
_SPEAKING = 'meta[name],[rel~="license" i],[rel~="copyright" i],script[type*="ld+json" i],a[href*="creativecommons.org/" i]'


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
    yield from header_signals(representation, product_token=product_token)
    yield from declared_by_header(representation)
    if representation.tree is not None:
        yield from _stated_in_html(Page(representation.url, representation.tree), product_token)
    else:
        yield from declared_by_tag(representation)


def _stated_in_html(page: Page, product_token: str) -> Iterator[Observation]:
    blocks = 0
    seen: set[int] = set()  # an element that fits several selectors is found several times
    for node in page.tree.css(_SPEAKING)[:_ELEMENTS]:
        if node.mem_id in seen:
            continue
        seen.add(node.mem_id)
        tag = node.tag
        if tag == "meta":
            yield from _stated_by_meta(node, page, product_token)
        elif tag == "script":
            blocks += 1
            if blocks <= BLOCKS:
                yield from declared_by_json_ld(node, page)
        else:
            yield from declared_by_link(node, page)


def _stated_by_meta(node: LexborNode, page: Page, product_token: str) -> Iterator[Observation]:
    attributes = node.attributes
    name, content = (attributes.get("name") or "").strip().lower(), attributes.get("content") or ""
    if name == META_NAME:
        yield from declared_by_meta(node, content, url=page.url)
    else:
        yield from meta_signals(node, name, content, url=page.url, product_token=product_token)
