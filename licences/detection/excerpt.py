"""What is kept of an element as evidence, at a cost that does not depend on how much the element holds."""

from __future__ import annotations

from itertools import islice

from selectolax.lexbor import LexborNode

MARKUP = 2000  # characters of markup kept
WORDS = 4000  # characters of text read
_NODES = 200  # inside an element that is written out
_ESCAPES = {"&": "&amp;", "\xa0": "&nbsp;", '"': "&quot;", "<": "&lt;", ">": "&gt;"}


def markup_of(node: LexborNode) -> str:
    """Return an element as it is written out, cut; of one that holds very much, its start tag alone."""
    return _start_tag(node)[:MARKUP] if _is_large(node) else (node.html or "")[:MARKUP]


def words_of(node: LexborNode) -> str:
    """Return the beginning of an element's text, blanks collapsed."""
    parts: list[str] = []
    left = WORDS
    for inside in islice(node.traverse(include_text=True), _NODES):
        if inside.is_text_node and not _is_code(inside) and (text := inside.text_content):
            parts.append(text[:left])
            left -= len(parts[-1])
        if left <= 0:
            break
    return " ".join("".join(parts).split())


def _is_code(text: LexborNode) -> bool:
    return text.parent is not None and text.parent.tag in {"script", "style"}


def _is_large(node: LexborNode) -> bool:
    size = 0
    for number, inside in enumerate(node.traverse(include_text=True)):
        if inside.is_text_node:
            size += len(inside.text_content or "")
        if number == _NODES or size > MARKUP * 10:
            return True
    return False


def _start_tag(node: LexborNode) -> str:
    written = [f'{name}="{_escaped(value or "")}"' for name, value in node.attributes.items()]
    return f"<{' '.join([node.tag or '', *written])}>"


def _escaped(value: str) -> str:
    for plain, escape in _ESCAPES.items():
        value = value.replace(plain, escape)
    return value
