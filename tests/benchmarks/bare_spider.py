"""The rival: what a bare Scrapy spider costs.  No robots.txt, no rights, no storage; it follows links, that is all.

Usage: python bare_spider.py URL.  Prints {"pages": …, "requests": …} as JSON when the crawl has ended.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor

SETTINGS: dict[str, Any] = {
    "CONCURRENT_REQUESTS": 64,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 64,
    "DOWNLOAD_DELAY": 0,
    "LOG_LEVEL": "ERROR",
    "REMOTE_CONTROL_ENABLED": False,
    "ROBOTSTXT_OBEY": False,
    "TELNETCONSOLE_ENABLED": False,
}


class BareSpider(Spider):
    """Scrapy's own link extractor and duplicate filter over every HTML page of one host."""

    name = "bare"

    def __init__(self, url: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.start_urls = [url]
        self.allowed_domains = [urlsplit(url).hostname or ""]
        self._links = LinkExtractor()
        self.pages = 0

    def parse(self, response: Response, **_: Any) -> Iterator[Request]:
        """Count an HTML page; follow all its links."""
        if isinstance(response, HtmlResponse):
            self.pages += 1
            for link in self._links.extract_links(response):
                yield Request(link.url)


def main(url: str) -> None:
    """Crawl and print what was done."""
    process = AsyncCrawlerProcess(SETTINGS)
    crawler = process.create_crawler(BareSpider)
    process.crawl(crawler, url=url)
    process.start()
    spider, stats = crawler.spider, crawler.stats
    assert isinstance(spider, BareSpider)
    assert stats is not None
    print(json.dumps({"pages": spider.pages, "requests": stats.get_value("downloader/request_count")}))


if __name__ == "__main__":
    main(sys.argv[1])
