"""What the words of the policy's case files stand for, by the way of the real observers where there is one."""

from __future__ import annotations

from typing import Any

from pages import TOKEN, URL, observed

from licences.observation import Observation, Statement
from licences.rights import Lookup
from licences.robots import RobotsDocument
from licences.signals.tdmrep_file import parse_tdm_file
from licences.vocabulary import Channel, Kind, LegalEffect, Retrieval, Usage, Verdict

ROBOTS = "https://example.org/robots.txt"
TDMREP = "https://example.org/.well-known/tdmrep.json"
CREATIVE_COMMONS = {
    "CC0-1.0": "publicdomain/zero/1.0",
    "CC-PDM-1.0": "publicdomain/mark/1.0",
    "CC-BY-4.0": "licenses/by/4.0",
    "CC-BY-SA-4.0": "licenses/by-sa/4.0",
    "CC-BY-ND-4.0": "licenses/by-nd/4.0",
    "CC-BY-NC-4.0": "licenses/by-nc/4.0",
}
ALLOWED = Statement(
    kind=Kind.CONTENT_SIGNAL_ROBOTS,
    protocol="Content Signals",
    usage=Usage.AI_TRAIN,
    covers=(Usage.AI_TRAIN_GEN, Usage.AI_TRAIN_NONGEN),
    verdict=Verdict.ALLOW,
    legal_effect=LegalEffect.PREFERENCE,
)
RESERVED = Statement(
    kind=Kind.ROBOTS_TAG_HEADER,
    protocol="X-Robots-Tag",
    usage=Usage.AI_TRAIN,
    verdict=Verdict.DENY,
    legal_effect=LegalEffect.RESERVATION,
)
ASKED = {"robots.txt": "absent", "headers": "ok", "tdmrep.json": "absent", "ai.txt": "absent"}
_CHANNELS = {"robots.txt": Channel.ROBOTS_TXT, "headers": Channel.HTTP_HEADER}


def changed(statement: Statement, **changes: Any) -> Statement:
    """Return a statement with some of its fields as JSON has them."""
    return Statement.from_json({**statement.to_json(), **changes})


_PAYMENT = {"type": "payment", "value": "USD 0.01"}
_ELSEWHERE = {  # words that no observer of ours reads, or that it reads by and by
    "ai-train=yes": ALLOWED,
    "platform ai-train=yes": changed(ALLOWED, asserted_by="platform"),
    "registry: ai-train=yes": changed(ALLOWED, kind="registry", asserted_by="third_party"),
    "registry: noai": changed(RESERVED, kind="registry", asserted_by="third_party"),
    "lenient noai": changed(RESERVED, lenient=True, confidence=0.8),
    "access refused": changed(RESERVED, kind="http.access", usage="crawl", legal_effect="access_rule"),
    "robots.txt out of reach": changed(
        RESERVED, kind="robots.fetch_state", usage="crawl", legal_effect="access_rule"
    ),
    "agreement": changed(ALLOWED, kind="agreement", legal_effect="contract_term"),
    "RSL: ai-all for payment": changed(
        ALLOWED,
        kind="rsl.licence",
        verdict="conditional",
        legal_effect="licence_grant",
        conditions=[_PAYMENT],
    ),
    "terms: no AI training": changed(
        RESERVED, kind="tos.clause", legal_effect="contract_term", confidence=0.85
    ),
    "text: no crawling": changed(
        RESERVED, kind="rights.notice", usage="crawl", legal_effect="notice", confidence=0.7, note="text"
    ),
    "text: all rights reserved": changed(
        RESERVED, kind="rights.notice", verdict="unknown", legal_effect="notice"
    ),
}


_IN_FULL = {
    "GPTBot+CCBot": "robots User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /",
    "paywall": 'html <script type="application/ld+json">{"@type":"Article","isAccessibleForFree":false}</script>',
    "https://example.org/terms": 'html <a rel=license href="https://example.org/terms">x</a>',
}


def stated(words: str) -> list[Statement]:
    """Return what the words stand for.

    ``header …``, ``html …``, ``robots …`` and ``tdmrep.json …`` are read as a site sends them; a licence's SPDX id stands for a
    link to it, on the page, in a figure, in the footer or for the whole site.
    """
    if words in _ELSEWHERE:
        return [_ELSEWHERE[words]]
    return [one.statement for one in _observed(words)]


def looked_up(answers: dict[str, str]) -> list[Lookup]:
    """Return the lookups of a document for which everything was asked, except where told otherwise."""
    return [
        Lookup(
            channel=_CHANNELS.get(name, Channel.WELL_KNOWN),
            retrieval=Retrieval(answer),
            document=None if name in _CHANNELS else name,
        )
        for name, answer in (ASKED | answers).items()
        if answer != "never"
    ]


def _observed(words: str) -> tuple[Observation, ...]:
    source, _, text = _IN_FULL.get(words, words).partition(" ")
    match source:
        case "html":
            return observed(text)
        case "header":
            name, _, value = text.partition(": ")
            return observed(headers=[(name, value)])
        case "robots":
            return RobotsDocument.parse(text.encode()).observe(URL, ROBOTS, product_token=TOKEN)
        case "tdmrep.json":
            document = parse_tdm_file(text.encode()).document
            assert document is not None
            return document.observe(URL, TDMREP, media_type="text/html")
    where, _, licence = words.rpartition(" ")
    return (
        _licence(where, licence)
        if licence in CREATIVE_COMMONS
        else observed(headers=[("X-Robots-Tag", words)])
    )


def _licence(where: str, licence: str) -> tuple[Observation, ...]:
    url = f"https://creativecommons.org/{CREATIVE_COMMONS[licence]}/"
    found = observed(
        {
            "": f'<a rel=license href="{url}">x</a>',
            "site": f'<a rel=license href="{url}">x</a>',
            "figure": f'<figure><a rel=license href="{url}">x</a></figure>',
            "footer": f'<footer><a href="{url}">x</a></footer>',
        }[where]
    )
    if where != "site":
        return found
    scope = {"level": "authority", "selector": None, "media": []}
    return tuple(
        Observation(statement=changed(one.statement, scope=scope), source=one.source, raw=one.raw)
        for one in found
    )
