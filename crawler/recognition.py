"""Challenge and log-in pages: a site's «no» that comes as a page, whatever its status says.

Nobody solves a challenge here and nobody logs in, so such an answer is a refusal and never a document.  The other
mistake would be as bad: a page *about* CAPTCHAs, or one with a small log-in box, is a document.  So words alone
decide nothing; it takes the machinery (a script, a form) and that the page is little else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler import urls
from crawler.recognition_words import (
    CHALLENGE_FIELDS,
    CHALLENGE_MARKERS,
    CHALLENGE_PHRASES,
    CHALLENGE_TITLES,
    LOGIN_HOSTS,
    LOGIN_TITLES,
    LOGIN_WORDS,
    WIDGETS,
)

LOOKED_AT = 64 * 1024  # bytes; a page that hides its challenge behind more is one we do not know
FEW_LINKS = 40  # a page with more of them leads somewhere
FEW_WORDS, SOME_WORDS, MANY_WORDS = 50, 150, 250
_SILENT = frozenset({"script", "style", "template", "head"})
_FRAME = frozenset({"header", "nav", "aside", "footer"})  # beside the page's own content
_SEES_OTHER = frozenset({302, 303, 307})


class Barrier(NamedTuple):
    """A refusal by the site that no status tells."""

    rule: str  # "site.challenge", "site.login"
    evidence: str


def by_head(headers: Iterable[tuple[str, str]]) -> Barrier | None:
    """Return the challenge that an answer's header announces."""
    for name, value in headers:
        known = CHALLENGE_FIELDS.get(name.lower())
        if known is not None and value.strip().lower() in known:
            return Barrier("site.challenge", f"{name}: {value.strip()}")
    return None


def by_page(tree: LexborHTMLParser, body: bytes) -> Barrier | None:
    """Return what stands in the way of a page, or None where it is a page.

    Args:
        tree: the page, parsed.
        body: decoded bytes: what most pages are told by, without a look at the tree.
    """
    head = body[:LOOKED_AT]
    if head.count(b"<a ") > FEW_LINKS:
        return None
    return _challenge(tree, head) or _login(tree, head)


def by_redirect(status: int, asked: urls.Target, target: urls.Target) -> Barrier | None:
    """Return that a redirect leads to a page to log in, instead of to what was asked for."""
    asked_words, words = _segments(asked.path), _segments(target.path)
    at_login_host = target.host != asked.host and target.host.partition(".")[0] in LOGIN_HOSTS
    if LOGIN_WORDS & asked_words or not (LOGIN_WORDS & words or at_login_host):
        return None
    comes_back = _comes_back(target.url, asked)
    last = unquote(urlsplit(target.url).path).rstrip("/").rpartition("/")[2].lower()
    if comes_back or (status in _SEES_OTHER and last in LOGIN_WORDS):
        return Barrier("site.login", f"{status} to {target.url}")
    return None


def _segments(path: str) -> set[str]:
    return set(unquote(path.partition("?")[0]).lower().split("/"))


def _comes_back(url: str, asked: urls.Target) -> bool:
    """Whether a URL's query names the page that was asked for: where to return after logging in."""
    own = asked.path.partition("?")[0]
    return any(
        value.startswith((asked.origin, own)) for _, value in parse_qsl(urlsplit(url).query) if own != "/"
    )


# ---------------------------------------------------------------------- challenges


def _challenge(tree: LexborHTMLParser, head: bytes) -> Barrier | None:
    marker = next((marker for marker in CHALLENGE_MARKERS if marker in head), None)
    title = _title(tree)
    titled = title.startswith(CHALLENGE_TITLES)
    widget = None if marker or titled else next((name for name in WIDGETS if name in head), None)
    if marker is None and not titled and widget is None:
        return None
    text = _text(tree.body, leave_out=_SILENT)
    words = len(text.split())
    machinery = _machinery(tree)
    if marker is not None and words < SOME_WORDS and marker.decode() in machinery:
        return Barrier("site.challenge", f"{marker.decode()} in a page of {words} words, «{title[:100]}»")
    phrase = next((phrase for phrase in CHALLENGE_PHRASES if phrase in text.lower()), None)
    if phrase is None or not machinery:
        return None
    if titled and words < MANY_WORDS:
        return Barrier("site.challenge", f"«{title[:100]}»: {phrase}")
    if (
        widget is not None
        and words < FEW_WORDS
        and widget.decode() in machinery
        and not _asks_for_words(tree)
    ):
        return Barrier("site.challenge", f"{widget.decode()}: {phrase}")
    return None


def _title(tree: LexborHTMLParser) -> str:
    found = tree.css_first("head > title")
    return " ".join(found.text().split()).lower() if found is not None else ""


def _machinery(tree: LexborHTMLParser) -> str:
    """Return what a page does rather than says: its scripts, frames, form targets, refreshes, ids."""
    parts = []
    for node in tree.css("script, iframe, form, meta[http-equiv], [id], [class]"):
        parts += [value or "" for value in node.attributes.values()]
        if node.tag == "script":
            parts.append(node.text())
    acts = tree.css_first("script, form, iframe, meta[http-equiv='refresh' i]") is not None
    return "\n".join(parts) if acts else ""


def _asks_for_words(tree: LexborHTMLParser) -> bool:
    """Whether some form wants to be told something: a contact form has its CAPTCHA, too."""
    return tree.css_first("textarea, input[type='email' i], input[type='search' i]") is not None


# ---------------------------------------------------------------------- log-in pages


def _login(tree: LexborHTMLParser, head: bytes) -> Barrier | None:
    if b"password" not in head and b"Password" not in head and b"PASSWORD" not in head:
        return None
    field = tree.css_first("input[type='password' i]")
    if field is None or tree.body is None:
        return None
    form = _ancestor(field, {"form"})
    if _ancestor(form or field, _FRAME) is not None:
        return None
    leave_out = _SILENT | _FRAME
    besides = _words(tree.body, leave_out) - (_words(form, leave_out) if form is not None else 0)
    title = _title(tree)
    most = SOME_WORDS if any(word in title for word in LOGIN_TITLES) else FEW_WORDS
    if besides < most:
        return Barrier(
            "site.login", f"a form with a password field and {besides} words besides, «{title[:100]}»"
        )
    return None


def _ancestor(node: LexborNode, tags: Iterable[str]) -> LexborNode | None:
    parent = node.parent
    while parent is not None and (parent.tag or "") not in tags:
        parent = parent.parent
    return parent


def _words(node: LexborNode, leave_out: frozenset[str]) -> int:
    return len(_text(node, leave_out=leave_out).split())


def _text(node: LexborNode | None, *, leave_out: frozenset[str]) -> str:
    """Return the text below a node, but for some elements; no deeper than a page is."""
    parts: list[str] = []
    stack = [node] if node is not None else []
    while stack:
        one = stack.pop()
        if one.tag == "-text":
            parts.append(one.text(deep=False))
        elif (one.tag or "") not in leave_out:
            stack += reversed(list(one.iter(include_text=True)))
    return " ".join(parts)
