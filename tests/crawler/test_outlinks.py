"""Outlinks of pages, feeds and sitemaps (sitemaps.org 0.9, RSS 2.0 and 1.0, RFC 4287)."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler.links import (
    MAX_ELEMENTS,
    MAX_LINKS,
    MAX_SITEMAP_BYTES,
    MAX_SITEMAP_URLS,
    Outlinks,
    Sitemap,
    links_of_feed,
    links_of_page,
    read_sitemap,
)

URL = "https://example.org/a/b"


def links(html: str, *, images: bool = False) -> Outlinks:
    return links_of_page(URL, LexborHTMLParser(html), images=images)


@pytest.mark.parametrize(
    ("html", "hrefs"),
    [
        pytest.param("<a href=x>1</a><a href=y>2</a>", ("x", "y"), id="in document order"),
        pytest.param("<a href=x>1</a><a href=x>2</a>", ("x",), id="each once"),
        pytest.param("<a href=x rel=nofollow>", ("x",), id="nofollow is no refusal"),
        pytest.param("<map><area href=x></map>", ("x",), id="an image map"),
        pytest.param("<iframe src=x></iframe>", ("x",), id="a frame"),
        pytest.param(
            "<link rel='prefetch next' href=x><link rel=prev href=y>", ("x", "y"), id="the next page"
        ),
        pytest.param("<link rel=alternate type=application/rss+xml href=x>", ("x",), id="a feed"),
        pytest.param("<link rel=stylesheet href=x><script src=y></script>", (), id="no document"),
        pytest.param("<a name=x>1</a><a href=''>2</a><a href=#top>3</a>", (), id="nowhere else"),
        pytest.param("<!-- <a href=x> --><template></template>", (), id="a comment"),
        pytest.param(
            "<a href='javascript:void(0)'>", ("javascript:void(0)",), id="kept as written, never asked for"
        ),
        pytest.param("<a href='x&amp;y&copy=1&#33;'>", ("x&y&copy=1!",), id="references, as HTML reads them"),
        pytest.param("<img src=x>", (), id="an image, where none is asked for"),
    ],
)
def test_links_of_a_page_are_kept_as_it_wrote_them(html: str, hrefs: tuple[str, ...]) -> None:
    assert links(html) == Outlinks(URL, hrefs)


def test_images_are_links_where_the_job_asks_for_images() -> None:
    assert links("<img src=x><a href=y>", images=True).hrefs == ("x", "y")


@pytest.mark.parametrize(
    ("base", "absolute"),
    [
        pytest.param("<base href=/c/>", "https://example.org/c/", id="relative to the page"),
        pytest.param("<base href=https://other.example/>", "https://other.example/", id="elsewhere"),
        pytest.param(
            "<base target=_top><base href=/c/>", "https://example.org/c/", id="the first that has an address"
        ),
        pytest.param("<base href=/c/><base href=/d/>", "https://example.org/c/", id="the first of two"),
        pytest.param("<base href='javascript:0'>", URL, id="a script is no base"),
        pytest.param("<base href='data:text/html,x'>", URL, id="data is no base"),
        pytest.param("<base href='http://[::1'>", URL, id="no URL is no base"),
        pytest.param("<base href=''>", URL, id="an empty one"),
    ],
)
def test_links_resolve_against_the_pages_base(base: str, absolute: str) -> None:
    assert links(f"{base}<a href=x>").base == absolute


def test_a_trap_of_links_ends() -> None:
    assert len(links("".join(f"<a href={number}>" for number in range(MAX_LINKS + 5))).hrefs) == MAX_LINKS


NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
URLSET = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {NS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
 <url><loc> https://example.org/a?b=1&amp;c=2 </loc><lastmod>2026-11-20</lastmod>
  <image:image><image:loc>https://example.org/i.png</image:loc></image:image></url>
 <url><loc><![CDATA[https://example.org/d]]></loc></url>
</urlset>"""
PAGES = ("https://example.org/a?b=1&c=2", "https://example.org/d")
INDEX = f"<sitemapindex {NS}><sitemap><loc>https://example.org/s.xml.gz</loc></sitemap></sitemapindex>"


@pytest.mark.parametrize(
    ("body", "listed"),
    [
        pytest.param(URLSET.encode(), Sitemap(pages=PAGES), id="XML"),
        pytest.param(b"\n\n" + URLSET.encode(), Sitemap(pages=PAGES), id="with blank lines first"),
        pytest.param(b"\xef\xbb\xbf" + URLSET.encode(), Sitemap(pages=PAGES), id="with a mark"),
        pytest.param(
            URLSET.replace("UTF-8", "UTF-16").encode("utf-16"), Sitemap(pages=PAGES), id="in UTF-16"
        ),
        pytest.param(URLSET.replace(NS, "").encode(), Sitemap(pages=PAGES), id="without its namespace"),
        pytest.param(gzip.compress(URLSET.encode()), Sitemap(pages=PAGES), id="gzipped"),
        pytest.param(
            INDEX.encode(),
            Sitemap(sitemaps=("https://example.org/s.xml.gz",)),
            id="an index names sitemaps, not pages",
        ),
        pytest.param(
            b"https://example.org/a\r\n\r\nhttps://example.org/b\n",
            Sitemap(pages=("https://example.org/a", "https://example.org/b")),
            id="text, one URL a line",
        ),
        pytest.param(
            b"\xef\xbb\xbfhttps://example.org/a", Sitemap(pages=("https://example.org/a",)), id="text, marked"
        ),
        pytest.param(f"<urlset {NS}/>".encode(), Sitemap(), id="an empty one"),
        pytest.param(b"<html><a href=x></html>", None, id="a page"),
        pytest.param(b"Not found", None, id="prose"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(URLSET.encode()[:200], None, id="torn XML"),
        pytest.param(gzip.compress(URLSET.encode())[:40], None, id="torn gzip"),
        pytest.param(b"\x1f\x8bnonsense", None, id="no gzip"),
        pytest.param(b'<?xml version="1.0" encoding="klingon"?><urlset/>', None, id="an unknown encoding"),
    ],
)
def test_a_sitemap_lists_pages_or_sitemaps(body: bytes, listed: Sitemap | None) -> None:
    assert read_sitemap(body) == listed


@pytest.mark.parametrize(
    "dtd",
    [
        pytest.param("<!ELEMENT urlset ANY>", id="not even a harmless one"),
        pytest.param('<!ENTITY a "b">', id="an entity"),
        pytest.param('<!ENTITY a SYSTEM "file:///etc/passwd">', id="a file"),
        pytest.param(
            '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">',
            id="a billion laughs",
        ),
    ],
)
def test_a_document_type_is_not_read(dtd: str) -> None:
    """Nothing it declares is expanded, nothing it points to is opened."""
    body = (
        f"<!DOCTYPE urlset [{dtd}]><urlset {NS}><url><loc>https://example.org/</loc></url></urlset>".encode()
    )
    assert read_sitemap(body) is None
    assert links_of_feed(URL, body.replace(b"urlset", b"rss")) is None


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(b"<url><loc>https://example.org/</loc></url>", id="of pages"),
        pytest.param(b"<a/>", id="of elements that are nothing"),
        pytest.param(b"<a>", id="of elements in elements"),
        pytest.param(b" ", id="of blanks"),
    ],
)
def test_a_bomb_of_a_sitemap_is_read_to_its_bound(entry: bytes) -> None:
    """A few kilobytes that become fifty megabytes: neither memory nor time follows them."""
    inflated = f"<urlset {NS}>".encode() + entry * (MAX_SITEMAP_BYTES // len(entry) + 1_000)
    listed = read_sitemap(gzip.compress(inflated, 1))
    assert listed is None or len(listed.pages) <= MAX_SITEMAP_URLS


def test_elements_that_are_nothing_come_to_an_end() -> None:
    """What stands behind them is not read: that bounds the time."""
    junk, entry = "<a/>" * MAX_ELEMENTS, "<url><loc>https://example.org/</loc></url>"
    assert read_sitemap(f"<urlset {NS}>{entry}{junk}{entry}</urlset>".encode()) == Sitemap(
        pages=("https://example.org/",)
    )


RSS = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>https://example.org/</link>
<atom:link rel="self" href="https://example.org/feed"/><item><title>t</title><link> https://example.org/1 </link>
<guid>https://example.org/?p=1</guid></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/feed"/><entry><link href="/1"/>
<link rel="enclosure" href="/1.mp3"/><link rel="alternate" href="/1"/></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<item><link>https://example.org/1</link></item></rdf:RDF>"""


@pytest.mark.parametrize(
    ("body", "hrefs"),
    [
        pytest.param(RSS, ("https://example.org/", "https://example.org/1"), id="RSS 2.0"),
        pytest.param(ATOM, ("/1",), id="Atom: alternates only"),
        pytest.param(RDF, ("https://example.org/1",), id="RSS 1.0"),
    ],
)
def test_a_feed_links_to_its_entries(body: str, hrefs: tuple[str, ...]) -> None:
    assert links_of_feed(URL, body.encode()) == Outlinks(URL, hrefs)
    assert links_of_feed(URL, b"\n" + body.encode()) == Outlinks(URL, hrefs)


@pytest.mark.parametrize("body", ["<html/>", URLSET, "", "<rss>", "{}"])
def test_what_is_no_feed_has_no_entries(body: str) -> None:
    assert links_of_feed(URL, body.encode()) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_a_reader(body: bytes) -> None:
    read_sitemap(body)
    links_of_feed(URL, body)
