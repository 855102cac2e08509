"""No request passes without a pass from the frontier; what a spider could slip into meta does not get through."""

from __future__ import annotations

from scrapy import Request

from crawler.frontier.passes import pass_of

# What stock Scrapy would take from a request's meta to get around pace, identity or permission (DA-5.3.1-3).
_BYPASSES = frozenset(
    {
        "dont_obey_robotstxt",
        "download_slot",
        "proxy",
        "bindaddress",
        "dont_retry",
        "max_retry_times",
        "cookiejar",
        "download_timeout",
        "download_maxsize",
    }
)


class PermissionMiddleware:
    """The first of two checks; the download handler is the other."""

    def process_request(self, request: Request) -> None:
        """Let a request on only with its pass.

        Raises:
            PermissionDenied: there is none.
        """
        pass_of(request)
        for name in _BYPASSES & request.meta.keys():
            del request.meta[name]
