"""A run resumes from its own archive: what it captured is not asked for again, links are read from the captures."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from crawler import urls
from crawler.archive.reading import Archive, metadata_of_segment
from crawler.frontier.itinerary import Errand, Itinerary
from provenance.database import Database
from provenance.queries import crawling
from provenance.records import CaptureKind

_FOR_GOOD = (
    "robots.disallow", "robots.deny-all", "site.http-", "erasure.", "scope", "media", "redirect.", "unreachable",
)  # fmt: skip  # what a new process need not ask again


def seed(itinerary: Itinerary) -> None:
    """Queue what the job names: start URLs and sitemaps."""
    for scope in itinerary.scopes:
        for url in scope.section.start:
            itinerary.offer(url, via="job")
        for url in scope.section.sitemaps:
            itinerary.errand(urls.parse(url), Errand.SITEMAP, via="job")


def restore(
    itinerary: Itinerary,
    database: Database,
    archive: Archive,
    run_id: int,
    site: str,
    *,
    taken: Callable[[str], None] = lambda _: None,
) -> int:
    """Rebuild a seeded itinerary from what its run has archived and refused; return the documents it holds.

    One pass over each of the run's segments.  robots.txt is not taken from the archive: a new process asks for it
    again, first; ``taken`` is told what was fetched, so that a file which changed meanwhile can be held against it.
    """
    held = [
        entry for entry in crawling.archived(database, run_id, site) if not entry.url.endswith("/robots.txt")
    ]
    refusals = crawling.refused(database, run_id, site)
    settled = {url for url, rule in refusals if rule.startswith(_FOR_GOOD)}
    settled.update(entry.url for entry in held)
    itinerary.seen |= settled
    _drop(itinerary, settled)
    for entry in held:
        taken(entry.url)
        _count(itinerary, entry)
    for key in dict.fromkeys(entry.segment_key for entry in held):
        with archive.open(key) as stream:
            for url, noted in metadata_of_segment(stream):
                _follow_again(itinerary, url, noted)
    return sum(entry.kind is CaptureKind.DOCUMENT for entry in held)


def _drop(itinerary: Itinerary, settled: set[str]) -> None:
    """Take seeds out of the queues that the run has an answer for."""
    for queue in itinerary.queues.values():
        queue.errands = deque(stop for stop in queue.errands if stop.target.url not in settled)
        queue.pages = deque(stop for stop in queue.pages if stop.target.url not in settled)


def _count(itinerary: Itinerary, entry: crawling.Archived) -> None:
    """Let a page count towards its scope's limits: they hold for the run, not for the process."""
    scope = itinerary.scope_of(entry.url)
    if scope is None or entry.kind is CaptureKind.SITE_DOCUMENT:
        return
    itinerary.scopes[scope].asked += 1
    if entry.kind is CaptureKind.DOCUMENT:
        itinerary.scopes[scope].received += entry.length


def _follow_again(itinerary: Itinerary, url: str, noted: dict[str, Any]) -> None:
    """Offer what an archived exchange led to, as its spider did."""
    depth = int(noted.get("depth", 0))
    if outlinks := noted.get("outlinks"):
        for link in itinerary.new_links(outlinks["base"], outlinks["hrefs"]):
            itinerary.offer(link, depth=depth + 1, via=url)
    for sitemap in noted.get("sitemaps", ()):
        itinerary.errand(urls.parse(sitemap), Errand.SITEMAP, depth=depth + 1, via=url)
    if target := noted.get("redirects_to"):
        itinerary.offer(target, depth=depth, hops=int(noted.get("hops", 0)) + 1, via=url)
