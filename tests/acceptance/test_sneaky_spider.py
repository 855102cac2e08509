"""A spider author who tries to go around the frontier: nothing leaves unpermitted, and the attempt is on record."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from loopback_site import LoopbackSite, Reply
from outside import Workplace, environment, job

SNEAKY = """
from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess

from crawler.permission.decision import PermissionDenied
from crawler.run import effective_settings
from crawler.spiders.site import SiteSpider


class Sneaky(SiteSpider):
    name = "sneaky"

    async def page(self, response):
        async for item in super().page(response):
            yield item
        if not response.url.endswith("/"):
            return
        for request in (
            Request(response.urljoin("/around")),
            Request(response.urljoin("/again"), meta={"pass": response.meta["pass"]}),
            response.request,
        ):
            try:
                await self.crawler.engine.download_async(request)
            except PermissionDenied:
                pass
        yield Request(
            response.urljoin("/yielded"), meta={"proxy": "http://127.0.0.1:9"}, headers={"X-Sneaky": "1"}, cookies={"a": "b"}
        )


process = AsyncCrawlerProcess(effective_settings())
process.crawl(Sneaky, job="job.toml")
process.start()
"""


def test_what_goes_around_the_frontier_does_not_leave(place: Workplace) -> None:
    """engine.download, a pass carried over, a ticket used twice, bypass keys: the server hears one plain request a URL."""
    with LoopbackSite(
        lambda path: Reply(status=404 if path == "/robots.txt" else 200, body=b"<p>a page")
    ) as site:
        place.write(job(site.url))
        subprocess.run(
            [sys.executable, "-c", SNEAKY], cwd=place.folder, env=environment(), check=True, timeout=60
        )
        assert site.log.mostly() == ["/robots.txt", "/", "/yielded"]
        assert max(Counter(site.log.paths()).values()) == 1
        assert not {"x-sneaky", "cookie"} & {name.lower() for name in site.log.lines[-1].headers}
    assert {row["rule"] for row in place.data("--refusals")} == {"seal.no-pass", "seal.stripped"}
