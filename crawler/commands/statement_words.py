"""Observations in the order in which a person reads them: by who spoke, then by where, then as they were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from licences.errors import LicenceError
from licences.observation import Observation
from licences.rights import RightsSet
from licences.vocabulary import AssertedBy
from licences.whereabouts import lookup_in_words, whereabouts
from licences.wording import SPEAKERS, statement_in_words


class Saying(NamedTuple):
    """One statement in words, where exactly it stands, and its raw text."""

    sentence: str
    at: str
    raw: str


class Spoken(NamedTuple):
    """What one speaker states in one place."""

    speaker: str
    where: str
    sayings: Sequence[Saying]


def spoken(observations: Sequence[Mapping[str, Any]]) -> list[Spoken]:
    """Return observations, as the archive holds them, in groups; those of another release come last, unread."""
    groups: dict[tuple[str, str], list[Saying]] = {}
    unread: list[Saying] = []
    for held in observations:
        try:
            seen = Observation.from_json(dict(held))
        except (KeyError, TypeError, ValueError):
            unread.append(_unread(held))
            continue
        where, at = whereabouts(seen.source)
        saying = Saying(statement_in_words(seen.statement), at, seen.raw)
        groups.setdefault((seen.statement.asserted_by, where), []).append(saying)
    order = list(AssertedBy)
    ordered = sorted(groups.items(), key=lambda group: order.index(AssertedBy(group[0][0])))
    told = [Spoken(SPEAKERS[AssertedBy(speaker)], where, said) for (speaker, where), said in ordered]
    if unread:
        told.append(Spoken(SPEAKERS[AssertedBy.UNKNOWN], "words of another release", unread))
    return told


def _unread(held: Mapping[str, Any]) -> Saying:
    return Saying("This release cannot read the statement.", "", str(held.get("raw", "")))


def lookups_in_words(canonical: str) -> list[str]:
    """Return where statements were looked for and how that went, from a rights set's canonical JSON."""
    try:
        lookups = RightsSet.from_json(canonical).lookups
    except LicenceError as error:
        return [f"not known: {error}"]
    words = [lookup_in_words(lookup) for lookup in lookups]
    return ["; ".join(words)] if words else []
