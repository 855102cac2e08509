"""TDMRep inside a PDF: the properties ``reservation`` and ``policy`` of its XMP packet.

The protocol's namespace ends in ``/`` here and in ``#`` in EPUB; both are taken in both, as are the header's spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from licences.detection.xmp import Packet, Property, packets, properties
from licences.observation import RAW_LIMIT, Observation, Scope, ScopeLevel, Source, encodable
from licences.representation import Representation
from licences.signals.tdmrep import BROKEN, Reservation, policy_url, read_text, reservation_statement
from licences.vocabulary import Channel, Kind

_MARKER = b"/ns/tdmrep"
_NAMESPACES = frozenset(
    f"{scheme}://www.w3.org/ns/tdmrep{end}" for scheme in ("http", "https") for end in ("/", "#", "")
)
_RESERVATION = frozenset({"reservation", "tdm-reservation"})
_POLICY = frozenset({"policy", "tdm-policy"})
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
    found = list(packets(body, _MARKER))
    for packet in found:
        yield from _stated(packet, representation.url, alone=len(found) == 1)


def _stated(packet: Packet, url: str, *, alone: bool) -> Iterator[Observation]:
    if packet.root is None:
        yield from _broken(packet, url)
        return
    ours = [one for one in properties(packet.root) if one.namespace in _NAMESPACES]
    references = (policy_url(url, one.value) for one in ours if one.name in _POLICY)
    policy = next(filter(None, references), None)
    for one in ours:
        if one.name in _RESERVATION:
            reservation = read_text(one.value)
            if alone or reservation.denies:
                statement = reservation_statement(
                    Kind.TDMREP_PDF, reservation, policy=policy, scope=_WHOLE_FILE
                )
                source = Source(channel=Channel.FILE_METADATA, url=url, locator=f"xmp {one.path}")
                yield Observation(statement=statement, source=source, raw=_raw(packet.text, one))


def _broken(packet: Packet, url: str) -> Iterator[Observation]:
    """Yield the reservation that stands in a packet which is no XML, when nobody can mistake it."""
    for found in _written("(?:tdm-)?reservation").finditer(packet.text):
        if read_text(found["value"]) is Reservation.RESERVED:
            statement = reservation_statement(Kind.TDMREP_PDF, _BLURRED, scope=_WHOLE_FILE, certainty=BROKEN)
            source = Source(channel=Channel.FILE_METADATA, url=url, locator="xmp")
            yield Observation(statement=statement, source=source, raw=encodable(found[0]))
            return


def _raw(text: str, one: Property) -> str:
    """Return the property as it stands in the packet; its name, should its value be written in another way."""
    for found in _written(re.escape(one.name)).finditer(text):
        if found["value"].strip() == one.value.strip():
            return encodable(found[0][:RAW_LIMIT])
    return one.name


@lru_cache(maxsize=16)
def _written(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"""[\w.-]{{0,40}}:{name}\s{{0,20}}(?:=\s{{0,20}}["']|[^<>"']{{0,200}}>)(?P<value>[^<>"']{{0,200}})"""
    )
