"""``article:content_tier``: whether an article is free, locked or metered (Open Graph, as publishers extend it)."""

from __future__ import annotations

from collections.abc import Iterable

from licences.detection.place import Element, css_path
from licences.observation import RAW_LIMIT, Observation, Source, Statement
from licences.vocabulary import Channel, Kind, LegalEffect, Usage, Verdict

PROTOCOL = "article:content_tier"


def declared_by_content_tier(element: Element) -> Iterable[Observation]:
    """Return that an article is not free to read: no copies, and a person looks before anybody trains on it."""
    if element.tag != "meta":
        return ()
    attributes = element.attributes
    name = attributes.get("property") or attributes.get("name") or ""
    if name.strip().lower() != PROTOCOL:
        return ()
    stated = _STATEMENTS.get((attributes.get("content") or "").strip().lower(), ())
    if not stated:
        return ()
    source = Source(channel=Channel.HTML_META, url=element.page.url, locator=css_path(element.node))
    raw = (element.node.html or "")[:RAW_LIMIT]
    return [Observation(statement=statement, source=source, raw=raw) for statement in stated]


_STATEMENTS = {
    tier: tuple(
        Statement(
            kind=Kind.RIGHTS_PAYWALL,
            protocol=PROTOCOL,
            usage=usage,
            verdict=verdict,
            legal_effect=LegalEffect.NOTICE,
            note="paywall" if tier == "locked" else "metered",
        )
        for usage, verdict in ((Usage.REDISTRIBUTE, Verdict.DENY), (Usage.AI_TRAIN, Verdict.UNKNOWN))
    )
    for tier in ("locked", "metered")
}
