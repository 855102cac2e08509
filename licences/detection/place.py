"""Where in a page a statement stands: its path for a person, and how much of the page it covers."""

from __future__ import annotations

from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from licences.observation import WHOLE_DOCUMENT, Scope, ScopeLevel

_DEEPEST = 64  # ancestors looked at; a deeper page is a hostile one
_NUMBERED_UP_TO = 500  # siblings counted


def css_path(node: LexborNode) -> str:
    """Return a path that leads to an element: ``html > body > footer > p:nth-of-type(2) > a``."""
    steps: list[str] = []
    for element in _upwards(node):
        name = element.tag or ""
        if identifier := element.attributes.get("id"):
            steps.append(f"{name}#{identifier[:100]}")
            break
        steps.append(_numbered(element, name))
    return " > ".join(reversed(steps))


def scope_of(node: LexborNode, tree: LexborHTMLParser) -> Scope:
    """Return what a licence link covers: the page, or only the figure, teaser or subject it stands in."""
    for element in _upwards(node):
        name = element.tag
        attributes = element.attributes
        if name in {"figure", "aside"}:
            return _part(str(name))
        if (about := attributes.get("about")) and about not in {"", "#"}:
            return _part("[about]")
        if name == "article" and len(list(islice(tree.css("article"), 2))) > 1:
            return _part("article")
    return WHOLE_DOCUMENT


def stands_in_notice(node: LexborNode) -> bool:
    """Tell whether an element stands in a footer, or in a part that calls itself a licence or copyright notice."""
    return any(element.tag == "footer" or _names_rights(element) for element in _upwards(node))


def _names_rights(element: LexborNode) -> bool:
    attributes = element.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()
    return "license" in names or "licence" in names or "copyright" in names


def _upwards(node: LexborNode) -> list[LexborNode]:
    found: list[LexborNode] = []
    element: LexborNode | None = node
    while element is not None and element.is_element_node and len(found) < _DEEPEST:
        found.append(element)
        element = element.parent
    return found


def _part(selector: str) -> Scope:
    return Scope(level=ScopeLevel.ELEMENT, selector=selector)


def _numbered(element: LexborNode, name: str) -> str:
    position, sibling = 1, element.prev
    steps = 0
    while sibling is not None and steps < _NUMBERED_UP_TO:
        position += sibling.tag == name
        sibling = sibling.prev
        steps += 1
    return name if position == 1 else f"{name}:nth-of-type({position})"
