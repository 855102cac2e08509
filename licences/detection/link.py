"""Licences declared by link: ``rel=license`` on link, a and area, and a Creative Commons link in a notice.

Source: HTML Living Standard, link type «license» and its synonym «copyright» (ASCII case-insensitive).
"""

from __future__ import annotations

from collections.abc import Iterator

from licences.creativecommons import read_deed
from licences.detection.excerpt import markup_of
from licences.detection.notice_link import scope_in_notice
from licences.detection.place import Element, css_path, resolve, scope_of
from licences.detection.statement import IN_WORDS, licence_statement, part_of
from licences.detection.written import terms_behind
from licences.observation import Observation, Scope, Source
from licences.vocabulary import Channel, Kind

RSL_TYPE = (
    "application/rsl+xml"  # the link leads to a document that states terms, and is not itself their name
)
_CARRIERS = frozenset({"a", "area", "link"})
_LINK_TYPES = frozenset({"license", "copyright"})


def declared_by_link(element: Element) -> Iterator[Observation]:
    """Yield the licence that one element declares, if it does.

    A mere link to a licence declares nothing; one in the page's footer or licence notice is read as a notice, because
    nobody marked it as the page's licence: it may be the theme's.
    """
    node, page, attributes = element.node, element.page, element.attributes
    reference = attributes.get("href")
    if not reference or element.tag not in _CARRIERS:
        return
    scope: Scope | None
    types = (attributes.get("rel") or "").lower().split()
    if not _LINK_TYPES.isdisjoint(types):
        is_rsl = (attributes.get("type") or "").strip().lower() == RSL_TYPE
        kind, confidence = (Kind.RSL_LICENCE if is_rsl else Kind.LICENCE_LINK), 1.0
        scope = (
            part_of("[rel~=ugc]") if "ugc" in types else scope_of(node, page)
        )  # a reader wrote it, not the publisher
    elif (deed := _deed(page.base, reference)) is not None:
        kind, confidence = Kind.LICENCE_TEXT, IN_WORDS
        scope = scope_in_notice(node, page, deed)
    else:
        return
    if scope is None:
        return
    if (terms := terms_behind(reference, base=page.base, url=page.url)) is not None:
        yield Observation(
            statement=licence_statement(kind, terms, scope, confidence),
            source=Source(channel=Channel.HTML_LINK, url=page.url, locator=css_path(node)),
            raw=markup_of(node),
        )


def _deed(base: str, reference: str) -> str | None:
    target = resolve(base, reference)
    return target if target is not None and read_deed(target) is not None else None
