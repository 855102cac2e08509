"""Where in a page a statement stands: its path for a person, and how much of the page it covers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from licences.observation import WHOLE_DOCUMENT, Scope, ScopeLevel

_DEEPEST = 64  # ancestors looked at; a deeper page is a hostile one
_POLICIES = 20  # of a page
_SIBLINGS = 500  # counted; beyond them a step says no number, and its raw text tells which one it was
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
MEDIA_TYPES = frozenset(
    {"imageobject", "videoobject", "audioobject", "mediaobject", "3dmodel", "musicrecording"}
)
_ROWS = frozenset({"li", "tr", "dd"})
# Classes of what is no part of the work that a page is about: "comment-list", "widget_text", "teaser"
_APART = re.compile(r"(?:^|[\s_-])(comment|widget|teaser|related)s?(?=$|[\s_-])", re.IGNORECASE)


class Page:
    """One parsed page, with what its statements need to know of it; asked for only when one is found."""

    def __init__(self, url: str, tree: LexborHTMLParser) -> None:
        self.url = url
        self.tree = tree

    @cached_property
    def base(self) -> str:
        """What relative links resolve against: the ``<base href>`` of the page's head, else its URL."""
        for element in self.tree.head.iter() if self.tree.head is not None else ():
            if element.tag == "base" and (reference := element.attributes.get("href")):
                return resolve(self.url, reference) or self.url
        return self.url

    @cached_property
    def has_several_articles(self) -> bool:
        """Whether an ``article`` of this page is a teaser or a comment, rather than what the page is about."""
        return len(self.tree.css("article")) > 1

    @cached_property
    def _rows_with_licences(self) -> Counter[int]:
        """How many rows of each list or table hold a licence link; a search's results each carry theirs."""
        rows: set[tuple[int, int]] = set()
        for link in self.tree.css('[rel~="license" i]'):
            if (row := _row_around(link)) is not None and row.parent is not None:
                rows.add((row.parent.mem_id, row.mem_id))
        return Counter(parent for parent, _ in rows)

    def is_one_of_several(self, row: LexborNode) -> bool:
        """Tell whether other rows of the same list or table hold a licence link too."""
        return row.parent is not None and self._rows_with_licences[row.parent.mem_id] > 1

    @cached_property
    def items(self) -> Counter[str | None]:
        """How many microdata items of each type there are that are no property of another one."""
        return Counter(
            item.attributes.get("itemtype") for item in self.tree.css("[itemscope]:not([itemprop])")
        )

    @cached_property
    def tdm_policies(self) -> tuple[str | None, ...]:
        """What the first ``tdm-policy`` meta elements refer to, as written."""
        found = self.tree.css('meta[name="tdm-policy" i]')[:_POLICIES]
        return tuple(node.attributes.get("content") for node in found)

    def is_meant_by(self, reference: str) -> bool:
        """Tell whether a reference names this page, rather than a part of it or something else."""
        if reference.strip() in {"", "#"}:
            return True
        target = resolve(self.base, reference)
        return target is not None and not urldefrag(target)[1] and _address(target) in self._addresses

    @cached_property
    def _addresses(self) -> frozenset[str]:
        """The page's own URL, with and without its query, and the canonical one that its head names."""
        own = {self.url, self.url.partition("?")[0]}
        for element in self.tree.head.iter() if self.tree.head is not None else ():
            if element.tag == "link" and (element.attributes.get("rel") or "").lower() == "canonical":
                own.add(resolve(self.base, element.attributes.get("href") or "") or self.url)
        return frozenset(map(_address, own))


class Element(NamedTuple):
    """One element that may speak, its attributes read once, and the page it stands in."""

    node: LexborNode
    tag: str
    attributes: Mapping[str, str | None]
    page: Page
    product_token: str


def resolve(base: str, reference: str) -> str | None:
    """Return a reference as an absolute URL, None when it is none."""
    try:
        return urljoin(base, reference.strip())
    except ValueError:
        return None


def css_path(node: LexborNode) -> str:
    """Return a selector that leads to an element: ``html > body > footer > p:nth-of-type(2) > a``.

    It begins at the nearest element with an id that CSS can spell plainly, else at the root.
    """
    steps: list[str] = []
    for element in upwards(node):
        name = element.tag or ""
        identifier = element.attributes.get("id")
        if identifier and _IDENTIFIER.fullmatch(identifier):
            steps.append(f"{name if _IDENTIFIER.fullmatch(name) else '*'}#{identifier}")
            break
        steps.append(_numbered(element, name))
    return " > ".join(reversed(steps))


def scope_of(node: LexborNode, page: Page) -> Scope:
    """Return what a licence link covers: the page, or only the figure, teaser or subject it stands in."""
    parts = (_part_named_by(element, page) for element in upwards(node))
    selector = next((part for part in parts if part is not None), None)
    return WHOLE_DOCUMENT if selector is None else Scope(level=ScopeLevel.ELEMENT, selector=selector)


def _part_named_by(element: LexborNode, page: Page) -> str | None:
    """Return what an element makes of everything in it, if that is only a part of what the page is about."""
    name, attributes = element.tag or "", element.attributes
    apart = _APART.search(attributes.get("class") or "") if name not in {"html", "body"} else None
    part: str | None = None
    if name in {"figure", "aside"}:
        part = name
    elif not page.is_meant_by(attributes.get("about") or ""):
        part = "[about]"
    elif (attributes.get("itemtype") or "").rpartition("/")[2].lower() in MEDIA_TYPES:
        part = "[itemtype]"
    elif apart is not None:
        part = f".{apart[1].lower()}"
    elif (name == "article" and page.has_several_articles) or (
        name in _ROWS and page.is_one_of_several(element)
    ):
        part = name
    return part


def _address(url: str) -> str:
    """Return what tells pages apart in a URL: not its scheme, a leading «www.» or a closing slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    path = parts.path.removesuffix("index.html").removesuffix("/")
    return f"{parts.netloc.lower().removeprefix('www.')}{path}?{parts.query}"


def in_head(node: LexborNode) -> bool:
    """Tell whether an element stands in the page's head; in the body, a visitor may have written it."""
    return any(element.tag == "head" for element in upwards(node))


def upwards(node: LexborNode) -> Iterator[LexborNode]:
    """Yield an element and those around it, innermost first."""
    element: LexborNode | None = node
    for _ in range(_DEEPEST):
        if element is None or not element.is_element_node:
            return
        yield element
        element = element.parent


def _row_around(node: LexborNode) -> LexborNode | None:
    return next((element for element in upwards(node) if element.tag in _ROWS), None)


def _numbered(element: LexborNode, name: str) -> str:
    if not _IDENTIFIER.fullmatch(name):  # a made-up tag that CSS cannot spell
        return "*"
    position = 1
    for looked_at, sibling in enumerate(_before(element)):
        if looked_at == _SIBLINGS:
            return name
        position += sibling.tag == name
    return name if position == 1 else f"{name}:nth-of-type({position})"


def _before(element: LexborNode) -> Iterator[LexborNode]:
    sibling = element.prev
    while sibling is not None:
        yield sibling
        sibling = sibling.prev
