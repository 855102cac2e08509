"""A Creative Commons link that nobody marked as the page's licence, in a footer or a notice.

It is read there as a notice, unless its sentence says that it licenses something else: the icons, a photograph, the
template.  Then the words are read, and the link is only part of them.
"""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from licences.detection.notice_reading import Reading, readings_of
from licences.detection.notice_scope import Area, area_of
from licences.detection.notice_text import block_around
from licences.detection.place import Page
from licences.observation import WHOLE_DOCUMENT, Scope


def scope_in_notice(node: LexborNode, page: Page, url: str) -> Scope | None:
    """Return what a link in a footer or notice licenses; None where it stands elsewhere, or licenses something else.

    Args:
        node: the link.
        page: the one it stands in.
        url: where it leads, absolute.
    """
    area, scope = area_of(node, page)
    if area not in {Area.SITE, Area.NOTICE}:
        return None
    block = block_around(node, page)
    for reading in readings_of(block.text, block.links) if block is not None else ():
        if url in reading.links:
            return covered_by_link(reading, scope)
    return scope


def covered_by_link(reading: Reading, scope: Scope) -> Scope | None:
    """Return what a Creative Commons link covers in a sentence of a footer or notice; None: something else."""
    if reading.part is not None or not reading.plain:
        return None
    return WHOLE_DOCUMENT if reading.page else scope
