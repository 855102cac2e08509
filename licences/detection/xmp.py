"""XMP packets inside files: found in the bytes without reading the file's own format, and parsed without any trust.

Only packets that lie uncompressed are found, as the standard asks of writers (ISO 16684-1, «XMP packet wrapper»).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

PACKET_LIMIT = 4 * 1024 * 1024  # bytes of one packet, and of all that are read of one file
PACKETS = 8  # read of one file
_MARKERS = 100  # looked at: prose may hold one, too
_ENDS = (
    (b"<x:xmpmeta", b"</x:xmpmeta>"),
    (b"<?xpacket begin", b"<?xpacket end"),
)
_TAGS = 50_000  # of one packet; no honest one has more
_STEPS = 20_000  # through the elements of one packet
_DEEPEST = 32
_LONGEST_NAME = 200  # characters of it that a path repeats


class Packet(NamedTuple):
    """One packet."""

    text: str
    root: Element | None  # None: not well-formed, made to keep us busy, or with a document type


class Property(NamedTuple):
    """One property of a packet, written as an element or as an attribute."""

    path: str  # "/xmpmeta/RDF/Description/reservation": local names
    namespace: str
    name: str  # without its prefix
    value: str


def packets(body: bytes, marker: bytes) -> Iterator[Packet]:
    """Yield the packets that contain a marker, at most `PACKETS`.  Linear in the body; never raises.

    Args:
        body: of a PDF, a picture or any other file.
        marker: bytes that a packet must hold to be parsed at all.
    """
    position, left, read = body.find(marker), PACKET_LIMIT, 0
    for _ in range(_MARKERS):
        if position < 0 or read == PACKETS:
            return
        found = _around(body, position)
        if found is not None:
            read += 1
            left -= found[1] - found[0]
            if left < 0:
                return
            text = body[slice(*found)].decode("utf-8", "replace")
            yield Packet(text, _parsed(text))
        position = body.find(marker, max(found[1] if found else 0, position + 1))


def is_lone(body: bytes) -> bool:
    """Tell whether a file holds no more than one packet, which then speaks for the whole of it."""
    return max(body.count(_ENDS[0][1]), body.count(_ENDS[1][0])) <= 1


def properties(root: Element) -> Iterator[Property]:
    """Yield every property of a packet in document order: leaves and attributes, bounded in number and depth."""
    ways: list[tuple[Iterator[Element], str]] = [(iter((root,)), "")]
    for _ in range(_STEPS):
        element = next(ways[-1][0], None)
        if element is None:
            ways.pop()
            if not ways:
                return
            continue
        namespace, name = _split(element.tag)
        path = f"{ways[-1][1]}/{name[:_LONGEST_NAME]}"
        for key, value in element.attrib.items():
            yield Property(f"{path}/@{_split(key)[1][:_LONGEST_NAME]}", *_split(key), value)
        if len(element) == 0:
            yield Property(path, namespace, name, element.text or "")
        elif len(ways) < _DEEPEST:
            ways.append((iter(element), path))


def _around(body: bytes, position: int) -> tuple[int, int] | None:
    """Return where the packet around a position begins and ends, None when there is none, or only a part of one."""
    for opening, closing in _ENDS:
        start = body.rfind(opening, max(0, position - PACKET_LIMIT), position)
        stop = body.find(closing, start, start + PACKET_LIMIT) if start >= 0 else -1
        if stop > position:
            if opening.startswith(b"<?"):  # its processing instructions are no part of the XML
                return body.find(b"?>", start, position) + 2, stop
            return start, stop + len(closing)
    return None


def _parsed(text: str) -> Element | None:
    if text.count("<") > _TAGS:
        return None
    try:
        found: Element = fromstring(text.strip("\ufeff \t\r\n\0"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return found


def _split(tag: object) -> tuple[str, str]:
    """Return a qualified name's namespace and local name; comments have neither."""
    namespace, _, name = str(tag).rpartition("}") if isinstance(tag, str) else ("", "", "")
    return namespace.removeprefix("{"), name
