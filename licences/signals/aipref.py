"""AIPREF ``Content-Usage``: a dictionary of usage preferences, in a response header or a robots.txt rule.

A strict reader (RFC 9651; draft-ietf-aipref-vocab-08, draft-ietf-aipref-attach-05) decides what is stated.  Where it
gives up, a tolerant one still hears a denial; an allowance comes from the strict reader alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from licences.observation import RAW_LIMIT, Observation, Source, Statement, encodable
from licences.representation import Representation
from licences.signals.structured_fields import Token, read_dictionary
from licences.signals.word import Word
from licences.vocabulary import AssertedBy, Channel, Kind, LegalEffect, Retrieval, Usage, Verdict
from licences.words import fold

PROTOCOL = "AIPREF"
PROTOCOL_VERSION = "vocab-08/attach-05"
LONGEST = 8192  # characters of a value that are read

_OLD_LABEL = 0.7  # confidence: a label of an earlier draft
_TOLERATED = 0.6  # confidence: what only the tolerant reader hears
_ALL = (  # every usage but crawl: what stands below follows by the lattice
    Usage.INDEX,
    Usage.ARCHIVE,
    Usage.TDM,
    Usage.AI_INDEX,
    Usage.AI_INPUT,
    Usage.REDISTRIBUTE,
    Usage.DERIVATIVE,
)


class Category(NamedTuple):
    """What a label of the vocabulary means in our usages."""

    usages: tuple[Usage, ...]
    covers: tuple[Usage, ...] = ()  # that an allowance of it covers besides
    current: bool = True  # False: of an earlier draft, so that only its denials are heard


CATEGORIES: Mapping[str, Category] = MappingProxyType(
    {
        "train-ai": Category((Usage.AI_TRAIN_GEN,)),  # generative models; the rest of training is outside it
        "ai-use": Category((Usage.AI_INPUT,)),
        "search": Category((Usage.INDEX,), covers=(Usage.SNIPPET,)),
        "tdm": Category((Usage.TDM,), current=False),
        "ai": Category((Usage.AI_TRAIN,), current=False),
        "genai": Category((Usage.AI_TRAIN_GEN,), current=False),
        "train-genai": Category((Usage.AI_TRAIN_GEN,), current=False),
        "inference": Category((Usage.AI_INPUT,), current=False),
        "ai-output": Category((Usage.AI_INPUT,), current=False),
        "all": Category(_ALL, current=False),
        "bots": Category(_ALL, current=False),
    }
)


def preferred_by_header(representation: Representation) -> Iterator[Observation]:
    """Yield what ``Content-Usage`` states of the response: its lines are one field, joined in order (RFC 9651 §4.2)."""
    values = representation.all("content-usage")
    if not values:
        return
    for word in preferences(", ".join(value for _, value in values), Kind.AIPREF_HEADER):
        index, value = _line_of(word.key, values)
        source = Source(
            channel=Channel.HTTP_HEADER, url=representation.url, locator=f"Content-Usage[{index}]"
        )
        for statement in word.statements:
            yield Observation(statement=statement, source=source, raw=encodable(value[:RAW_LIMIT]))


@lru_cache(maxsize=2048)
def preferences(text: str, kind: Kind) -> tuple[Word, ...]:
    """Return what one dictionary states, a word a category.

    Args:
        text: the dictionary; of more than `LONGEST` characters the rest is not read, so that nothing is allowed.
        kind: `Kind.AIPREF_HEADER` or `Kind.AIPREF_ROBOTS`.
    """
    retrieval = Retrieval.OK
    if len(text) > LONGEST:
        text, retrieval = text[:LONGEST].rpartition(",")[0], Retrieval.OVERSIZE
    members = list(_members(text))
    dictionary = _dictionary(text)
    if dictionary is None:
        heard = [(key, _TOLERATED) for key, answer in dict(members).items() if answer == "n"]
        unread = _statement(kind, Usage.AI_TRAIN_GEN, Verdict.UNKNOWN, note="unread")
        return (Word("", (unread,)), *_denials(kind, heard, Retrieval.MALFORMED, sought=False))
    words = [
        _current(kind, key, answer, retrieval, conflict={(key, "y"), (key, "n")} <= set(members))
        for key, answer in dictionary.items()
        if key in CATEGORIES and CATEGORIES[key].current and answer.casefold() != "n"
    ]
    denied = [
        (key, _certainty(key, answer)) for key, answer in dictionary.items() if answer.casefold() == "n"
    ]
    return (*words, *_denials(kind, denied, retrieval, sought=dictionary.get("search") == "y"))


def _dictionary(text: str) -> dict[str, str] | None:
    """Return the last value of each key, "" where it is no Token; None where the text is no dictionary."""
    if (members := read_dictionary(text)) is None:
        return None
    return {key: str(one.value) if isinstance(one.value, Token) else "" for key, one in members.items()}


def _members(text: str) -> Iterator[tuple[str, str]]:
    """Yield keys and values as a tolerant reader sees them: without case, blanks or parameters."""
    for member in fold(text).split(","):
        key, _, value = member.partition(";")[0].partition("=")
        yield key.strip(), next(iter(value.split()), "")


def _certainty(key: str, answer: str) -> float:
    if answer != "n":
        return _TOLERATED
    return 1.0 if key in CATEGORIES and CATEGORIES[key].current else _OLD_LABEL


def _current(kind: Kind, key: str, answer: str, retrieval: Retrieval, *, conflict: bool) -> Word:
    """Return what a category of the vocabulary in force says, unless it denies."""
    usage, covers = CATEGORIES[key].usages[0], CATEGORIES[key].covers
    if answer != "y":
        return Word(key, (_statement(kind, usage, Verdict.UNKNOWN, note="unread"),))
    note = "conflict" if conflict else None
    if retrieval is not Retrieval.OK:
        return Word(key, (_statement(kind, usage, Verdict.UNKNOWN, retrieval=retrieval, note=note),))
    return Word(key, (_statement(kind, usage, Verdict.ALLOW, covers=covers, note=note),), lifts=True)


def _denials(
    kind: Kind, denied: list[tuple[str, float]], retrieval: Retrieval, *, sought: bool
) -> Iterator[Word]:
    """Yield the denials.  A search that is allowed stays so beside a denial of everything, as the vocabulary has it."""
    for key, certainty in denied:
        category = CATEGORIES.get(key)
        if category is None:
            continue
        statements = tuple(
            _statement(kind, usage, Verdict.DENY, confidence=certainty, retrieval=retrieval)
            for usage in category.usages
            if not (sought and usage is Usage.INDEX)
        )
        yield Word(key, statements)


def _statement(
    kind: Kind,
    usage: Usage,
    verdict: Verdict,
    *,
    covers: tuple[Usage, ...] = (),
    confidence: float = 1.0,
    retrieval: Retrieval = Retrieval.OK,
    note: str | None = None,
) -> Statement:
    return Statement(
        kind=kind,
        protocol=PROTOCOL,
        protocol_version=PROTOCOL_VERSION,
        usage=usage,
        verdict=verdict,
        legal_effect=LegalEffect.PREFERENCE,
        asserted_by=AssertedBy.UNKNOWN,  # the drafts forbid to assume who spoke
        covers=covers,
        confidence=confidence,
        lenient=confidence < 1.0,
        retrieval=Retrieval.MALFORMED if note == "unread" else retrieval,
        note=note,
    )


def _line_of(key: str, values: tuple[tuple[int, str], ...]) -> tuple[int, str]:
    """Return the header line that has the last word on a key."""
    for index, value in reversed(values):
        if any(name == key for name, _ in _members(value)):
            return index, value
    return values[-1]
