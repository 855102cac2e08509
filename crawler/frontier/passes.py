"""The pass that every request carries: permission, ticket, checked address.  Without one nothing leaves."""

from __future__ import annotations

from dataclasses import dataclass

from scrapy import Request

from crawler.frontier.itinerary import Errand, Stop
from crawler.frontier.lanes import Claim
from crawler.permission.address import Address
from crawler.permission.decision import Permission, PermissionDenied
from crawler.permission.origin import OriginRules


@dataclass(slots=True, kw_only=True)
class Pass:
    """What the frontier gave a request when it let it go."""

    stop: Stop
    permission: Permission
    claim: Claim  # single use
    address: Address  # the checked one: this is what gets dialled
    rules: OriginRules
    conditions: tuple[tuple[str, str], ...] = ()  # header fields of a conditional request (RFC 9110 §13.1)

    @property
    def is_robots(self) -> bool:
        """Whether it is for a robots.txt."""
        return self.stop.errand is Errand.ROBOTS


# What stock Scrapy would take from a request's meta to get around pace, identity or permission (DA-5.3.1-3).
_BYPASSES = frozenset(
    {
        "bindaddress",
        "cookiejar",
        "dont_merge_cookies",
        "dont_obey_robotstxt",
        "dont_redirect",
        "dont_retry",
        "download_delay",
        "download_maxsize",
        "download_slot",
        "download_timeout",
        "handle_httpstatus_all",
        "http_auth_domain",
        "max_retry_times",
        "pass",
        "proxy",
    }
)


def stripped(request: Request) -> list[str]:
    """Return the meta keys of a request that ask for what this crawler does not do; a real pass is none of them."""
    found = _BYPASSES & request.meta.keys()
    if isinstance(request.meta.get("pass"), Pass):
        found -= {"pass"}
    return sorted(found)


def pass_of(request: Request) -> Pass:
    """Return the pass a request travels on.

    Raises:
        PermissionDenied: it has none, or one for another URL, or one that was refused.
    """
    carried = request.meta.get("pass")
    if not isinstance(carried, Pass):
        raise PermissionDenied(
            f"{request.url}: this request did not come from the frontier, so nobody permitted it; "
            "offer the URL to the frontier instead (yield it from the spider)"
        )
    if not carried.permission.granted:
        raise PermissionDenied(f"{request.url}: {carried.permission.evidence()}")
    if request.url != carried.permission.url or request.url != carried.claim.url:
        raise PermissionDenied(f"{request.url}: its permission is for {carried.permission.url}")
    if request.method != "GET":
        raise PermissionDenied(f"{request.url}: {request.method} is not asked by this crawler, only GET")
    return carried
