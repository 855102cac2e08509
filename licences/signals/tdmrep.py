"""TDM Reservation Protocol: its values, its statements, and its header and meta channels.

``1`` reserves text and data mining, ``0`` lifts a reservation and grants nothing; anything else is a protocol error,
which leaves the matter unset.  What can only be meant as ``1`` (``"1"``, ``true``) counts as a lenient denial.

Source: W3C Community Group Final Report «TDM Reservation Protocol», 2024-05-10.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from typing import Any

from licences.detection.place import Element, css_path, in_head, resolve
from licences.observation import (
    RAW_LIMIT,
    WHOLE_DOCUMENT,
    Observation,
    Scope,
    Source,
    Statement,
    encodable,
)
from licences.representation import Representation
from licences.vocabulary import (
    Channel,
    Condition,
    ConditionType,
    Kind,
    LegalEffect,
    Retrieval,
    Usage,
    Verdict,
)

PROTOCOL, VERSION = "TDMRep", "CG-FINAL 2024-05-10"
LENIENT = 0.8  # confidence: not the protocol's value, but it can mean nothing else
BROKEN = 0.6  # confidence: it stands in a file that cannot be read as a whole
IN_BODY = 0.7  # confidence: a reader's comment may have written it
_LONGEST = 8192  # characters of a header value that are read
_POLICY = 2000  # characters of a policy's URL that are kept
_RESERVED_WORDS = frozenset({"1", "true"})


class Reservation(Enum):
    """What a value of ``tdm-reservation`` says."""

    RESERVED = "1"
    LENIENTLY_RESERVED = "can only be meant as 1"
    WITHDRAWN = "0"
    UNSET = "a protocol error"

    @property
    def denies(self) -> bool:
        """Whether mining is reserved, strictly or leniently."""
        return self in {Reservation.RESERVED, Reservation.LENIENTLY_RESERVED}


def read_text(text: str) -> Reservation:
    """Read a value that came as text: of a header, of an attribute, of an XML element.

    >>> read_text(" 1 "), read_text("'1'"), read_text("yes")
    (<Reservation.RESERVED: '1'>, <Reservation.LENIENTLY_RESERVED: 'can only be meant as 1'>,
     <Reservation.UNSET: 'a protocol error'>)
    """
    whole, text = len(text) <= _LONGEST, text[:_LONGEST].strip()
    if text in {"0", "1"} and (whole or text == "1"):  # nothing is lifted by a part of a value
        return Reservation(text)
    words = {word.strip(" \t\"'").lower() for word in text.replace(";", ",").split(",")}
    return Reservation.UNSET if words.isdisjoint(_RESERVED_WORDS) else Reservation.LENIENTLY_RESERVED


def read_json(value: Any) -> Reservation:
    """Read a value of a JSON file: the numbers 0 and 1 are the protocol's."""
    if type(value) is int and value in {0, 1}:
        return Reservation(str(value))
    if value in (1, True) or (isinstance(value, str) and value.strip().lower() in _RESERVED_WORDS):
        return Reservation.LENIENTLY_RESERVED
    return Reservation.UNSET


@lru_cache(maxsize=4096)
def reservation_statement(
    kind: Kind,
    reservation: Reservation,
    *,
    policy: str | None = None,
    scope: Scope = WHOLE_DOCUMENT,
    certainty: float = 1.0,
    note: str | None = None,
) -> Statement:
    """Return what one reservation states; the same object for the same words.

    Args:
        kind: which channel.
        reservation: as it was read.
        policy: absolute URL of the terms on which mining may be had, None when none is named.
        scope: what it covers.
        certainty: of the place it stands in; below 1, nothing is lifted.
        note: a fixed word: "conflict".
    """
    lenient = reservation is Reservation.LENIENTLY_RESERVED or certainty == BROKEN
    withdrawn = reservation is Reservation.WITHDRAWN and certainty >= 1.0
    if reservation.denies:
        verdict, effect = Verdict.DENY, LegalEffect.RESERVATION
    else:
        verdict = Verdict.UNKNOWN
        effect = LegalEffect.RESERVATION_WITHDRAWN if withdrawn else LegalEffect.NOTICE
    unread = reservation is Reservation.UNSET
    terms = Condition(type=ConditionType.SEE_TEXT, url=policy) if policy and reservation.denies else None
    return Statement(
        kind=kind,
        protocol=PROTOCOL,
        protocol_version=VERSION,
        usage=Usage.TDM,
        verdict=verdict,
        legal_effect=effect,
        scope=scope,
        conditions=(terms,) if terms else (),
        confidence=min(certainty, LENIENT if lenient else 1.0),
        lenient=lenient,
        retrieval=Retrieval.MALFORMED if unread or certainty == BROKEN else Retrieval.OK,
        note=note or ("unread" if unread else None),
    )


def policy_url(base: str, reference: object) -> str | None:
    """Return a ``tdm-policy`` as an absolute http(s) URL, None when it is none."""
    if not isinstance(reference, str) or not reference.strip() or len(reference) > _POLICY:
        return None
    found = resolve(base, reference)
    return encodable(found) if found and found.lower().startswith(("http://", "https://")) else None


def declared_by_tdm_header(representation: Representation) -> Iterator[Observation]:
    """Yield what ``tdm-reservation`` header lines state, each on its own."""
    values = representation.all("tdm-reservation")
    if not values:
        return
    policies = [policy_url(representation.url, value) for _, value in representation.all("tdm-policy")]
    policy = next(filter(None, policies), None)
    for index, value in values:
        yield Observation(
            statement=reservation_statement(Kind.TDMREP_HEADER, read_text(value), policy=policy),
            source=Source(
                channel=Channel.HTTP_HEADER, url=representation.url, locator=f"tdm-reservation[{index}]"
            ),
            raw=encodable(value[:RAW_LIMIT]),
        )


def declared_by_tdm_meta(element: Element) -> Iterable[Observation]:
    """Return what a ``tdm-reservation`` meta element states; inside ``body`` it denies less surely and lifts nothing."""
    name = element.attributes.get("name") if element.tag == "meta" else None
    if name is None or name.strip().lower() != "tdm-reservation":
        return ()
    page = element.page
    policy = next((found for one in page.tdm_policies if (found := policy_url(page.base, one))), None)
    in_body = not in_head(element.node)
    statement = reservation_statement(
        Kind.TDMREP_META,
        read_text(element.attributes.get("content") or ""),
        policy=policy,
        certainty=IN_BODY if in_body else 1.0,
    )
    place = ("body: " if in_body else "") + css_path(element.node)
    source = Source(channel=Channel.HTML_META, url=page.url, locator=place)
    return (Observation(statement=statement, source=source, raw=(element.node.html or "")[:RAW_LIMIT]),)
