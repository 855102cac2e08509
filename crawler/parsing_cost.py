"""What a page would cost to parse, looked at before it is parsed.

An HTML parser looks through its stack of open elements at almost every tag, and through a tag's attributes at each
further one.  So a hundred thousand open elements, or as many attributes in one tag, keep it busy for a minute over a
page of half a megabyte.  Such a page is cut where it becomes too dear; what stands before is read like any other.
"""

from __future__ import annotations

import re

STEPS = 100_000_000  # open elements looked at for one page, all tags together: about a second
ATTRIBUTES = 500  # of one tag
FEW_TAGS = 14_000  # opened: were each inside the one before, they would still cost fewer than `STEPS`
SMALL = 16 * 1024  # bytes, in which no tag can be crowded dearly

_ATTRIBUTE = rb"[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?+"
_INSIDE_TAG = rb"(?:[\s/]++|" + _ATTRIBUTE + rb")"
_CROWDED = re.compile(rb"<[a-zA-Z][^\s/>]*+" + _INSIDE_TAG + rb"{%d}" % (2 * ATTRIBUTES))
_TOKEN = re.compile(
    rb"<(?:(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)" + _INSIDE_TAG + rb"*+>?"
    rb"|!--(?:-?>|.*?(?:--!?>|\Z))"
    rb"|[!?/][^>]*+)",
    re.DOTALL,
)
_RAW = frozenset([b"script", b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes"])
# Void elements, and those whose next one ends the last: they pile up only inside others, which count.
_SHALLOW = frozenset(
    b"a button nobr area base br col embed hr img input link meta source track wbr p li dt dd option optgroup tr td th "
    b"thead tbody tfoot colgroup".split()
)


def affordable(body: bytes) -> bytes:
    """Return a page as far as a parser reads it in reasonable time: as a rule, all of it.

    Args:
        body: in an encoding that has ASCII as it is.

    >>> affordable(b"<p>text")
    b'<p>text'
    >>> len(affordable(b"<div>" * 100_000)) < 100_000
    True
    """
    if len(body) > SMALL and (crowded := _CROWDED.search(body)) is not None:
        body = body[: crowded.start()]
    opened = body.count(b"<") - body.count(b"</")
    return body if opened <= FEW_TAGS else body[: _dear_from(body)]


def _dear_from(body: bytes) -> int:
    """Return where a page's tags become too dear for a parser, or its length."""
    stack: list[bytes] = []
    still_open: dict[bytes, int] = {}
    steps, raw = 0, b""
    for token in _TOKEN.finditer(body):
        name = token["name"]
        if name is None:
            continue
        name = name.lower()
        if not token["end"]:
            steps += len(stack)
            if steps > STEPS:
                return token.start()
            if name not in _SHALLOW:
                stack.append(name)
                still_open[name] = still_open.get(name, 0) + 1
                raw = raw or (name if name in _RAW else b"")
        elif still_open.get(name) and raw in {b"", name}:  # inside a script, only its own end tag is one
            raw = b""
            _close(stack, still_open, name)
    return len(body)


def _close(stack: list[bytes], still_open: dict[bytes, int], name: bytes) -> None:
    """Take an element off the stack, and whatever was left open inside it."""
    while (last := stack.pop()) != name:
        still_open[last] -= 1
    still_open[name] -= 1
