"""What a crawl of the demo site must come to: one row a URL, kept in ``expectations.toml``.

The acceptance tests compare a crawl with these rows; a reader learns from them what the demo shows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files


class Fate(StrEnum):
    """What becomes of a URL in the demo's crawl."""

    DOCUMENT = "document"  # captured: a 2xx answer to a page request
    REDIRECT = "redirect"  # its answer is archived; the target is asked for on its own
    FAILURE = "failure"  # its answer is archived; never a document
    SITE_DOCUMENT = "site-document"  # robots.txt, a sitemap
    REFUSED = "refused"  # not taken, and on record: `Expectation.rule` names the rule
    NOT_ASKED = (
        "not-asked"  # a link that is left alone by `Expectation.rule`: at most counted, never requested
    )
    UNSEEN = "unseen"  # nothing leads to it, or it is no http(s) URL: neither asked for nor recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must become of one URL."""

    url: str  # absolute
    fate: Fate
    rule: str | None = (
        None  # of a refusal: "robots.disallow", "scope", "site.http-403", "media", "limit.depth"
    )
    licences: tuple[str, ...] = ()  # of a document: what holds for it, as SPDX names it, sorted
    outcome: str | None = None  # of a document: strict-optin's, for ai-train-gen
    case: str  # the case it shows, in words


def expectations(origin: str) -> Mapping[str, Expectation]:
    """Return the expectations by absolute URL.

    Args:
        origin: where the demo site is served: ``http://127.0.0.1:8000``, no slash at the end.

    >>> expectations("http://127.0.0.1:8000")["http://127.0.0.1:8000/private/ledger.html"].rule
    'robots.disallow'
    """
    rows = tomllib.loads((files("crawler.demo") / "expectations.toml").read_text(encoding="utf-8"))
    return {
        url: Expectation(
            url=url,
            fate=Fate(row["fate"]),
            rule=row.get("rule"),
            licences=tuple(name.replace("{origin}", origin) for name in row.get("licences", ())),
            outcome=row.get("outcome"),
            case=row["case"],
        )
        for target, row in rows.items()
        for url in [origin + target if target.startswith("/") else target]
    }
