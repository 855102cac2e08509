"""TDMRep inside a PDF: the properties ``reservation`` and ``policy`` of its XMP packet.

The protocol's namespace ends in ``/`` here and in ``#`` in EPUB; both are taken in both, as are the header's spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from licences.detection.xmp import Packet, Property, is_lone, packets, properties
from licences.observation import Observation, Scope, ScopeLevel, Source, encodable
from licences.representation import Representation
from licences.signals.tdmrep import BROKEN, Reservation, policy_url, read_text, reservation_statement
from licences.vocabulary import Channel, Kind

_MARKER = b"/ns/tdmrep"
_NAMESPACES = frozenset(
    f"{scheme}://www.w3.org/ns/tdmrep{end}" for scheme in ("http", "https") for end in ("/", "#", "")
)
_RESERVATION = frozenset({"reservation", "tdm-reservation"})
_POLICY = frozenset({"policy", "tdm-policy"})
_MOST = 10  # reservations of one packet
_PREFIX = 40  # characters of a namespace prefix
_WHOLE_FILE = Scope(level=ScopeLevel.FILE)
_BLURRED = Reservation.LENIENTLY_RESERVED


def declared_by_pdf(representation: Representation) -> Iterator[Observation]:
    """Yield what a PDF's XMP states about mining.

    A file may hold packets of its pictures too, and which one speaks for the whole cannot be told without its own
    format: so each may reserve, and only a packet that is alone may lift a reservation.
    """
    body = representation.body
    if (
        not (representation.media_type == "application/pdf" or body.startswith(b"%PDF-"))
        or _MARKER not in body
    ):
        return
    for packet in packets(body, _MARKER):
        yield from _stated(packet, representation.url, alone=is_lone(body))


def _stated(packet: Packet, url: str, *, alone: bool) -> Iterator[Observation]:
    if packet.root is None:
        yield from _broken(packet, url)
        return
    ours = [one for one in properties(packet.root) if one.namespace in _NAMESPACES]
    references = (policy_url(url, one.value) for one in ours if one.name in _POLICY)
    policy = next(filter(None, references), None)
    for one in [one for one in ours if one.name in _RESERVATION][:_MOST]:
        reservation = read_text(one.value)
        if alone or reservation.denies:
            statement = reservation_statement(Kind.TDMREP_PDF, reservation, policy=policy, scope=_WHOLE_FILE)
            source = Source(channel=Channel.FILE_METADATA, url=url, locator=f"xmp {one.path}")
            yield Observation(statement=statement, source=source, raw=_raw(packet.text, one))


def _broken(packet: Packet, url: str) -> Iterator[Observation]:
    """Yield the reservation that stands in a packet which is no XML, when nobody can mistake it."""
    for name in sorted(_RESERVATION):
        for written, value in _written(packet.text, name):
            if read_text(value) is Reservation.RESERVED:
                statement = reservation_statement(
                    Kind.TDMREP_PDF, _BLURRED, scope=_WHOLE_FILE, certainty=BROKEN
                )
                source = Source(channel=Channel.FILE_METADATA, url=url, locator="xmp")
                yield Observation(statement=statement, source=source, raw=written)
                return


def _raw(text: str, one: Property) -> str:
    """Return the property as it stands in the packet; its name, should its value be written in another way."""
    found = (written for written, value in _written(text, one.name) if value.strip() == one.value.strip())
    return next(found, one.name)


def _written(text: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield where a property stands in the text of a packet, and its value; linear in the text."""
    for found in _pattern(name).finditer(text):
        start = found.start()
        while (
            start > 0
            and found.start() - start < _PREFIX
            and (text[start - 1].isalnum() or text[start - 1] in "_.-")
        ):
            start -= 1
        yield encodable(text[start : found.end()]), found["value"]


@lru_cache(maxsize=16)
def _pattern(name: str) -> re.Pattern[str]:
    between = r"""\s{0,20}(?:=\s{0,20}["']|[^<>"']{0,40}>)"""
    return re.compile(rf""":{re.escape(name)}{between}(?P<value>[^<>"']{{0,100}})""")
