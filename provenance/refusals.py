"""Every rule by which something is not taken, with its words: the one list that crawls, answers and reports share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REFUSAL_RULES: Mapping[str, str] = MappingProxyType(
    {
        # --- what robots.txt says, or does not say
        "robots.disallow": "robots.txt disallows the address for us",
        "robots.deny-all": "the site refuses its robots.txt to us, so nothing of the host is asked for",
        "robots.unreachable": "robots.txt cannot be read, so nothing of the host is asked for",
        "robots.crawl-delay": "robots.txt asks for a longer gap than we keep a host open for",
        "robots.changed": "fetched under an earlier robots.txt; the one in force now denies it",
        "robots": "a rule of robots.txt",
        "site-document.crawl": "a file of the host says that crawlers such as ours may not fetch the address",
        # --- what the site answers
        "site.http-401": "the site asks for a login",
        "site.http-402": "the site asks for payment; nothing was paid",
        "site.http-403": "the site forbids the address",
        "site.http-407": "a proxy asks for a login",
        "site.http-451": "the site withholds the address on legal demand",
        "site.challenge": "the site answers with a challenge that only a person may pass",
        "site.login": "the site answers with a page to log in",
        "site": "the site turned us away",
        "unreachable": "no answer came",
        # --- what was forgotten
        "erasure.suppressed": "it was erased, and what was erased is not fetched again",
        "erasure": "it was erased",
        # --- whose source is out of force
        "source.revoked": "its source was revoked; 'aboveboard source admit' admits it again",
        "source.expired": "its source's admission is over; 'aboveboard source admit' admits it again",
        "source.not-begun": "its source's admission has not begun yet; see 'aboveboard source show'",
        "source.unregistered": "its source is not in the register; 'aboveboard source admit' admits it",
        "source": "its source is out of force; see 'aboveboard source show'",
        # --- where we do not go
        "address": "the name leads to an address that no crawl may reach without its owner's recorded permission",
        "scope": "the address lies outside the scope of the job",
        "media": "the media type is not one the job asks for",
        "redirect.limit": "more redirects than we follow led here",
        "redirect.unusable": "redirects to no URL that we ask for",
        "redirect": "a redirect that is not followed",
        "limit.depth": "deeper than the job goes",
        "limit.pages": "the job's number of pages was reached",
        "limit.bytes": "the job's number of bytes was reached",
        "limit.time": "the job's time was over",
        "limit": "a limit of the job was reached",
        "budget": "the day's budget for the host was spent",
        "host.parked": "the host is parked until a person decides",
        "host.paused": "the host is paused by a person",
        "host": "the host is left alone",
        # --- what a spider tried
        "seal.stripped": "the address is asked for without what the request carried besides",
        "seal.no-pass": "a request tried to go around the frontier",
        "seal": "something tried to go around the rules",
        "error": "the exchange failed",
    }
)


def refusal_in_words(rule: str) -> str:
    """Return what a refusal's rule means, by the longest part of its name that is known.

    >>> refusal_in_words("limit.sitemaps")
    'a limit of the job was reached'
    >>> refusal_in_words("novel")
    'novel'
    """
    name = rule
    while name not in REFUSAL_RULES and "." in name:
        name = name.rpartition(".")[0]
    return REFUSAL_RULES.get(name, rule)
