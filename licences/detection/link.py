"""Licences declared by link: ``rel=license`` on link, a and area, and a Creative Commons link in a notice.

Source: HTML Living Standard, link type «license» and its synonym «copyright» (ASCII case-insensitive).
"""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from licences.creativecommons import read_deed
from licences.detection.place import Page, css_path, resolve, scope_of, stands_in_notice
from licences.detection.statement import licence_statement
from licences.observation import Observation, Source
from licences.terms import terms_at
from licences.vocabulary import Channel, Kind

_CARRIERS = frozenset({"a", "area", "link"})
_LINK_TYPES = frozenset({"license", "copyright"})
_NOTICE_CONFIDENCE = 0.7  # nobody marked it as the page's licence: it may be the theme's
_RAW = 2000  # characters of the element kept


def declared_by_link(node: LexborNode, page: Page) -> Iterator[Observation]:
    """Yield the licence that one element declares, if it does.

    A mere link to a licence declares nothing; one in the page's footer or licence notice is read as a notice.
    """
    attributes = node.attributes
    reference = attributes.get("href")
    if not reference or node.tag not in _CARRIERS or (target := resolve(page.base, reference)) is None:
        return
    scope = scope_of(node, page)
    if not _LINK_TYPES.isdisjoint((attributes.get("rel") or "").lower().split()):
        statement = licence_statement(Kind.LICENCE_LINK, terms_at(target), scope)
    elif read_deed(target) is not None and stands_in_notice(node):
        statement = licence_statement(Kind.LICENCE_TEXT, terms_at(target), scope, _NOTICE_CONFIDENCE)
    else:
        return
    yield Observation(
        statement=statement,
        source=Source(channel=Channel.HTML_LINK, url=page.url, locator=css_path(node)),
        raw=(node.html or "")[:_RAW],
    )
