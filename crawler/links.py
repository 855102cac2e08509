"""Outlinks: of a page (one walk over its tree), of a feed, of a sitemap."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Protocol
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from selectolax.lexbor import LexborHTMLParser

from crawler import urls
from crawler.errors import CrawlerError

MAX_LINKS = 10_000  # of one page; more is a trap
MAX_SITEMAP_URLS = 50_000  # sitemaps.org protocol, «Index files»
MAX_SITEMAP_BYTES = 50 * 1024 * 1024
MAX_ELEMENTS = 500_000  # of one XML document: ten a URL
XML_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/xml", "text/xml"})


@dataclass(frozen=True, slots=True)
class Outlinks:
    """Links as the page wrote them, in order, each once; relative ones resolve against `base`."""

    base: str
    hrefs: tuple[str, ...] = ()


NO_LINKS = Outlinks("")


def links_of_page(url: str, tree: LexborHTMLParser, *, images: bool = False) -> Outlinks:
    """Return the links of a page: ``a`` and ``area``, next and previous pages, frames, feeds; images where asked for.

    A link with ``rel=nofollow`` is no rights statement and is followed like any other.
    """
    base = url
    selector = "a[href],area[href],iframe[src],frame[src],link[rel~=next][href],link[rel~=prev][href]"
    selector += ",link[type='application/rss+xml'][href],link[type='application/atom+xml'][href]"
    if images:
        selector += ",img[src]"
    first = tree.css_first("base[href]")
    if first is not None:
        base = _base(url, first.attributes.get("href") or "")
    found: dict[str, None] = {}
    for node in tree.css(selector):
        attributes = node.attrs
        href = attributes.get("href") or attributes.get("src")
        if href and href[0] != "#":
            found[href] = None
            if len(found) >= MAX_LINKS:
                break
    return Outlinks(base, tuple(found))


def _base(url: str, href: str) -> str:
    """Return the absolute base that a page states; its own URL where that is none (HTML, «fallback base URL»)."""
    try:
        base = urls.join(url, href)
    except ValueError:
        return url
    return base if base.startswith(("http://", "https://")) else url


class _TooMuch(CrawlerError):  # noqa: N818  # a signal between a target and its parser
    """Enough was read."""


class _Target(Protocol):
    """What an XML parser tells of a document; nothing of it is kept but what the target keeps."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...

    def data(self, text: str) -> None: ...

    def end(self, tag: str) -> None: ...

    def close(self) -> None: ...


def _inflated(body: bytes) -> bytes:
    """Undo the gzip of a ``.gz`` file, which is no content coding; a torn one as far as it goes."""
    if body[:2] != b"\x1f\x8b":
        return body
    try:
        return zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(body, MAX_SITEMAP_BYTES)
    except zlib.error:
        return b""


def _told(body: bytes, target: _Target) -> bool:
    """Tell a target what stands in an XML document; False where it is no XML, or declares a document type.

    No tree is built: a document of millions of elements costs time up to `MAX_ELEMENTS`, and no memory.
    """
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    try:
        parser.feed(body.lstrip()[:MAX_SITEMAP_BYTES])
        parser.close()
    except _TooMuch:
        return True
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return False
    return True


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap, or an index of some."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


class _SitemapTarget:
    """Collects ``urlset/url/loc`` and ``sitemapindex/sitemap/loc``; images and videos have their own namespaces."""

    def __init__(self) -> None:
        self.root = ""
        self.listed: list[str] = []
        self._path: list[str] = []
        self._elements = 0
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002  # the parser's interface
        """Take the start of an element."""
        name = _local(tag)
        self._elements += 1
        self.root = self.root or name
        if self.root not in {"urlset", "sitemapindex"} or self._elements > MAX_ELEMENTS:
            raise _TooMuch
        self._path.append(name)
        if len(self._path) == 3 and name == "loc" and self._path[1] in {"url", "sitemap"}:  # noqa: PLR2004  # its depth
            self._text = []

    def data(self, text: str) -> None:
        """Take text."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:  # noqa: ARG002  # the parser's interface
        """Take the end of an element."""
        self._path.pop()
        if self._text is None:
            return
        self.listed.append("".join(self._text).strip())
        self._text = None
        if len(self.listed) >= MAX_SITEMAP_URLS:
            raise _TooMuch

    def close(self) -> None:
        """Take the end of the document."""


def read_sitemap(body: bytes) -> Sitemap | None:
    """Return what a sitemap lists (XML, plain or gzipped, or one URL a line); None where it is no sitemap.

    Source: sitemaps.org protocol 0.9; at most 50 MiB and 50,000 entries are read.
    """
    body = _inflated(body)
    target = _SitemapTarget()
    if not _told(body, target):
        return _text_sitemap(body)
    listed = tuple(target.listed)
    if target.root == "sitemapindex":
        return Sitemap(sitemaps=listed)
    return Sitemap(pages=listed) if target.root == "urlset" else None


def _text_sitemap(body: bytes) -> Sitemap | None:
    lines = [line.strip() for line in body[: 10 * 1024 * 1024].decode("utf-8-sig", "replace").splitlines()]
    listed = [line for line in lines if line]
    if listed and all(line.startswith(("http://", "https://")) for line in listed):
        return Sitemap(pages=tuple(listed[:MAX_SITEMAP_URLS]))
    return None


class _FeedTarget:
    """Collects the links of RSS 2.0, RSS 1.0 and Atom."""

    def __init__(self) -> None:
        self.root = ""
        self.links: dict[str, None] = {}
        self._elements = 0
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        name = _local(tag)
        self._elements += 1
        self.root = self.root or name
        if self.root not in {"rss", "feed", "RDF"} or self._elements > MAX_ELEMENTS:
            raise _TooMuch
        self._text = None
        if name == "link" and attributes.get("rel", "alternate") == "alternate":
            self._text = [attributes.get("href", "")]

    def data(self, text: str) -> None:
        """Take text."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:  # noqa: ARG002  # the parser's interface
        """Take the end of an element."""
        if self._text is None:
            return
        if link := "".join(self._text).strip():
            self.links[link] = None
        self._text = None
        if len(self.links) >= MAX_LINKS:
            raise _TooMuch

    def close(self) -> None:
        """Take the end of the document."""


def links_of_feed(url: str, body: bytes) -> Outlinks | None:
    """Return the entries' links of an RSS 2.0, RSS 1.0 or Atom feed; None where the XML is no feed."""
    target = _FeedTarget()
    if not _told(_inflated(body), target) or target.root not in {"rss", "feed", "RDF"}:
        return None
    return Outlinks(url, tuple(target.links))
