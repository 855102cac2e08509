"""XMP packets inside files: found in the bytes without reading the file's own format, and parsed without any trust.

Only packets that lie uncompressed are found, as the standard asks of writers (ISO 16684-1, «XMP packet wrapper»).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

PACKET_LIMIT = 4 * 1024 * 1024  # bytes of one packet
PACKETS = 8  # read of one file
_ENDS = (
    (b"<x:xmpmeta", b"</x:xmpmeta>"),
    (b"<?xpacket begin", b"<?xpacket end"),
)
_ELEMENTS = 20_000  # of one packet
_DEEPEST = 32


class Packet(NamedTuple):
    """One packet."""

    text: str
    root: Element | None  # None: not well-formed, or it declares entities


class Property(NamedTuple):
    """One property of a packet, written as an element or as an attribute."""

    path: str  # "/xmpmeta/RDF/Description/reservation": local names
    namespace: str
    name: str  # without its prefix
    value: str


def packets(body: bytes, marker: bytes) -> Iterator[Packet]:
    """Yield the packets that contain a marker, which is looked for `PACKETS` times.  Linear in the body; never raises.

    Args:
        body: of a PDF, a picture or any other file.
        marker: bytes that a packet must hold to be parsed at all.
    """
    position = body.find(marker)
    for _ in range(PACKETS):
        if position < 0:
            return
        found = _around(body, position)
        if found is not None:
            text = body[slice(*found)].decode("utf-8", "replace")
            yield Packet(text, _parsed(text))
        position = body.find(marker, max(found[1] if found else 0, position + 1))


def properties(root: Element) -> Iterator[Property]:
    """Yield every property of a packet in document order: leaves and attributes, bounded in number and depth."""
    waiting = [(root, "", 0)]
    for _ in range(_ELEMENTS):
        if not waiting:
            return
        element, above, depth = waiting.pop()
        namespace, name = _split(element.tag)
        path = f"{above}/{name}"
        for key, value in element.attrib.items():
            yield Property(f"{path}/@{_split(key)[1]}", *_split(key), value)
        if len(element) == 0:
            yield Property(path, namespace, name, element.text or "")
        elif depth < _DEEPEST:
            waiting += [(child, path, depth + 1) for child in reversed(element)]


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
    try:
        found: Element = fromstring(text.strip("\ufeff \t\r\n\0"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return found


def _split(tag: object) -> tuple[str, str]:
    """Return a qualified name's namespace and local name; comments have neither."""
    namespace, _, name = str(tag).rpartition("}") if isinstance(tag, str) else ("", "", "")
    return namespace.removeprefix("{"), name
