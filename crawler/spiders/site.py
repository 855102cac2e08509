"""The site spider: what an answer leads to.  Links, feeds, sitemaps, redirects; nothing of compliance.

It is one visit's.  ``scrapy crawl site -a job=JOB.toml`` runs it as well: `crawler.standalone` then does what the
dispatcher does otherwise.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler import addon, recognition, turned_away, urls
from crawler.download_handler import ExchangeFailed
from crawler.frontier.itinerary import Errand
from crawler.frontier.outcome import NOT_NOW, Trouble
from crawler.frontier.passes import Pass
from crawler.items import ArchivedExchange
from crawler.links import NO_LINKS, XML_TYPES, Outlinks, links_of_feed, links_of_page
from crawler.permission.decision import PermissionDenied
from crawler.permission.file_answer import FileAnswer
from crawler.permission.hops import REDIRECTS
from crawler.representation import represent
from crawler.spiders.answering import ATTEMPTS, REDIRECT_HOPS, carried_by, field
from crawler.spiders.site_documents import SiteDocumentTaker
from crawler.visit import MAX_PAGE
from licences.representation import Representation
from provenance.records import CaptureKind


class SiteSpider(SiteDocumentTaker):
    """Crawls one site in one run."""

    name = "site"

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider of a visit: the dispatcher's, or the one that ``-a job=FILE`` describes."""
        addon.check(crawler.settings)  # before a run is recorded or a lease taken
        if "visit" not in kwargs:
            from crawler.standalone import open_visit  # noqa: PLC0415  # only Scrapy's own command needs it

            kwargs["visit"] = open_visit(crawler, kwargs.pop("job", None), kwargs.pop("site", None))
        return super().from_crawler(crawler, *args, **kwargs)

    async def start(self) -> AsyncIterator[Any]:
        """Yield nothing: the visit's itinerary holds the seeds, and the frontier asks for them when they are due."""
        nothing: tuple[Any, ...] = ()
        for item in nothing:
            yield item

    def callback(self, errand: Errand) -> Callable[..., AsyncIterator[ArchivedExchange]]:
        """Return what takes the answer to an errand."""
        takers = {
            Errand.PAGE: self.page,
            Errand.ROBOTS: self.robots,
            Errand.SITE_DOCUMENT: self.site_document,
            Errand.SITEMAP: self.sitemap,
        }
        return takers[errand]

    # ------------------------------------------------------------------ pages

    async def page(self, response: Response) -> AsyncIterator[ArchivedExchange]:
        """Take the answer to a page request."""
        carried, status = carried_by(response), response.status
        item = self._item(response, CaptureKind.FAILURE)
        is_page = 200 <= status < 300  # noqa: PLR2004  # the class of status codes
        barrier, seen = (None, None) if is_page else await turned_away.looked_at(item.exchange, status)
        if barrier is not None and seen is not None:
            item.refused = turned_away.stated(seen, barrier)
            self._turned_away(item, barrier)
        elif status in REDIRECTS:
            item.kind = CaptureKind.REDIRECT
            item.redirects_to = self._redirect(response, carried)
        elif status in NOT_NOW and self._try_later(carried):
            self.visit.services.budget.give_back(item.held)
            return
        elif is_page:
            if item.exchange.truncated == "unspecified":  # the handler saw that nobody asked for this form
                self.visit.refuse(
                    response.url,
                    "media",
                    "the job asks for no such media type",
                    item.media_type or "no media type",
                )
                self.visit.services.budget.give_back(item.held)
                return
            page = await represent(item.exchange, status, MAX_PAGE)
            barrier = turned_away.of_page(page)
            if barrier is not None:
                item.refused = turned_away.stated(page, barrier)
                self._turned_away(item, barrier)
            else:
                item.kind, item.representation = CaptureKind.DOCUMENT, page
                item.links = self._follow(carried, page)
        yield item

    def _follow(self, carried: Pass, page: Representation) -> Outlinks:
        visit, stop = self.visit, carried.stop
        section = visit.itinerary.scopes[stop.scope].section
        if page.tree is not None:
            links = links_of_page(
                page.url, page.tree, images=any(kind.startswith("image/") for kind in section.media)
            )
        elif page.media_type in XML_TYPES:
            links = links_of_feed(page.url, page.body) or NO_LINKS
        else:
            return NO_LINKS
        base = _base(page.url, links.base)
        links = Outlinks(base, links.hrefs)
        for url in visit.itinerary.new_links(base, links.hrefs):
            visit.itinerary.offer(url, depth=stop.depth + 1, via=page.url)
        return links

    def _redirect(self, response: Response, carried: Pass) -> str | None:
        """Queue where a page redirects to; return it where it lies inside the scope."""
        visit, stop = self.visit, carried.stop
        location = field(response, "location")
        try:
            target = urls.parse(urls.join(response.url, location)).url
        except ValueError as error:
            visit.refuse(
                response.url, "redirect.unusable", f"redirects to no URL that we ask for: {error}", location
            )
            return None
        barrier = recognition.by_redirect(response.status, stop.target, urls.parse(target))
        if barrier is not None:
            visit.refuse(response.url, barrier.rule, turned_away.in_words(barrier), barrier.evidence)
        elif stop.hops >= REDIRECT_HOPS:
            visit.refuse(
                target,
                "redirect.limit",
                f"more than {REDIRECT_HOPS} redirects led here",
                f"from {response.url}",
            )
        elif not visit.itinerary.offer(target, depth=stop.depth, hops=stop.hops + 1, via=response.url):
            visit.refuse(
                target,
                "scope",
                "a redirect leads out of the job's scope",
                f"{response.status} from {response.url}",
            )
        else:
            return target
        return None

    # ------------------------------------------------------------------ no answer

    async def failed(self, failure: Failure) -> None:
        """Take that no answer came."""
        error = failure.value
        request: Any = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        carried = request.meta.get("pass")
        answer = FileAnswer(url=request.url, status=None, error=str(error))
        if not isinstance(error, ExchangeFailed) or not isinstance(carried, Pass):
            if not isinstance(error, PermissionDenied):
                failure.raiseException()
            if isinstance(carried, Pass):
                await self._denied(carried, answer)
            return
        if self.visit.stopping or (error.trouble is Trouble.CUT and not carried.is_robots):
            self.visit.itinerary.again(carried.stop)
        elif carried.is_robots:
            await self.visit.gate.read(carried.rules, answer, hops=carried.stop.hops)
        elif carried.stop.errand is Errand.SITE_DOCUMENT:
            await self._settle(carried, answer)
        elif not self._try_later(carried):
            self.visit.refuse(request.url, "unreachable", f"no answer in {ATTEMPTS} attempts", str(error))
        self.visit.wake()

    async def _denied(self, carried: Pass, answer: FileAnswer) -> None:
        """Take that the gate has changed its mind since a pass was given: nobody waits for what never left.

        What may not be asked for any more, the frontier finds out and records when it judges it again.
        """
        stop, gate = carried.stop, self.visit.gate
        if stop.errand is Errand.SITE_DOCUMENT:
            await self._settle(carried, answer)
        elif carried.is_robots and gate.barred(stop.target) is not None:
            await gate.read(carried.rules, answer, hops=stop.hops)
        elif not carried.is_robots and not gate.ask(stop.target).granted:
            self.visit.itinerary.again(stop)
        self.visit.wake()


def _base(url: str, base: str) -> str:
    """Return the absolute base of a page's links; its own URL where the stated one is unusable."""
    if base == url:
        return url
    try:
        return urls.join(url, base)
    except ValueError:
        return url
