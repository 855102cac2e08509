"""Find the raw text of an observation again, at the place its locator names, in the bytes that were archived.

An observer's word is not enough for a reviewer: this module knows nothing of how a statement was read, only where its
text must stand.  Each form of locator is one function.

======================  ==========================================================================
``Link[1]``             a header: its index, from 0, among the headers of that name
``html > body > a``     an element of a page, by a CSS selector; ``body: …`` says it stood in the body
``… $.license``         a value inside the JSON-LD that the element holds
``… text``              words in the element, blanks collapsed
``line 4, line 9``      lines of a text file, from 1
``/rss/channel/…``      an element of an XML file: local names, positions from 1
``$[2]``                a value of a JSON file
``comment[0]``          an HTML comment, from 0
``xmp …``               the XMP packet inside a file
``status``              the status code
======================  ==========================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from selectolax.lexbor import SelectolaxError

from licences.observation import Observation, encodable
from licences.representation import Representation
from licences.robots.text import decode, printable

_PART = re.compile(
    r" text$|^line |^comment\[|^xmp|^\$$"
)  # here the raw text may be a part of what lies there
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\[(\d+)\]")
_LINES = re.compile(r"line \d+(?:, line \d+)*")
_COMMENT = re.compile(r"comment\[(\d+)\]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_XML_STEP = re.compile(r"([^\[\]]+)(?:\[(\d+)\])?")
_BETWEEN_MARKUP = re.compile("[^<>\"']+")
_COMMENTS = re.compile(rb"<!--(.*?)-->", re.DOTALL)
_PACKET = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>|<\?xpacket begin.*?<\?xpacket end", re.DOTALL)


def stands(observation: Observation, archived: Representation) -> bool:
    """Tell whether an observation's raw text is found at its locator.

    Args:
        observation: whose ``source`` names a response or a host's file.
        archived: that very response or file, read from the archive.
    """
    locator, raw = observation.source.locator, observation.raw
    if locator.endswith(" text"):  # how blanks and control signs are shown is a matter of taste
        return any(_bare(raw) in _bare(encodable(found)) for found in candidates(locator, archived))
    if _PART.search(locator):
        return any(raw in encodable(found) for found in candidates(locator, archived))
    return any(encodable(found).startswith(raw) for found in candidates(locator, archived))


def _bare(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable() and not sign.isspace())


def candidates(locator: str, archived: Representation) -> Iterator[str]:
    """Yield what lies at a locator; usually one text, several where a page gives two elements one id."""
    for form, find in _FORMS:
        if form(locator):
            yield from find(locator, archived)
            return
    yield from _in_page(locator, archived)


def _header(locator: str, archived: Representation) -> Iterator[str]:
    if (named := _HEADER.fullmatch(locator)) is None:
        return
    values = archived.all(named[1].lower())
    if int(named[2]) < len(values):
        yield encodable(values[int(named[2])][1])


def _status(_: str, archived: Representation) -> Iterator[str]:
    yield str(archived.status)


def _lines(locator: str, archived: Representation) -> Iterator[str]:
    """Yield the lines as a robots.txt reader splits them, and as any text file is."""
    text, _ = decode(archived.body)
    lines = _LINE_END.split(text)
    numbers = [int(number) for number in re.findall(r"\d+", locator)]
    if all(0 < number <= len(lines) for number in numbers):
        yield "\n".join(printable(lines[number - 1]) for number in numbers)


def _comment(locator: str, archived: Representation) -> Iterator[str]:
    if (named := _COMMENT.fullmatch(locator)) is None:
        return
    for index, found in enumerate(_COMMENTS.finditer(archived.body)):
        if index == int(named[1]):
            yield found[1].decode("utf-8", "replace")
            return


def _packet(_: str, archived: Representation) -> Iterator[str]:
    for found in _PACKET.finditer(archived.body):
        text = found[0].decode("utf-8", "replace")
        yield text
        yield unescape(text)


def _in_json_file(locator: str, archived: Representation) -> Iterator[str]:
    yield from _in_json(archived.body.decode("utf-8-sig", "replace"), locator)


def _in_json(text: str, path: str) -> Iterator[str]:
    """Yield the value at a path such as ``$.license`` or ``$[2]``, dumped; the path's steps may hold any sign."""
    for tolerant in (False, True):
        try:
            value = json.loads(_without_trailing_commas(text) if tolerant else text, strict=False)
        except (ValueError, RecursionError):
            continue
        for found in _at(value, path.removeprefix("$")):
            yield json.dumps(found, ensure_ascii=False)
        return
    if path.strip("$") == "":
        yield text


def _at(value: Any, path: str) -> Iterator[Any]:
    """Yield the values at a path; a key may itself hold dots and brackets, so every prefix is tried."""
    if path in {"", "."}:
        yield value
        if isinstance(value, list):  # each of several values states something
            yield from value
    elif isinstance(value, list):
        if (found := re.match(r"\[(\d+)\]", path)) and int(found[1]) < len(value):
            yield from _at(value[int(found[1])], path[found.end() :])
        else:
            for part in value:
                yield from _at(part, path)
    elif isinstance(value, dict):
        rest = path.removeprefix(".")
        for key, part in value.items():
            name = encodable(key)
            if rest.startswith(name) and rest[len(name) : len(name) + 1] in {"", ".", "["}:
                yield from _at(part, rest[len(name) :])


def _without_trailing_commas(text: str) -> str:
    return re.sub(r",(?=\s*[}\]])", "", text.strip().removesuffix(";"))


def _in_xml(locator: str, archived: Representation) -> Iterator[str]:
    try:
        root = fromstring(archived.body)
    except ParseError:  # whoever read it came as far as the mistake: the words are there, a path is not
        for piece in _BETWEEN_MARKUP.findall(archived.body.decode("utf-8", "replace")):
            yield unescape(piece).strip()
        return
    except (DefusedXmlException, ValueError):
        return
    first, *steps = locator.strip("/").split("/")
    found: list[Element] = [root] if _local(root.tag) == first.partition("[")[0] else []
    for step in steps:
        if (read := _XML_STEP.fullmatch(step)) is None:
            return
        position = int(read[2] or 1)
        found = [
            alike[position - 1]
            for parent in found
            if len(alike := [child for child in parent if _local(child.tag) == read[1]]) >= position
        ]
    for element in found:
        yield "".join(element.itertext()).strip()
        yield from (value.strip() for value in element.attrib.values())


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _in_page(locator: str, archived: Representation) -> Iterator[str]:
    """Yield the element, or what the rest of the locator says of it."""
    if archived.tree is None:
        return
    selector = locator.removeprefix("body: ")
    selector, words = (
        (selector.removesuffix(" text"), True) if selector.endswith(" text") else (selector, False)
    )
    selector, _, inside = selector.partition(" $")
    try:
        nodes = archived.tree.css(selector)
    except (
        SelectolaxError,
        ValueError,
    ):  # no selector: a page's own names may make it one that CSS cannot read
        return
    for node in nodes:
        if inside:
            yield from _in_json(node.text(deep=True), f"${inside}")
        elif words:
            yield " ".join(node.text(deep=True, separator=" ").split())
            yield " ".join(node.text(deep=True).split())
        else:
            yield node.html or ""
            yield node.text(deep=True)  # of a script that could not be read


_Find = Callable[[str, Representation], Iterator[str]]
_FORMS: tuple[tuple[Callable[[str], Any], _Find], ...] = (
    (lambda locator: locator == "status", _status),
    (lambda locator: locator.startswith("$"), _in_json_file),  # before headers: "$" is a sign of their names
    (_LINES.fullmatch, _lines),
    (_COMMENT.fullmatch, _comment),
    (_HEADER.fullmatch, _header),
    (lambda locator: locator.startswith("xmp"), _packet),
    (lambda locator: locator.startswith("/"), _in_xml),
)
