"""Misbehaviours of sitemaps, feeds and robots.txt, and a trap of links without end."""

from __future__ import annotations

from doings import TEXT, bomb, coded, squeezed
from hostile_server import Answer, page
from misbehaviour import Fate, Misbehaviour, by_name

XML = "application/xml"
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lapwing">'
    + b"".join(b'<!ENTITY %c "%b">' % (name, b"&%c;" % (name - 1) * 10) for name in b"bcdefghij")
    + b'<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY web SYSTEM "/never/entity">]>'
)
PLACE = b"<url><loc>/found/never-so-deep</loc></url>"


def _index(*paths: str) -> bytes:
    """Return a sitemap index."""
    return page(
        "<sitemapindex>{}</sitemapindex>".format(
            "".join(f"<sitemap><loc>{path}</loc></sitemap>" for path in paths)
        ).encode(),
        media=XML,
    )


def sitemap(
    name: str, does: str, answer: Answer, *, truncated: str | None = None, leads_to: tuple[str, ...] = ()
) -> Misbehaviour:
    """Return a row that robots.txt names as a sitemap."""
    return Misbehaviour(
        name=name,
        does=does,
        answer=answer,
        fate=Fate.SITE_DOCUMENT,
        truncated=truncated,
        leads_to=leads_to,
        more=dict.fromkeys(leads_to, page(TEXT)),
        linked=False,
    )


def feed(name: str, does: str, answer: bytes, leads_to: tuple[str, ...] = ()) -> Misbehaviour:
    """Return a row that is linked as a page and is a feed."""
    return Misbehaviour(
        name=name,
        does=does,
        answer=answer,
        fate=Fate.DOCUMENT,
        leads_to=leads_to,
        more=dict.fromkeys(leads_to, page(TEXT)),
    )


SITEMAPS = by_name(
    sitemap(
        "sitemap-entities", "is an entity bomb", page(ENTITIES + b"<urlset><url><loc>&j;</loc></url></urlset>", media=XML)
    ),
    sitemap(
        "sitemap-external", "wants a file of ours read",
        page(ENTITIES + b"<urlset><url><loc>&file;&web;</loc></url></urlset>", media=XML),
    ),
    sitemap(
        "sitemap-50m", "is 50 MiB long",
        page(b"<urlset>" + PLACE * (50 * 1024 * 1024 // len(PLACE)), media=XML), truncated="length",
    ),
    sitemap(
        "sitemap-packed", "becomes 50 MiB of entries",
        page(squeezed(b"<urlset>" + PLACE * (50 * 1024 * 1024 // len(PLACE)) + b"</urlset>"), media="application/gzip"),
        leads_to=("/found/never-so-deep",),
    ),
    sitemap("sitemap-bomb", "is a gzip bomb in a gzip bomb", coded(squeezed(bomb(500)), "gzip")),
    sitemap("sitemap-nested", "nests a million elements", page(b"<urlset>" + b"<a>" * 1_000_000, media=XML)),
    Misbehaviour(
        name="sitemap-index",
        does="is an index that names itself, and an index that names another",
        answer=_index("/bad/sitemap-index", "/bad/sitemap-child"),
        fate=Fate.SITE_DOCUMENT,
        leads_to=("/bad/sitemap-child",),
        more={"/bad/sitemap-child": _index("/bad/sitemap-index", "/never/grandchild")},
        linked=False,
    ),
    sitemap("sitemap-binary", "is no text at all", page(bytes(range(256)) * 100, media=XML)),
    sitemap("sitemap-utf-7", "names an odd charset", page(b'<?xml version="1.0" encoding="utf-7"?><urlset/>', media=XML)),
)  # fmt: skip  # a table

FEEDS = by_name(
    feed("feed-entities", "is an entity bomb", page(ENTITIES + b"<rss><channel><link>&j;</link></channel></rss>", media="application/rss+xml")),
    feed("feed-many", "has 200,000 entries, all the same",
        page(b"<rss>" + b"<link>/found/feed</link>" * 200_000 + b"</rss>", media="application/rss+xml"), ("/found/feed",)),
    feed("feed-torn", "breaks off", page(b"<rss><channel><item><link>/never/torn", media="application/rss+xml")),
)  # fmt: skip  # a table

DEPTH = 12  # what the job allows
TRAP = by_name(
    Misbehaviour(
        name="calendar",
        does="leads from each page to the next, for ever",
        answer=page(b"<a href=/day/0>tomorrow</a>"),
        fate=Fate.DOCUMENT,
        leads_to=tuple(f"/day/{day}" for day in range(DEPTH - 1)),
        never=tuple(f"/day/{day}" for day in range(DEPTH - 1, 40)),
        more={f"/day/{day}": page(b"<a href=/day/%d>tomorrow</a>" % (day + 1)) for day in range(40)},
    ),
)
