"""Licences and paywalls declared in microdata by schema.org.

A property belongs to the item it stands in; it speaks for the page only where that item is the page's main one.
Source: HTML Living Standard, «Microdata»: names are case-sensitive, and a property outside every item states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from selectolax.lexbor import LexborNode

from licences.detection.excerpt import WORDS, markup_of, words_of
from licences.detection.place import Element, Page, css_path, scope_of, upwards
from licences.detection.schema_org import (
    FREE,
    Place,
    is_described,
    is_false,
    property_named,
    stated,
    stated_of_part,
)
from licences.detection.statement import part_of
from licences.observation import WHOLE_DOCUMENT, Observation, Scope, Source, Statement
from licences.vocabulary import Channel

_NESTED = 8  # items around an item that are looked at
_INSIDE = 60  # elements of a nested item looked at
_SCHEMA_ORG = re.compile(
    r"(?!\w+:)|https?://(?:www\.)?schema\.org/", re.IGNORECASE
)  # or a bare name: sloppy, and common
_MAIN = frozenset({"mainEntity", "mainEntityOfPage"})
_ITEM = part_of("schema.org item")
_VALUES = {  # element: the attribute that holds its property's value
    "meta": "content",
    "a": "href",
    "area": "href",
    "link": "href",
    "data": "value",
    "time": "datetime",
    "object": "data",
} | dict.fromkeys(("img", "audio", "video", "source", "iframe", "embed", "track"), "src")


def declared_by_microdata(element: Element) -> Iterator[Observation]:
    """Yield what the ``itemprop`` of one element says about licence and access, if it does."""
    written = element.attributes.get("itemprop")
    named = [name for token in written[:WORDS].split() if (name := property_named(token))] if written else []
    if not named or (item := _item_around(element.node)) is None or _is_foreign(item):
        return
    node, page = element.node, element.page
    source = Source(channel=_channel(element.tag), url=page.url, locator=css_path(node))
    scope = _scope(item, page)
    if scope == WHOLE_DOCUMENT:  # the item is the page's; the element may stand in a figure or a comment
        scope = scope_of(node, page)
    for name in dict.fromkeys(named):
        for statement in _statements(
            name, _value(node), item, Place(base=page.base, url=page.url, scope=scope)
        ):
            yield Observation(statement=statement, source=source, raw=markup_of(node))


def _statements(name: str, value: str, item: LexborNode, place: Place) -> Iterator[Statement]:
    if (
        name == FREE
        and place.scope != WHOLE_DOCUMENT
        and is_false(value)
        and (part := _inner(item, ("cssSelector",)))
    ):
        return stated_of_part(part)
    return stated(name, value, place)


def _item_around(node: LexborNode) -> LexborNode | None:
    return next((one for one in islice(upwards(node), 1, None) if "itemscope" in one.attrs), None)


def _is_foreign(item: LexborNode) -> bool:
    """Tell whether every type of an item is of another vocabulary, whose words mean what that vocabulary says."""
    types = (item.attributes.get("itemtype") or "")[:WORDS].split()
    return bool(types) and not any(_SCHEMA_ORG.match(one) for one in types)


def _scope(item: LexborNode, page: Page) -> Scope:
    """Return what an item's licence covers: the page, where it is a main item of a page with no other of its type."""
    current = item
    for _ in range(_NESTED):
        attributes = current.attributes
        types = (attributes.get("itemtype") or "").split()
        if is_described(types) or not page.is_meant_by((attributes.get("itemid") or "").partition("#")[0]):
            return _ITEM
        outer = _item_around(current) if "itemprop" in attributes else None
        if outer is None:
            return WHOLE_DOCUMENT if page.items[attributes.get("itemtype")] <= 1 else _ITEM
        if _MAIN.isdisjoint((attributes.get("itemprop") or "").split()):
            return _ITEM
        current = outer
    return _ITEM


def _value(node: LexborNode) -> str:
    """Return a property's value; of a nested item, its address or its name."""
    attributes = node.attributes
    if "itemscope" in attributes:
        return attributes.get("itemid") or _inner(node, ("url", "name"))
    holder = _VALUES.get(node.tag or "")
    return (attributes.get(holder) or "")[:WORDS].strip() if holder else words_of(node)


def _inner(node: LexborNode, names: tuple[str, ...]) -> str:
    """Return the value of a property inside an item, of the first of these names that it has."""
    found: dict[str, str] = {}
    for inside in islice(node.traverse(), 1, _INSIDE):
        attributes = inside.attrs
        if (name := attributes.get("itemprop")) in names and "itemscope" not in attributes:
            found.setdefault(str(name), _value(inside))
    return next((found[name] for name in names if found.get(name)), "")


def _channel(tag: str) -> Channel:
    return Channel.HTML_META if tag == "meta" else Channel.HTML_LINK
