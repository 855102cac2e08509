"""Answers that are no pages: robots.txt and the host's other files go to the gate, sitemaps lead to pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

from scrapy.http import Response

from crawler import turned_away, urls
from crawler.frontier.itinerary import Errand
from crawler.frontier.outcome import NOT_NOW
from crawler.frontier.passes import Pass
from crawler.items import ArchivedExchange
from crawler.links import Outlinks, read_sitemap
from crawler.permission.file_answer import FileAnswer
from crawler.permission.hops import REDIRECTS
from crawler.permission.site_files import GONE, SiteFile
from crawler.representation import represent
from crawler.spiders.answering import REDIRECT_HOPS, AnswerTaker, carried_by, field
from crawler.visit import MAX_PAGE
from provenance.records import CaptureKind
from provenance.refusals import refusal_in_words

_ERRORS = 400  # and above


class SiteDocumentTaker(AnswerTaker):
    """A spider of one visit, as far as it reads what is no page."""

    async def robots(self, response: Response) -> AsyncIterator[ArchivedExchange]:
        """Take the answer to a robots.txt request: the gate reads it, the archive keeps it."""
        carried = carried_by(response)
        item = self._item(response, CaptureKind.SITE_DOCUMENT)
        answer = FileAnswer.of(item.exchange, response.status, item.capture_id)
        visit = self.visit
        hop = await visit.gate.read(carried.rules, answer, hops=carried.stop.hops)
        governs = carried.stop.governs or carried.rules.origin
        if hop is not None:
            visit.itinerary.robots_hop(hop.target, governs=governs, hops=hop.hops, via=response.url)
        elif carried.rules.document is not None and urls.site_of(carried.stop.target.host) == visit.site:
            for url in carried.rules.document.sitemaps:
                self._ask_sitemap(url, depth=0, via=response.url)
        for denied in visit.gate.overruled(carried.rules):
            words = refusal_in_words("robots.changed")
            visit.refuse(denied.url, "robots.changed", words, denied.evidence(), permission=denied.record)
        yield item

    async def site_document(self, response: Response) -> AsyncIterator[ArchivedExchange]:
        """Take the answer to a request for another of the host's files: the gate keeps it, pages are held against it."""
        carried = carried_by(response)
        item = self._item(response, CaptureKind.SITE_DOCUMENT)
        file = self._file_of(carried)
        answer = FileAnswer.of(item.exchange, response.status, item.capture_id, limit=file.kind.limit)
        if response.status >= _ERRORS and response.status not in GONE:
            barrier = await turned_away.barrier_of(item.exchange, response.status)
            if barrier is not None:
                self._turned_away(item, barrier)
        await self._settle(carried, answer)
        yield item

    async def _settle(self, carried: Pass, answer: FileAnswer) -> None:
        """Let the gate read a host's file; where it lies elsewhere, that is asked for next."""
        file, visit = self._file_of(carried), self.visit
        hop = await visit.gate.files.read(file, answer, hops=carried.stop.hops)
        if hop is not None:
            visit.itinerary.file(
                hop.target, governs=file.origin, document=file.kind.name, hops=hop.hops, via=answer.url
            )
        visit.wake()

    def _file_of(self, carried: Pass) -> SiteFile:
        stop = carried.stop
        return self.visit.gate.files.file(stop.governs or stop.target.origin, stop.document or "")

    def _ask_sitemap(self, url: str, *, depth: int, via: str) -> str | None:
        """Ask for a sitemap of our own site and return its URL; one elsewhere is noted, not followed."""
        try:
            target = urls.parse(urls.join(via, url))
        except ValueError:
            return None
        if urls.site_of(target.host) == self.visit.site:
            self.visit.itinerary.errand(target, Errand.SITEMAP, depth=depth, via=via)
            return target.url
        self.visit.refuse(target.url, "scope", "a sitemap lies on another site", f"named by {via}")
        return None

    async def sitemap(self, response: Response) -> AsyncIterator[ArchivedExchange]:
        """Take the answer to a sitemap request: its pages are offered, an index's sitemaps asked for, once nested."""
        carried, visit = carried_by(response), self.visit
        item = self._item(response, CaptureKind.SITE_DOCUMENT)
        stop = carried.stop
        barrier = await turned_away.barrier_of(item.exchange, response.status)
        if barrier is not None:
            self._turned_away(item, barrier)
        elif response.status in REDIRECTS and stop.hops < REDIRECT_HOPS:
            self._ask_sitemap(field(response, "location"), depth=stop.depth, via=response.url)
        elif response.status in NOT_NOW and self._try_later(carried):
            visit.services.budget.give_back(item.held)
            return
        elif response.status == 200:  # noqa: PLR2004  # OK
            page = await represent(item.exchange, response.status, MAX_PAGE)
            listed = read_sitemap(page.body)
            if listed is not None:
                item.links = Outlinks(response.url, listed.pages)
                for url in visit.itinerary.new_links(response.url, listed.pages):
                    visit.itinerary.offer(url, depth=1, via=response.url)
                if stop.depth == 0:
                    asked = (self._ask_sitemap(url, depth=1, via=response.url) for url in listed.sitemaps)
                    item.sitemaps = tuple(url for url in asked if url is not None)
        yield item
