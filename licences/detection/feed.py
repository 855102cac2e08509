"""Licences of feeds: RSS 2.0, RSS 1.0 and Atom, with their licence modules.

The feed's own licence covers the document, an entry's only that entry.  Where an entry states another licence, or
that its licence is unspecified, the feed's licence covers no more than the rest, which is a part of the document.
Source: RSS 2.0; RSS 1.0 (``cc:license``); RFC 4287 §4.2.10; RFC 4946 §2 (inheritance, ``#unspecified``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from licences.detection.place import resolve
from licences.detection.statement import (
    PROTOCOLS,
    licence_statement,
    part_of,
    rights_notice,
    unread_statement,
)
from licences.detection.written import read_rights, terms_written
from licences.detection.xml_elements import XmlElement, elements
from licences.observation import WHOLE_DOCUMENT, Observation, Scope, Source, Statement, encodable
from licences.representation import Representation
from licences.robots.text import decode, printable
from licences.vocabulary import Channel, Kind, Retrieval, Verdict

_ROOTS = frozenset({"rss", "RDF", "feed"})
_TYPES = frozenset({"application/xml", "text/xml"})
_MARKS = (b"icense", b"ights", b"opyright")
_ATOM = "{http://www.w3.org/2005/Atom}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_PODCAST = "{https://podcastindex.org/namespace/1.0}"
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_UNSPECIFIED = "http://purl.org/atompub/license#unspecified"
_LICENCES: Mapping[
    str, tuple[str, ...]
] = {  # element: the attributes that may hold the licence, before its text
    "{http://backend.userland.com/creativeCommonsRssModule}license": (),
    "{http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html}license": (),
    "{http://web.resource.org/cc/}license": (_RESOURCE,),
    "{http://creativecommons.org/ns#}license": (_RESOURCE,),
    "{http://purl.org/dc/terms/}license": (_RESOURCE,),
    f"{_ATOM}link": ("href",),
    f"{_MEDIA}license": ("href",),
    f"{_PODCAST}license": ("url",),
}
_RIGHTS = frozenset(
    {
        "copyright",
        f"{_ATOM}rights",
        "{http://purl.org/dc/elements/1.1/}rights",
        "{http://purl.org/dc/terms/}rights",
        f"{_MEDIA}copyright",
    }
)
_OF_MEDIA = (_MEDIA, _PODCAST)  # they speak of recordings, not of the words of the feed
_ENTRIES = frozenset({"item", "entry"})
_ENTRY, _RECORDING, _REST = part_of("entry"), part_of("media"), part_of("feed, some entries excepted")
_RAW = 2000


class _Stated(NamedTuple):
    """One element that says something, and where in the feed it stands."""

    element: XmlElement
    entry: str | None  # the path of its entry; None: the feed itself
    of_source: bool  # inside an Atom entry's ``source``
    statement: Statement
    raw: str


def declared_by_feed(representation: Representation) -> Iterator[Observation]:
    """Yield what a feed says about its licence and its entries'; a broken feed that speaks of rights is a fact too."""
    if not _may_speak(representation):
        return
    body = representation.body
    reading = elements(body, roots=_ROOTS, asked=_asked)
    if reading.retrieval is not Retrieval.OK:
        line = next((one for one in decode(body[:_RAW])[0].splitlines()[:1]), "")
        statement = unread_statement(Kind.LICENCE_FEED, reading.retrieval)
        yield _observation(statement, representation.url, "line 1", printable(line) or "(empty line)")
    stated = [one for element in reading.found for one in _read(element, representation.url)]
    own = {one.entry for one in stated if not one.of_source}
    stated = [one for one in stated if not one.of_source or one.entry not in own]
    rest = reading.retrieval is Retrieval.OVERSIZE or _exceptions(stated)  # unread entries may say otherwise
    for one in stated:
        statement = one.statement
        if one.entry is None and rest and statement.scope == WHOLE_DOCUMENT:
            statement = _of_the_rest(statement)
        yield _observation(statement, representation.url, one.element.path, one.raw)


def _may_speak(representation: Representation) -> bool:
    kind, body = representation.media_type, representation.body
    if representation.tree is not None or not (kind in _TYPES or kind.endswith("+xml")):
        return False
    return any(mark in body for mark in _MARKS) or b"\0" in body[:4]  # two bytes a character: no gate


def _asked(tag: str, attributes: Mapping[str, str]) -> bool:
    if tag == f"{_ATOM}link":
        return "license" in attributes.get("rel", "").lower().split()
    return tag in _LICENCES or tag in _RIGHTS


def _read(element: XmlElement, url: str) -> Iterator[_Stated]:
    steps = element.steps
    depth = next((number for number, step in enumerate(steps) if step in _ENTRIES), None)
    entry = None if depth is None else "/".join(element.path.split("/")[: depth + 2])
    scope = _scope(element, entry)
    holders = [
        value for name in _LICENCES.get(element.tag, ("url",)) if (value := element.attributes.get(name))
    ]
    raw = (holders[0] if holders else element.text).strip()
    of_source = "source" in steps[:-1]
    for statement in _statements(element, raw, url, scope):
        yield _Stated(element, entry, of_source, statement, raw)


def _scope(element: XmlElement, entry: str | None) -> Scope:
    if element.tag.startswith(_OF_MEDIA):
        return _RECORDING
    if entry is not None:
        return _ENTRY
    return WHOLE_DOCUMENT if element.steps[-2] in {"rss", "channel", "feed"} else part_of(element.steps[-2])


def _statements(element: XmlElement, value: str, url: str, scope: Scope) -> Iterator[Statement]:
    if element.tag in _RIGHTS:
        yield from read_rights(Kind.LICENCE_FEED, value, base=url, url=url, scope=scope)
    elif resolve(url, value) == _UNSPECIFIED:
        yield rights_notice(PROTOCOLS[Kind.LICENCE_FEED], "unspecified", scope)
    elif (terms := terms_written(value, base=url, url=url)) is not None:
        yield licence_statement(Kind.LICENCE_FEED, terms, scope)


def _exceptions(stated: Iterable[_Stated]) -> bool:
    """Tell whether an entry says otherwise than the feed that holds it."""
    feed = {one.statement.licence for one in stated if one.statement.scope == WHOLE_DOCUMENT}
    return any(
        one.statement.licence not in feed
        for one in stated
        if one.statement.scope == _ENTRY and (one.statement.licence or one.statement.note == "unspecified")
    )


@lru_cache(maxsize=256)
def _of_the_rest(statement: Statement) -> Statement:
    return statement if statement.verdict is Verdict.UNKNOWN else replace(statement, scope=_REST)


def _observation(statement: Statement, url: str, locator: str, raw: str) -> Observation:
    source = Source(channel=Channel.FEED, url=url, locator=locator)
    return Observation(statement=statement, source=source, raw=encodable(raw[:_RAW]))
