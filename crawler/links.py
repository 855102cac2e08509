"""Outlinks: of a page (one walk over its tree), of a feed, of a sitemap."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from selectolax.lexbor import LexborHTMLParser

MAX_LINKS = 10_000  # of one page; more is a trap
MAX_SITEMAP_URLS = 50_000  # sitemaps.org protocol, «Index files»
MAX_SITEMAP_BYTES = 50 * 1024 * 1024
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
        base = first.attributes.get("href") or url
    found: dict[str, None] = {}
    for node in tree.css(selector):
        attributes = node.attrs
        href = attributes.get("href") or attributes.get("src")
        if href and href[0] != "#":
            found[href] = None
            if len(found) >= MAX_LINKS:
                break
    return Outlinks(base, tuple(found))


def _root(body: bytes) -> Element | None:
    if body[:2] == b"\x1f\x8b":  # a .gz file, not a content coding
        inflate = zlib.decompressobj(32 + zlib.MAX_WBITS)
        try:
            body = inflate.decompress(body, MAX_SITEMAP_BYTES)
        except zlib.error:
            return None
    try:
        root: Element = fromstring(body[:MAX_SITEMAP_BYTES], forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap, or an index of some."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


def read_sitemap(body: bytes) -> Sitemap | None:
    """Return what a sitemap lists (XML, plain or gzipped, or one URL a line); None where it is no sitemap.

    Source: sitemaps.org protocol 0.9; at most 50 MiB and 50,000 entries are read.
    """
    root = _root(body)
    if root is None:
        return _text_sitemap(body)
    if _local(root) not in {"urlset", "sitemapindex"}:
        return None
    listed = [
        (location.text or "").strip()
        for entry in list(root)[:MAX_SITEMAP_URLS]
        for location in entry
        if _local(location) == "loc"
    ]
    return Sitemap(sitemaps=tuple(listed)) if _local(root) == "sitemapindex" else Sitemap(pages=tuple(listed))


def _text_sitemap(body: bytes) -> Sitemap | None:
    lines = [line.strip() for line in body[: 10 * 1024 * 1024].decode("utf-8", "replace").splitlines()]
    urls = [line for line in lines if line]
    if urls and all(line.startswith(("http://", "https://")) for line in urls):
        return Sitemap(pages=tuple(urls[:MAX_SITEMAP_URLS]))
    return None


def links_of_feed(url: str, body: bytes) -> Outlinks | None:
    """Return the entries' links of an RSS 2.0, RSS 1.0 or Atom feed; None where the XML is no feed."""
    root = _root(body)
    if root is None or _local(root) not in {"rss", "feed", "RDF"}:
        return None
    found: dict[str, None] = {}
    for element in root.iter():
        if _local(element) != "link":
            continue
        href = element.get("href") if element.get("rel", "alternate") == "alternate" else None
        link = (href or element.text or "").strip()
        if link:
            found[link] = None
    return Outlinks(url, tuple(found)[:MAX_LINKS])
