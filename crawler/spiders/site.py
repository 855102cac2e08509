"""The site spider: what an answer leads to.  Links, feeds, sitemaps, redirects; nothing of compliance.

It is one visit's.  ``scrapy crawl site -a job=JOB.toml`` runs it as well: `crawler.standalone` then does what the
dispatcher does otherwise.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler import addon, recognition, turned_away, urls
from crawler.download_handler import ExchangeFailed
from crawler.frontier.itinerary import Errand
from crawler.frontier.outcome import NOT_NOW, Trouble
from crawler.frontier.passes import Pass
from crawler.items import ArchivedExchange
from crawler.links import NO_LINKS, XML_TYPES, Outlinks, links_of_feed, links_of_page, read_sitemap
from crawler.permission.decision import PermissionDenied
from crawler.permission.robots_answer import RobotsAnswer
from crawler.recognition import Barrier
from crawler.representation import media_type_of, represent
from crawler.visit import MAX_PAGE, Visit
from crawler.wire import head_lines
from licences.representation import Representation
from provenance.records import CaptureKind
from provenance.refusals import refusal_in_words

REDIRECT_HOPS = 5
ATTEMPTS = 3  # one request and at most two more
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class SiteSpider(Spider):
    """Crawls one site in one run."""

    name = "site"
    visit: Visit

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
        return {Errand.PAGE: self.page, Errand.ROBOTS: self.robots, Errand.SITEMAP: self.sitemap}[errand]

    # ------------------------------------------------------------------ pages

    async def page(self, response: Response) -> AsyncIterator[ArchivedExchange]:
        """Take the answer to a page request."""
        carried, status = _carried(response), response.status
        item = self._item(response, CaptureKind.FAILURE)
        is_page = 200 <= status < 300  # noqa: PLR2004  # the class of status codes
        barrier = None if is_page else await turned_away.barrier_of(item.exchange, status)
        if barrier is not None:
            self._turned_away(item, barrier)
        elif status in _REDIRECTS:
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
        location = _field(response, "location")
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

    def _turned_away(self, item: ArchivedExchange, barrier: Barrier) -> None:
        """Record the site's no; of such an answer only the head is kept."""
        exchange = item.exchange
        self.visit.refuse(exchange.url, barrier.rule, turned_away.in_words(barrier), barrier.evidence)
        if barrier.rule == "site.challenge":
            self.visit.park(
                item.carried.stop.target.host, f"it answered with a challenge: {barrier.evidence}"
            )
        if exchange.body:
            item.exchange = dataclasses.replace(exchange, body=b"", truncated="unspecified")

    def _try_later(self, carried: Pass) -> bool:
        """Put a URL back that its host does not answer now; False when it was tried often enough."""
        stop = carried.stop
        stop.attempts += 1
        if stop.attempts >= ATTEMPTS:
            return False
        self.visit.itinerary.again(stop)
        return True

    # ------------------------------------------------------------------ site documents

    async def robots(self, response: Response) -> AsyncIterator[ArchivedExchange]:
        """Take the answer to a robots.txt request: the gate reads it, the archive keeps it."""
        carried = _carried(response)
        item = self._item(response, CaptureKind.SITE_DOCUMENT)
        answer = RobotsAnswer.of(item.exchange, response.status, item.capture_id)
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
        carried, visit = _carried(response), self.visit
        item = self._item(response, CaptureKind.SITE_DOCUMENT)
        stop = carried.stop
        barrier = await turned_away.barrier_of(item.exchange, response.status)
        if barrier is not None:
            self._turned_away(item, barrier)
        elif response.status in _REDIRECTS and stop.hops < REDIRECT_HOPS:
            self._ask_sitemap(_field(response, "location"), depth=stop.depth, via=response.url)
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

    # ------------------------------------------------------------------ no answer

    async def failed(self, failure: Failure) -> None:
        """Take that no answer came."""
        error = failure.value
        request: Any = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        carried = request.meta.get("pass")
        if not isinstance(error, ExchangeFailed) or not isinstance(carried, Pass):
            if not isinstance(error, PermissionDenied):
                failure.raiseException()
            return
        if self.visit.stopping or (error.trouble is Trouble.CUT and carried.stop.errand is not Errand.ROBOTS):
            self.visit.itinerary.again(carried.stop)
        elif carried.stop.errand is Errand.ROBOTS:
            answer = RobotsAnswer(url=request.url, status=None, error=str(error))
            await self.visit.gate.read(carried.rules, answer, hops=carried.stop.hops)
        elif not self._try_later(carried):
            self.visit.refuse(request.url, "unreachable", f"no answer in {ATTEMPTS} attempts", str(error))
        self.visit.wake()

    # ------------------------------------------------------------------

    def _item(self, response: Response, kind: CaptureKind) -> ArchivedExchange:
        carried = _carried(response)
        exchange = response.meta["exchange"]
        if carried.stop.errand is not Errand.ROBOTS:
            carried.rules.taken.append(response.url)
        return ArchivedExchange(
            kind=kind,
            carried=carried,
            exchange=exchange,
            status=response.status,
            held=len(exchange.body),
            capture_id=self.visit.next_capture_id(),
            media_type=media_type_of(head_lines(exchange.response_head)),
        )


def _carried(response: Response) -> Pass:
    carried: Pass = response.meta["pass"]
    return carried


def _field(response: Response, name: str) -> str:
    value = response.headers.get(name.encode())
    return value.decode("utf-8", "replace") if value is not None else ""


def _base(url: str, base: str) -> str:
    """Return the absolute base of a page's links; its own URL where the stated one is unusable."""
    if base == url:
        return url
    try:
        return urls.join(url, base)
    except ValueError:
        return url
