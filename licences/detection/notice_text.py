"""From a place in a page's text to the element it stands in, and to that element's sentences.

The text that Lexbor gives of an element is that of its parts in order, so a place in the page's text leads down to
one text node: near the end of the page by a handful of steps, and without a walk over the whole tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from licences.creativecommons import read_deed
from licences.detection.place import Page, resolve
from licences.known import known_at

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q rp rt ruby s samp small "  # noqa: SIM905 - a list of element names reads better as words
    "span strike strong sub sup time tt u var wbr".split()
)
UNSEEN = frozenset(
    "button head iframe input math noembed noframes noscript object option script select style svg template textarea "  # noqa: SIM905 - as above
    "title".split()
)
_DEEPEST = 1000  # elements from the body down to a place; at each, all that it holds is walked
_STEPS = 20_000  # nodes looked at on one page
_CHARACTERS = 20_000_000  # of text taken on one page
_AROUND = 2000  # characters before and behind a place that are read
_PARTS = 400  # nodes of one block
_SOFT, _HARD = "\x1f", "\x1e"  # a line break; the edge of a block or of something unseen
_END = re.compile(  # of a sentence; a dot behind a single capital is an initial's
    r"[。！？；]+|(?<![\s.][A-Z])(?:\.|[!?])+[\"”’»)\]]*(?=[\s\x1f]+[^\s\x1fa-z0-9])|\x1e"  # noqa: RUF001 - East Asian and typographic signs are meant
)


class Link(NamedTuple):
    """A link to a licence inside a block's text."""

    start: int
    url: str
    words: str  # its text
    marked: bool  # rel=license: its own observer reads it


class Block(NamedTuple):
    """The smallest block that holds a place, and its text around that place."""

    element: LexborNode
    text: str  # verbatim, with signs for line breaks and edges
    links: tuple[Link, ...]
    until: int  # where in the page's text the part that was read ends


class Sentence(NamedTuple):
    """One sentence of a block."""

    start: int
    end: int
    raw: str  # with single blanks, as it stands in the element's text


class TextMap:
    """A page's text and its tree, one leading into the other; spends a bounded number of steps."""

    def __init__(self, page: Page, root: LexborNode, text: str) -> None:
        self._page = page
        self._root = root
        self._size = len(text)
        self._steps = _STEPS
        self._characters = _CHARACTERS

    def block_at(self, place: int) -> Block | None:
        """Return the block that holds a place, None when it is not seen or too costly to find."""
        path = self._path(place)
        if path is None or any(element.tag in UNSEEN for element, _ in path):
            return None
        while len(path) > 1 and path[-1][0].tag in INLINE:
            path.pop()
        element, start = path[-1]
        self._steps -= _PARTS // 4
        return _read(self._page, element, start, place)

    def _path(self, place: int) -> list[tuple[LexborNode, int]] | None:
        """Return the elements from the root down to a place, each with where its text starts."""
        element, start, size = self._root, 0, self._size
        path = [(element, 0)]
        while True:
            step = self._child_at(element, start, size, place)
            if step is None or self._steps <= 0 or self._characters <= 0 or len(path) > _DEEPEST:
                return None
            child, start, size = step
            if not child.is_element_node:
                return path
            element = child
            path.append((element, start))

    def _child_at(
        self, element: LexborNode, start: int, size: int, place: int
    ) -> tuple[LexborNode, int, int] | None:
        backwards = place - start > size // 2
        child = element.last_child if backwards else element.child
        at = start + size if backwards else start
        while child is not None and self._steps > 0 and self._characters > 0:
            self._steps -= 1
            length = len(_text_of(child))
            self._characters -= length
            begins = at - length if backwards else at
            if begins <= place < begins + length:
                return child, begins, length
            at = begins if backwards else begins + length
            child = child.prev if backwards else child.next
        return None


def block_around(node: LexborNode, page: Page) -> Block | None:
    """Return the block that holds an element, None when it is not seen."""
    block = node
    while block.tag in INLINE and block.parent is not None and block.parent.is_element_node:
        block = block.parent
    return None if block.tag in UNSEEN else _read(page, block, 0, 0)


def _read(page: Page, block: LexborNode, start: int, place: int) -> Block:
    """Read a block's text around a place in the page's text, where the block's begins at ``start``."""
    parts: list[str] = []
    links: list[Link] = []
    position, written = start, 0
    for node, opens in _walk(block):
        if node.is_text_node:
            text = _text_of(node)
            if place - _AROUND <= position + len(text) and position <= place + _AROUND:
                parts.append(text[: _AROUND * 3])
                written += len(parts[-1])
            position += len(text)
            continue
        if node.tag in UNSEEN:
            position += len(_text_of(node))
        if opens and node.tag == "a" and (link := _link(page, node, written)) is not None:
            links.append(link)
        if sign := _edge(node.tag or ""):
            parts.append(sign)
            written += 1
        if position > place + _AROUND:
            break
    return Block(block, "".join(parts), tuple(links), min(position, place + _AROUND))


def _link(page: Page, node: LexborNode, at: int) -> Link | None:
    attributes = node.attributes
    target = resolve(page.base, attributes.get("href") or "")
    if not target or not _is_licence(target):
        return None
    marked = not {"license", "copyright"}.isdisjoint((attributes.get("rel") or "").lower().split())
    return Link(at, target, _text_of(node)[:200], marked)


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a block's text, in order.

    >>> [one.raw for one in sentences("(c) 2026 J. Doe Inc. All rights reserved.")]
    ['(c) 2026 J. Doe Inc.', 'All rights reserved.']
    """
    at = 0
    for end in (*(found.end() for found in _END.finditer(text)), len(text)):
        raw = " ".join(text[at:end].replace(_SOFT, "").replace(_HARD, "").split())
        if raw:
            yield Sentence(at, end, raw)
        at = end


def joined(text: str) -> str:
    """Return a text with single blanks, line breaks among them."""
    return " ".join(text.replace(_SOFT, " ").replace(_HARD, " ").split())


def _walk(block: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Yield the nodes below a block in order, elements when they open and, where they have an edge, when they close."""
    stack: list[tuple[LexborNode | None, bool]] = [(block.child, True)]
    for _ in range(_PARTS):
        if not stack:
            return
        node, opens = stack.pop()
        if node is None:
            continue
        if not opens:
            yield node, False
            continue
        yield node, True
        stack.append((node.next, True))
        if node.is_element_node and node.tag not in UNSEEN:
            if node.tag not in INLINE and node.tag != "br":
                stack.append((node, False))
            stack.append((node.child, True))


def _edge(tag: str) -> str:
    if tag == "br":
        return _SOFT
    return "" if tag in INLINE or tag == "img" or tag.startswith("-") else _HARD


@lru_cache(maxsize=1024)
def _is_licence(url: str) -> bool:
    return read_deed(url) is not None or known_at(url) is not None


def _text_of(node: LexborNode) -> str:
    if node.is_text_node:
        return node.text_content or ""
    return node.text(deep=True) if node.is_element_node else ""
