"""``/.well-known/tdmrep.json``: which of its rules speaks about a URL, and what it says.

The first matching rule in file order rules.  The protocol calls that one the most specific; where the longest match
says otherwise, the reservation counts and the contradiction is noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from licences.observation import Observation, Scope, ScopeLevel, Source, encodable
from licences.robots.target import target
from licences.signals.path_pattern import path_pattern
from licences.signals.site_document import SiteDocumentReading
from licences.signals.tdmrep import BROKEN, Reservation, policy_url, read_json, reservation_statement
from licences.signals.tdmrep_json import Item, Record, read_items
from licences.vocabulary import Channel, Kind, Retrieval

LIMIT = 1024 * 1024  # bytes
RULES = 2000  # read of one file
_KNOWN_ANSWERS = 4096  # kept of one file
_SELECTOR = 2000  # characters of a pattern that are kept
_EVERYTHING = "/"
_UNMISTAKABLE = re.compile(r"""["']?tdm-reservation["']?\s*:\s*["']?(?:1\b|true\b)""", re.IGNORECASE)


class TdmRule(NamedTuple):
    """One rule of the file."""

    fits: Callable[[str], bool]  # a normalised path
    length: int  # characters of its pattern
    location: str  # as written
    reservation: Reservation
    denies: bool
    is_set: bool  # False: in error
    policy: object  # as written
    item: Item
    certainty: float


class TdmFile:
    """A tdmrep.json that was read; a page costs a few comparisons."""

    __slots__ = ("_answers", "_rules")

    def __init__(self, rules: tuple[TdmRule, ...]) -> None:
        self._rules = rules
        self._answers: dict[tuple[str, int, bool], tuple[Observation, ...]] = {}

    def observe(self, url: str, document_url: str, *, media_type: str) -> tuple[Observation, ...]:  # noqa: ARG002 - the protocol knows no media types
        """Return what the file states about a URL: one reservation, its withdrawal, or nothing."""
        path = target(url)
        matching = [number for number, rule in enumerate(self._rules) if rule.fits(path)]
        if not matching:
            return ()
        number, conflict = self._decisive(matching)
        key = (document_url, number, conflict)
        if (known := self._answers.get(key)) is None:
            if len(self._answers) >= _KNOWN_ANSWERS:
                self._answers.clear()
            known = self._answers[key] = (_observation(self._rules[number], document_url, conflict=conflict),)
        return known

    def _decisive(self, matching: list[int]) -> tuple[int, bool]:
        """Return the rule that decides, and whether first and longest match contradict each other.

        A rule in error is unset: it decides only where no other rule does, so that its error is on record.
        """
        rules = self._rules
        settled = [number for number in matching if rules[number].is_set]
        if not settled:
            return matching[0], False
        first = settled[0]
        if len(settled) == 1:
            return first, False
        longest = max(settled, key=lambda number: (rules[number].length, rules[number].denies))
        if rules[first].denies == rules[longest].denies:
            return first, False
        return (first if rules[first].denies else longest), True


def parse_tdm_file(body: bytes, *, truncated: bool = False) -> SiteDocumentReading:
    """Read a tdmrep.json of any size and content; never raises.

    What was read of a file that is too long counts, except that nothing is lifted by a part of a file.
    """
    text = body[:LIMIT].decode("utf-8-sig", "replace")
    read = read_items(text, RULES)
    cut = truncated or read.beyond or len(body) > LIMIT
    whole = read.is_array and not cut
    rules = [rule for item in read.items if (rule := _rule(item, broken=not read.is_array and not cut))]
    if not whole:
        rules = [rule for rule in rules if rule.denies]
        if not rules and (found := _UNMISTAKABLE.search(text)):
            rules = [_everywhere(Item(None, "$", encodable(found[0])))]
    state = Retrieval.OK if whole else Retrieval.OVERSIZE if cut else Retrieval.MALFORMED
    document = TdmFile(tuple(rules)) if rules or whole else None
    return SiteDocumentReading(retrieval=state, document=document)


def _rule(item: Item, *, broken: bool) -> TdmRule | None:
    """Return an element as a rule, None when it says nothing that counts.

    A denial without a location that can be read is meant for something: it counts everywhere, less surely.
    """
    if not isinstance(item.value, dict):
        return None
    fields: dict[str, list[Any]] = {}
    for name, value in _fields(item.value):
        fields.setdefault(name, []).append(value)
    reservation = _united([read_json(value) for value in fields.get("tdm-reservation", ())])
    location, *others = fields.get("location", [None])
    where = location.strip() if isinstance(location, str) and not others else ""
    if (fits := path_pattern(where)) is not None:
        return _ruling(
            fits,
            location.strip(),
            reservation,
            item,
            policy=fields.get("tdm-policy", [None])[0],
            broken=broken,
        )
    return _everywhere(item) if reservation.denies else None


def _fields(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    repeated = record.repeated if isinstance(record, Record) else ()
    for name, value in (*repeated, *record.items()):
        yield name.strip().lower(), value


def _united(values: list[Reservation]) -> Reservation:
    """Return what the values of one rule come to; a rule that says it twice is in error, unless it denies."""
    if len(values) == 1:
        return values[0]
    denies = any(value.denies for value in values)
    return Reservation.LENIENTLY_RESERVED if denies else Reservation.UNSET


def _everywhere(item: Item) -> TdmRule:
    return _ruling(
        lambda _: True, _EVERYTHING, Reservation.LENIENTLY_RESERVED, item, policy=None, broken=True
    )


def _ruling(
    fits: Callable[[str], bool],
    location: str,
    reservation: Reservation,
    item: Item,
    *,
    policy: object,
    broken: bool,
) -> TdmRule:
    return TdmRule(
        fits=fits,
        length=len(location),
        location=location,
        reservation=reservation,
        denies=reservation.denies,
        is_set=reservation is not Reservation.UNSET,
        policy=policy,
        item=item,
        certainty=BROKEN if broken else 1.0,
    )


def _observation(rule: TdmRule, document_url: str, *, conflict: bool) -> Observation:
    statement = reservation_statement(
        Kind.TDMREP_FILE,
        rule.reservation,
        policy=policy_url(document_url, rule.policy),
        scope=Scope(level=ScopeLevel.PATH, selector=encodable(rule.location[:_SELECTOR])),
        certainty=rule.certainty,
        note="conflict" if conflict else None,
    )
    source = Source(channel=Channel.WELL_KNOWN, url=document_url, locator=rule.item.locator)
    return Observation(statement=statement, source=source, raw=rule.item.raw)
