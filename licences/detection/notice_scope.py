"""In what part of a page a sentence stands: that is half of what it says.

The same words in a footer speak for the site, in a caption for a picture, in a quotation for nobody.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborNode

from licences.detection.place import Page, scope_of, upwards
from licences.detection.statement import part_of
from licences.observation import WHOLE_DOCUMENT, Scope, ScopeLevel

THIS_SITE = Scope(level=ScopeLevel.AUTHORITY)
_FOOT = re.compile(
    r"(?:^|[\s_-])(?:foot|footer|colophon|siteinfo|site-info|bottom|imprint)(?=$|[\s_\d-])|[a-z](?:Footer|footer)(?=$|[\s_-])"
)
_NOTICE = re.compile(r"licen[cs]e|copyright|legal-?notice|rights", re.IGNORECASE)
_NO_NOTICE = re.compile(
    r"licen[cs]es?[_-]?(?:list|chooser|picker|table|select|menu|item|card|option|grid|text|body|page)|copyrighted|human-?rights",
    re.IGNORECASE,
)
_LONGEST_NOTICE = 2000  # characters; what is longer is a page about licences, whatever it calls itself
_CREDIT = re.compile(
    r"(?:^|[\s_-])(?:caption|credits?|figure|thumb(?:nail|caption|inner)?|gallery|wp-caption\S*|photo|image|card|attribution)(?=$|[\s_\d-])",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"(?:^|[\s_-])(?:references?|reflist|bibliography|citations?|footnotes?|toc|menu|breadcrumbs?|example|sample|snippet|"
    r"highlight|code|modal|tooltip|chooser|quote)(?=$|[\s_\d-])",
    re.IGNORECASE,
)  # words that belong to other works, or only show how something is written
_QUOTED = frozenset(
    {
        "pre",
        "code",
        "samp",
        "kbd",
        "q",
        "del",
        "s",
        "nav",
        "dialog",
        "label",
        "fieldset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "dt",
    }
)
_PICTURES = frozenset({"figure", "figcaption", "caption"})
_ABOUT_URL = re.compile(
    r"/(?:licen[cs]es?|licen[cs]ing|copying|copyleft|gpl|lgpl|agpl|gfdl|fdl|eula|cc|creative-?commons)(?:[/.\d_-]|$)|licen[cs]e(?:s|\.html?|\.txt|\.php)?/?$"
)
_ABOUT_TITLE = re.compile(
    r"licen[cs]|lizenz|creative commons|\bgpl|\bgfdl\b|public domain|copyleft|open source|third[- ]party|acknowledge?ments?\b|\bcredits\b|\battributions?\b|许可[协证]|許可[協證]|授權條款|ライセンス"
)
_ABOUT_HOSTS = frozenset(
    {
        "creativecommons.org",
        "gnu.org",
        "opensource.org",
        "spdx.org",
        "choosealicense.com",
        "opendatacommons.org",
        "tldrlegal.com",
    }
)
_FULL_TEXTS = (
    "terms and conditions for copying", "to copy and distribute verbatim copies", "to any person obtaining a copy",
    "redistribution and use in source and binary forms", "corporation is not a law firm", "by exercising the licensed rights",
    "terms and conditions for use, reproduction",
)  # fmt: skip


class Area(StrEnum):
    """What a part of a page is for."""

    SITE = "site"  # a footer
    NOTICE = "notice"  # a part that calls itself a licence or copyright notice
    MAIN = "main"  # what the page is about
    QUOTED = "quoted"  # a quotation: words that may be somebody else's
    PART = "part"  # a figure, a teaser, a comment
    NOWHERE = "nowhere"  # code, headings, navigation


def area_of(element: LexborNode, page: Page) -> tuple[Area, Scope]:
    """Return in what area an element stands, and what words there cover."""
    area = Area.MAIN
    for above in upwards(element):
        tag, attributes = above.tag or "", above.attributes
        if tag in {"html", "body", "main"}:
            continue
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if tag in _QUOTED or _ELSEWHERE.search(names):
            return Area.NOWHERE, WHOLE_DOCUMENT
        if tag in _PICTURES or _CREDIT.search(names):
            return Area.PART, part_of("figure")
        if area is Area.MAIN and tag == "table" and above.css_first("th") is not None:
            return Area.PART, part_of("table")
        area = _inside(above, tag, names, attributes.get("role"), area)
    scope = scope_of(element, page)
    if scope is not WHOLE_DOCUMENT:
        return Area.PART, scope
    return area, THIS_SITE if area is Area.SITE else WHOLE_DOCUMENT


def _inside(element: LexborNode, tag: str, names: str, role: str | None, area: Area) -> Area:
    """Return the area again, as one more element around it tells."""
    if tag == "blockquote":
        return Area.QUOTED
    if area is Area.SITE and tag == "article":  # an article's footer speaks for the article
        return Area.NOTICE
    return _named(element, tag, names, role) if area is Area.MAIN else area


def _named(element: LexborNode, tag: str, names: str, role: str | None) -> Area:
    if tag == "footer" or role == "contentinfo" or _FOOT.search(names):
        return Area.SITE
    return Area.NOTICE if _calls_itself_notice(element, names) else Area.MAIN


def _calls_itself_notice(element: LexborNode, names: str) -> bool:
    """Tell whether an element is a licence or copyright notice by its class and id, and small enough to be one."""
    return (
        _NOTICE.search(names) is not None
        and _NO_NOTICE.search(names) is None
        and len(element.text(deep=True)) <= _LONGEST_NOTICE
    )


class Subject:
    """What a page is about, as far as it matters here; looked at only when a sentence asks."""

    def __init__(self, page: Page, text: str) -> None:
        self._page = page
        self._text = text

    @cached_property
    def is_licences(self) -> bool:
        """Whether the page is about licences, or is the text of one: then it names them without being under them."""
        try:
            parts = urlsplit(self._page.url)
        except ValueError:
            return True
        if (parts.hostname or "").removeprefix("www.") in _ABOUT_HOSTS or _ABOUT_URL.search(
            unquote(parts.path).lower()
        ):
            return True
        heading = self._page.tree.css_first("h1")
        title = self._page.tree.css_first("title")
        named = " ".join(node.text(deep=True)[:300] for node in (title, heading) if node is not None).lower()
        return _ABOUT_TITLE.search(named) is not None or self._is_full_text

    @cached_property
    def _is_full_text(self) -> bool:
        text = " ".join(self._text[:200_000].lower().split())
        return any(words in text for words in _FULL_TEXTS)
