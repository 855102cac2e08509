"""JSON-LD blocks: every item that says something about licence or access, with its path.

An item speaks for the page when it stands at the top, in a graph, or is the main entity; and neither is something
that the page merely describes (an image, a dataset) nor says that it is another page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from selectolax.lexbor import LexborNode

from licences.detection.place import Page, css_path
from licences.detection.schema_org import (
    FREE,
    LICENCE,
    MARKS,
    Place,
    is_described,
    is_false,
    property_named,
    stated,
    stated_of_part,
)
from licences.detection.statement import part_of, unread_statement
from licences.observation import WHOLE_DOCUMENT, Observation, Scope, Source, Statement, encodable
from licences.vocabulary import Channel, Kind, Retrieval

BLOCK_LIMIT = 512 * 1024  # characters of one block
_NODES = 5000  # objects looked at in one block
_VALUES = 50  # of one property
_DEEPEST = 40
_LONGEST_NAME = 500  # characters of a key: every place below it repeats it
_RAW = 2000
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_PARTS = frozenset({"mainentity", "mainentityofpage", "@graph"})  # what they hold speaks for the page
_ITEM = part_of("schema.org item")
_WHOLE_SITES = frozenset(
    {"WebSite", "Organization", "NewsMediaOrganization"}
)  # their address is never the page's


class Item(NamedTuple):
    """One object of a block."""

    value: dict[str, Any]
    path: str  # "$", "$.@graph[2]"
    scope: Scope


def declared_by_json_ld(node: LexborNode, page: Page) -> Iterator[Observation]:
    """Yield what one ``application/ld+json`` block says about licence and access; a broken block is a fact too."""
    text = node.text(deep=True)
    source = Source(channel=Channel.HTML_SCRIPT, url=page.url, locator=css_path(node))
    if len(text) > BLOCK_LIMIT:
        yield _unread(Retrieval.OVERSIZE, source, text)
        return
    if not any(mark in text for mark in MARKS):
        return
    try:
        data, lenient = _read(text)
    except (ValueError, RecursionError):
        yield _unread(Retrieval.MALFORMED, source, text)
        return
    place = Place(base=page.base, url=page.url, lenient=lenient)
    for item in _items(data):
        for path, statement, value in _statements(item, place, page):
            where = replace(source, locator=encodable(f"{source.locator} {path}"))
            yield Observation(statement=statement, source=where, raw=_dump(value))


def _unread(state: Retrieval, source: Source, text: str) -> Observation:
    statement = unread_statement(Kind.LICENCE_SCHEMA_ORG, state)
    return Observation(statement=statement, source=source, raw=encodable(text[:_RAW]))


def _read(text: str) -> tuple[Any, bool]:
    """Return a block's data, and whether a mistake had to be overlooked; ValueError where it cannot be read.

    A key that an object repeats is one: only what it says last is heard, and before that it may have said otherwise.
    """
    repeats: list[bool] = []

    def gathered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            repeats.append(True)
        return found

    try:
        data = json.loads(text, strict=False, object_pairs_hook=gathered)
    except ValueError:
        return json.loads(_TRAILING_COMMA.sub("", text.strip().removesuffix(";")), strict=False), True
    return data, bool(repeats)


def _items(data: Any) -> Iterator[Item]:
    """Yield every object in the order of the text; nested ones speak only for a part of the page."""
    waiting: list[tuple[Any, str, Scope, int]] = [(data, "$", WHOLE_DOCUMENT, 0)]
    for _ in range(_NODES):
        if not waiting:
            return
        value, path, scope, depth = waiting.pop()
        if depth > _DEEPEST:
            continue
        if isinstance(value, list):
            parts = [(part, f"{path}[{n}]", scope, depth + 1) for n, part in enumerate(value[:_NODES])]
            waiting += parts[::-1]
        elif isinstance(value, dict):
            covered = _ITEM if is_described(_types(value)) else scope
            yield Item(value, path, covered)
            parts = [
                (part, f"{path}.{name}", covered if name.lower() in _PARTS else _ITEM, depth + 1)
                for name, part in value.items()
                if isinstance(part, dict | list)
                and property_named(name) is None
                and len(name) <= _LONGEST_NAME
            ]
            waiting += parts[::-1]


def _statements(item: Item, place: Place, page: Page) -> Iterator[tuple[str, Statement, Any]]:
    """Yield path, statement and value of each property that speaks."""
    for key, values in item.value.items():
        if (name := property_named(key)) is None:
            continue
        at, several = f"{item.path}.{key}", isinstance(values, list)
        for number, value in enumerate(values[:_VALUES] if several else [values]):
            for statement in _of_value(name, value, item, place, page):
                yield f"{at}[{number}]" if several else at, statement, value


def _of_value(name: str, value: Any, item: Item, place: Place, page: Page) -> Iterator[Statement]:
    scope = item.scope
    if name == FREE and scope is not WHOLE_DOCUMENT:
        selector = item.value.get("cssSelector")
        return stated_of_part(selector) if isinstance(selector, str) and is_false(value) else iter(())
    if name == LICENCE and scope is WHOLE_DOCUMENT and _is_of_another_page(item.value, page):
        scope = _ITEM
    said = str(value) if name == FREE else _text(value)  # «no» comes as a boolean too
    return stated(name, said, replace(place, scope=scope))


def _text(value: Any) -> str:
    """Return what a value says: itself, or what identifies the object it is."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("@id", "url", "@value", "name") if value.get(key)), None)
    return value if isinstance(value, str) else ""


def _is_of_another_page(item: dict[str, Any], page: Page) -> bool:
    """Tell whether every address that an item gives itself is another page's; one without any is this page's."""
    if _WHOLE_SITES & set(_types(item)):
        return False
    named = [_text(item.get(key)) for key in ("url", "@id", "mainEntityOfPage")]
    own = [text.partition("#")[0] for text in named if text.startswith(("http://", "https://", "/"))]
    return bool(own) and not any(page.is_meant_by(address) for address in own)


def _types(item: dict[str, Any]) -> list[str]:
    value = item.get("@type")
    names = value if isinstance(value, list) else [value]
    return [name for name in names if isinstance(name, str)]


def _dump(value: Any) -> str:
    return encodable(json.dumps(value, ensure_ascii=False)[:_RAW])
