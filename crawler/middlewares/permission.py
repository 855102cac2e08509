"""No request passes without a pass from the frontier, however it came into the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.frontier.passes import pass_of, stripped
from crawler.permission.decision import PermissionDenied

if TYPE_CHECKING:
    from crawler.visit import Visit


class PermissionMiddleware:
    """The first of two checks, and the one that records; the download handler is the other."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware of the spider's visit."""
        spider: Any = crawler.spider
        return cls(spider.visit)

    def process_request(self, request: Request) -> None:
        """Let a request on only with its pass.

        Raises:
            PermissionDenied: there is none; that is on record then.
        """
        try:
            pass_of(request)
        except PermissionDenied as error:
            self._visit.refuse(
                request.url, "seal.no-pass", "a request tried to go around the frontier", str(error)
            )
            raise
        for name in stripped(request):
            del request.meta[name]
