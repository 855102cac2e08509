"""Sites as a crawl meets them: zipf sizes, a few words about rights each, read by our own readers.

What a host says is written as robots.txt, tdmrep.json and a licence link, and read as the crawler reads it, so that a
rights set here is one that a crawl would have interned.  The same numbers give the same sites.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from licences.detection.statement import licence_statement
from licences.observation import Statement
from licences.rights import Lookup, RightsSet
from licences.robots.document import RobotsDocument
from licences.signals.access import refusal
from licences.signals.tdmrep_file import parse_tdm_file
from licences.terms import terms_at
from licences.vocabulary import Channel, Kind, Retrieval

T = TypeVar("T")
TOKEN = "Aboveboard"
REFUSED = RightsSet.of_statements(
    [refusal("unavailable_for_legal_reasons")], [Lookup(channel=Channel.HTTP_STATUS, retrieval=Retrieval.OK)]
)
_PLAIN = "User-agent: *\nDisallow: /private/\n"
_NO_AGENTS = "\n".join(f"User-agent: {name}\nDisallow: /\n" for name in ("GPTBot", "CCBot", "ClaudeBot"))
_ROBOTS = (
    (80, _PLAIN),
    (9, f"{_PLAIN}\n{_NO_AGENTS}"),
    (4, f"{_PLAIN}Content-Signal: search=yes, ai-train=no\n"),
    (7, f"{_PLAIN}Content-Signal: search=yes, ai-train=yes\n"),
)
RESERVED = json.dumps([{"location": "/*", "tdm-reservation": 1}])
_TDMREP = ((92, None), (4, RESERVED), (4, json.dumps([{"location": "/press/*", "tdm-reservation": 1}])))
_DEEDS = (
    (70, None),
    (12, "https://creativecommons.org/licenses/by/4.0/"),
    (8, "https://creativecommons.org/licenses/by-sa/4.0/"),
    (2, "https://creativecommons.org/publicdomain/zero/1.0/"),
    (3, "https://creativecommons.org/licenses/by-nc/4.0/"),
    (3, "https://creativecommons.org/licenses/by-nc-sa/3.0/"),
    (2, "https://example.org/terms-of-use"),
)
_SIGNALS = ((5, "search=yes"), (3, "search=yes, ai-train=yes"), (2, "ai-train=no"))
_LANGUAGES = ((60, "en"), (9, "de"), (7, "fr"), (6, "es"), (5, "zh-cn"), (4, "ja"), (2, "pt-br"), (7, None))
_UNREACHABLE = 0.02  # of hosts: a file about rights that did not answer
_WORDS = ("guide", "reference", "news", "archive", "blog", "library", "handbook", "press")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Pages of a site that share a path's beginning and what is stated for them."""

    prefix: str  # "/guide-17/"
    rights: RightsSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One site, and what its host says."""

    number: int  # from 1: its rank by size, and the key of its site
    captures: int
    language: str | None
    robots: str
    tdmrep: str | None  # None: there is none
    tdmrep_retrieval: Retrieval
    sections: Sequence[Section]  # the first one holds most of its pages

    @property
    def site(self) -> str:
        """Its registrable domain."""
        return f"site{self.number}.example"

    @property
    def origins(self) -> tuple[str, str]:
        """Where its pages are; the first holds most of them."""
        return f"https://www.{self.site}", f"https://docs.{self.site}"


def hosts(count: int, captures: int, rights_sets: int, seed: int = 1) -> list[Host]:
    """Return sites, the largest first, whose pages stand under about as many rights sets as wanted.

    Args:
        count: of sites.
        captures: of all of them together, about.
        rights_sets: distinct ones wanted; there are as many sections.
        seed: another one gives other sites.
    """
    chance = random.Random(seed)
    whole = sum(1 / rank for rank in range(1, count + 1))
    sizes = [max(8, round(captures / rank / whole)) for rank in range(1, count + 1)]
    more = _dealt(rights_sets, sizes)
    return [
        _host(number, size, parts, chance)
        for number, (size, parts) in enumerate(zip(sizes, more, strict=True), 1)
    ]


def stated_by(hosts: Sequence[Host]) -> list[RightsSet]:
    """Return every rights set of some sites once, the largest site's first, and that of a refusal last."""
    found = {section.rights.digest: section.rights for host in hosts for section in host.sections}
    return [*found.values(), REFUSED]


def _dealt(sections: int, sizes: Sequence[int]) -> list[int]:
    """Give sites their further sections: large ones more, as the square root of the size, at most one per 20 pages."""
    roots = [size**0.5 for size in sizes]
    share = sections / sum(roots)
    return [min(round(root * share), size // 20) for root, size in zip(roots, sizes, strict=True)]


def _host(number: int, captures: int, parts: int, chance: random.Random) -> Host:
    prefixes = [f"/{chance.choice(_WORDS)}-{number}-{part}/" for part in range(parts)]
    signals = "".join(f"Content-Signal: {prefix} {_drawn(chance, _SIGNALS)}\n" for prefix in prefixes)
    robots = _drawn(chance, _ROBOTS)
    robots = robots.replace("Disallow: /private/\n", f"Disallow: /private/\n{signals}", 1)
    tdmrep, deed = _drawn(chance, _TDMREP), _drawn(chance, _DEEDS)
    absent = Retrieval.UNREACHABLE if chance.random() < _UNREACHABLE else Retrieval.ABSENT
    retrieval = absent if tdmrep is None else Retrieval.OK
    reader = _Reader(number, robots, tdmrep, retrieval, deed)
    return Host(
        number=number,
        captures=captures,
        language=_drawn(chance, _LANGUAGES),
        robots=robots,
        tdmrep=tdmrep,
        tdmrep_retrieval=retrieval,
        sections=[Section(prefix=prefix, rights=reader.rights(prefix)) for prefix in ["/pages/", *prefixes]],
    )


class _Reader:
    """Reads what one host says about its pages, the way a crawl does."""

    def __init__(
        self, number: int, robots: str, tdmrep: str | None, retrieval: Retrieval, deed: str | None
    ) -> None:
        self._origin = f"https://www.site{number}.example"
        self._robots = RobotsDocument.parse(robots.encode())
        self._tdmrep = None if tdmrep is None else parse_tdm_file(tdmrep.encode()).document
        self._licence = [] if deed is None else [licence_statement(Kind.LICENCE_LINK, terms_at(deed))]
        self._lookups = (
            Lookup(channel=Channel.HTTP_HEADER, retrieval=Retrieval.OK),
            Lookup(channel=Channel.HTML_META, retrieval=Retrieval.OK),
            Lookup(channel=Channel.ROBOTS_TXT, retrieval=Retrieval.OK),
            Lookup(channel=Channel.WELL_KNOWN, retrieval=retrieval, document="tdmrep.json"),
            Lookup(channel=Channel.WELL_KNOWN, retrieval=Retrieval.ABSENT, document="ai.txt"),
            Lookup(channel=Channel.WELL_KNOWN, retrieval=Retrieval.ABSENT, document="trust.txt"),
        )

    def rights(self, prefix: str) -> RightsSet:
        """Return what is stated for a page of a section."""
        return RightsSet.of_statements(
            [*self._licence, *self._said(f"{self._origin}{prefix}a.html")], self._lookups
        )

    def _said(self, url: str) -> Iterator[Statement]:
        for seen in self._robots.observe(url, f"{self._origin}/robots.txt", product_token=TOKEN):
            yield seen.statement
        if self._tdmrep is not None:
            place = f"{self._origin}/.well-known/tdmrep.json"
            for seen in self._tdmrep.observe(url, place, media_type="text/html"):
                yield seen.statement


def _drawn(chance: random.Random, of: Sequence[tuple[int, T]]) -> T:
    """Draw one by its weight."""
    return chance.choices([value for _, value in of], [weight for weight, _ in of])[0]
