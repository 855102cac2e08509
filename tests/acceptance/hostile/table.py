"""The whole table, and the server that does what it says."""

from __future__ import annotations

from collections.abc import Mapping

from bodies import CHARSETS, CODINGS, INSIDE, MARKUP
from documents import FEEDS, SITEMAPS, TRAP
from framing import CHUNKS, ENDINGS, LENGTHS, TIME
from heads import FIELDS
from hostile_server import Answer, page
from misbehaviour import Misbehaviour
from redirects import REDIRECTS
from status_lines import INTERIM, STATUS_LINES

TABLE: Mapping[str, Misbehaviour] = {
    name: row
    for part in (
        STATUS_LINES, INTERIM, FIELDS, REDIRECTS, LENGTHS, CHUNKS, ENDINGS, TIME,
        CODINGS, MARKUP, CHARSETS, INSIDE, SITEMAPS, FEEDS, TRAP,
    )
    for name, row in part.items()
}  # fmt: skip  # part by part
NEIGHBOURS = 4  # good pages beside each misbehaviour: more than half of what any host is asked for goes well
ELSEWHERE = "http://elsewhere.example/sitemap.xml"


def good_paths() -> list[str]:
    """Return the paths of the good pages, in the order in which the index links them."""
    linked = sum(row.linked for row in TABLE.values())
    return [f"/good/{number}" for number in range(linked * NEIGHBOURS)]


def answers(origin: str) -> dict[str, Answer]:
    """Return what the server answers, by path."""
    good = good_paths()
    links: list[str] = []
    for number, row in enumerate(row for row in TABLE.values() if row.linked):
        links += [*good[number * NEIGHBOURS : (number + 1) * NEIGHBOURS], row.path]
    index = "<!doctype html><title>index</title>" + "".join(f"<a href={path}>{path}</a>\n" for path in links)
    maps = [origin + row.path for row in TABLE.values() if not row.linked] + [ELSEWHERE]
    robots = "User-agent: *\nDisallow:\n" + "".join(f"Sitemap: {url}\n" for url in maps)
    said: dict[str, Answer] = {
        "/": page(index.encode()),
        "/robots.txt": page(robots.encode(), media="text/plain"),
    }
    said |= {path: page(f"<!doctype html><title>{path}</title><p>A good page.".encode()) for path in good}
    for row in TABLE.values():
        said[row.path] = row.answer
        said |= row.more
    return said
