"""Where a statement stands, and how looking for one went, in plain words: «the page's head», «robots.txt, line 4».

The locator itself leads a program there (see `licences.locating`); these words lead a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from licences.observation import Source
from licences.rights import Lookup
from licences.vocabulary import Channel, Retrieval

_HEADER = re.compile(r"(.+)\[(\d+)\]")
_JSON_ENTRY = re.compile(r"\$\[(\d+)\]")
_ORDINALS = ("first", "second", "third")

_CHANNELS: Mapping[Channel, str] = MappingProxyType(
    {
        Channel.ROBOTS_TXT: "robots.txt",
        Channel.HTTP_HEADER: "response headers",
        Channel.HTML_META: "the page's own tags",
        Channel.HTML_LINK: "the page's links",
        Channel.HTML_SCRIPT: "the page's structured data",
        Channel.HTML_TEXT: "the words on the page",
        Channel.WELL_KNOWN: "a file of the host",
        Channel.FILE_METADATA: "metadata inside the file",
        Channel.FEED: "the feed",
        Channel.SITEMAP: "the sitemap",
        Channel.REGISTRY: "a public register",
        Channel.HTTP_STATUS: "the answer's status",
        Channel.OUT_OF_BAND: "outside the web",
    }
)
_MARKUP = frozenset({Channel.HTML_META, Channel.HTML_LINK, Channel.HTML_SCRIPT, Channel.HTML_TEXT})
_STATES: Mapping[Retrieval, str] = MappingProxyType(
    {
        Retrieval.OK: "read",
        Retrieval.ABSENT: "absent",
        Retrieval.UNREACHABLE: "unreachable",
        Retrieval.MALFORMED: "malformed",
        Retrieval.OVERSIZE: "too large to be read whole",
        Retrieval.WRONG_TYPE: "something else in its place",
        Retrieval.REDIRECTED_CROSS_HOST: "redirected to another host",
    }
)


class Whereabouts(NamedTuple):
    """A place in two steps: what to open, and where to look in it."""

    where: str  # "robots.txt", "the page's head": what observations are grouped by
    at: str  # "line 4", "the second X-Robots-Tag"; the locator where there is no plainer word


def whereabouts(source: Source) -> Whereabouts:
    """Return where a statement stands.

    >>> whereabouts(Source(channel=Channel.HTTP_HEADER, url="https://example.org/", locator="X-Robots-Tag[0]"))
    Whereabouts(where='response headers', at='X-Robots-Tag')
    """
    if source.channel in _MARKUP:
        return _in_page(source)
    if source.channel is Channel.WELL_KNOWN:
        return Whereabouts(file_name(source.url), _entry(source.locator))
    if source.channel is Channel.HTTP_HEADER:
        return Whereabouts(_CHANNELS[source.channel], _header(source.locator))
    return Whereabouts(_CHANNELS[source.channel], source.locator)


def lookup_in_words(lookup: Lookup) -> str:
    """Return what was looked at, and how that went; absent, unreachable and malformed are three words.

    >>> lookup_in_words(Lookup(channel=Channel.WELL_KNOWN, retrieval=Retrieval.ABSENT, document="ai.txt"))
    'ai.txt: absent'
    """
    return f"{lookup.document or _CHANNELS[lookup.channel]}: {retrieval_in_words(lookup.retrieval)}"


def retrieval_in_words(retrieval: str) -> str:
    """Return how looking went; an unknown state as it is written.

    >>> retrieval_in_words("wrong_type"), retrieval_in_words("novel")
    ('something else in its place', 'novel')
    """
    return _STATES[Retrieval(retrieval)] if retrieval in set(Retrieval) else retrieval


def file_name(url: str) -> str:
    """Return what a host's file is called.

    >>> file_name("https://example.org/.well-known/tdmrep.json")
    'tdmrep.json'
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    return path.rpartition("/")[2] or _CHANNELS[Channel.WELL_KNOWN]


def _in_page(source: Source) -> Whereabouts:
    locator = source.locator
    if locator.startswith("comment["):
        return Whereabouts("comments in the page's source", locator)
    if source.channel is Channel.HTML_SCRIPT or " $" in locator:
        return Whereabouts(_CHANNELS[Channel.HTML_SCRIPT], locator)
    if locator.endswith(" text"):
        return Whereabouts(_CHANNELS[Channel.HTML_TEXT], locator.removesuffix(" text"))
    path = locator.removeprefix("body: ")
    if path != locator or path.startswith("html > body"):
        return Whereabouts("the page's body", path)
    return Whereabouts("the page's head" if path.startswith("html > head") else "the page", path)


def _header(locator: str) -> str:
    found = _HEADER.fullmatch(locator)
    if not found:
        return locator
    name, index = found[1], int(found[2])
    if not index:
        return name
    return f"the {_ORDINALS[index] if index < len(_ORDINALS) else f'{index + 1}th'} {name}"


def _entry(locator: str) -> str:
    found = _JSON_ENTRY.fullmatch(locator)
    if found:
        return f"entry {int(found[1]) + 1}"
    return "" if locator == "$" else locator
