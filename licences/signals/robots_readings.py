"""What the directives of robots tags state (vendor conventions; noml.info; noai; RFC 9309 has none of them)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from typing import NamedTuple

from licences.observation import EVERYONE, Addressee, Scope, Statement
from licences.robots.agents import Agent, agent_list
from licences.signals.robots_directives import RESTRICTIVE, WEIGHTLESS, Directive
from licences.vocabulary import Condition, ConditionType, Kind, LegalEffect, Retrieval, Usage, Verdict

_HINT = 0.3  # confidence: one vendor says that it also means training
_LENIENT = 0.8
_BY_ONE_OPERATOR, _BY_CONTROL_TOKEN = 0.6, 0.9
_IMAGES = ("image/*",)
_PROTOCOLS = {
    Kind.ROBOTS_TAG_HEADER: "X-Robots-Tag",
    Kind.ROBOTS_TAG_META: "robots meta",
    Kind.ROBOTS_TAG_NEW_HEADER: "Robots-Tag",
}


class Speaker(NamedTuple):
    """Whom a directive addresses, and how sure we are that it is the publisher's word."""

    kind: Kind
    agent: str | None  # lower-case; None: everybody
    us: bool
    certainty: float


class _Reading(NamedTuple):
    """What a directive states about one usage."""

    usage: Usage
    verdict: Verdict = Verdict.DENY
    effect: LegalEffect = LegalEffect.PREFERENCE
    media: tuple[str, ...] = ()
    confidence: float = 1.0
    note: str | None = None


_NO_INDEX = _Reading(Usage.INDEX)
_NO_ARCHIVE = _Reading(Usage.ARCHIVE)
_NO_TRAINING = _Reading(Usage.AI_TRAIN, effect=LegalEffect.RESERVATION)


def _noted(usage: Usage, note: str, confidence: float = 1.0) -> _Reading:
    return _Reading(usage, Verdict.UNKNOWN, LegalEffect.NOTICE, confidence=confidence, note=note)


_READINGS: dict[str, tuple[_Reading, ...]] = {
    "noindex": (_NO_INDEX,),
    "none": (_NO_INDEX, _noted(Usage.CRAWL, "nofollow")),
    "nofollow": (_noted(Usage.CRAWL, "nofollow"),),  # link discovery: politeness, not a right
    "noarchive": (_NO_ARCHIVE, _noted(Usage.AI_TRAIN, "noarchive", _HINT)),
    "nocache": (_NO_ARCHIVE, _noted(Usage.AI_TRAIN, "nocache", _HINT)),
    "nosnippet": (_Reading(Usage.SNIPPET), _Reading(Usage.AI_INPUT)),
    "noimageindex": (_NO_INDEX._replace(media=_IMAGES),),
    "noai": (_NO_TRAINING,),
    "noimageai": (_NO_TRAINING._replace(media=_IMAGES),),
    "noml": (_NO_TRAINING,),
    "disallowaitraining": (_NO_TRAINING,),
    "notranslate": (_noted(Usage.DERIVATIVE, "notranslate"),),
}


@lru_cache(maxsize=2048)
def statements(speaker: Speaker, directive: Directive, *, own_image: bool) -> tuple[Statement, ...]:
    """Return what one directive states; nothing where it carries no weight.

    Args:
        speaker: whom it addresses.
        directive: as it was read.
        own_image: whether the response is an image itself, so that words about images are about it.
    """
    if directive.name in WEIGHTLESS:
        return ()
    listed = agent_list().agents.get(speaker.agent or "")
    if listed is not None and not speaker.us:
        return _inferred(speaker, directive, listed)
    named = speaker.agent is not None
    addressee = (
        Addressee(all=False, tokens=(speaker.agent or "",), matches_us=speaker.us) if named else EVERYONE
    )
    return tuple(
        _statement(speaker, directive, reading._replace(media=()) if own_image else reading, addressee)
        for reading in _READINGS.get(directive.name) or _valued(directive)
    )


def _inferred(speaker: Speaker, directive: Directive, agent: Agent) -> tuple[Statement, ...]:
    """Return what a word to an AI agent lets us infer; that it is allowed something is no permission to us."""
    denies = directive.name in RESTRICTIVE - {"notranslate"}
    certainty = agent.group.confidence or _BY_ONE_OPERATOR
    if agent.group.name == "control":
        certainty = _BY_CONTROL_TOKEN
    verdict = Verdict.DENY if denies else Verdict.UNKNOWN
    addressee = Addressee(all=False, tokens=(agent.token,), matches_us=False)
    return tuple(
        _statement(
            speaker,
            directive,
            _Reading(usage, verdict, LegalEffect.INFERENCE, confidence=certainty),
            addressee,
        )
        for usage in agent.group.usages
    )


def _statement(speaker: Speaker, directive: Directive, reading: _Reading, addressee: Addressee) -> Statement:
    limit = Condition(type=ConditionType.NO_FULL_TEXT, value=f"{directive.name}:{directive.value}")
    return Statement(
        kind=speaker.kind,
        protocol=_PROTOCOLS[speaker.kind],
        usage=reading.usage,
        verdict=reading.verdict,
        legal_effect=reading.effect,
        scope=Scope(media=reading.media),
        addressee=addressee,
        conditions=(limit,) if reading.verdict is Verdict.CONDITIONAL else (),
        confidence=min(reading.confidence, speaker.certainty, _LENIENT if directive.lenient else 1.0),
        lenient=directive.lenient,
        retrieval=Retrieval.MALFORMED if reading.note == "unread" else Retrieval.OK,
        valid_from=_date(directive.value) if reading.note == "unavailable_after" else None,
        note=reading.note,
    )


def _valued(directive: Directive) -> tuple[_Reading, ...]:
    if directive.name == "max-snippet" and directive.value == "0":
        return _READINGS["nosnippet"]
    if directive.name.startswith("max-"):
        unlimited = directive.value in {"-1", "large"}
        return () if unlimited else (_Reading(Usage.SNIPPET, Verdict.CONDITIONAL),)
    if directive.name == "unavailable_after" and _date(directive.value) is not None:
        return (_Reading(Usage.INDEX, note="unavailable_after"),)
    return (_noted(Usage.AI_TRAIN, "unread"),)


def _date(text: str) -> datetime | None:
    """Return a date of RFC 822, RFC 850 or ISO 8601 in UTC, None when it is none of them."""
    text = " ".join(text.split())
    for read in _DATE_READERS:
        try:
            found = read(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _read_pattern(text: str, pattern: str) -> datetime:
    return datetime.strptime(text, pattern).replace(tzinfo=UTC)


_DATE_READERS: tuple[Callable[[str], datetime], ...] = (
    datetime.fromisoformat,
    parsedate_to_datetime,
    partial(_read_pattern, pattern="%A, %d-%b-%y %H:%M:%S GMT"),  # RFC 850
    partial(_read_pattern, pattern="%d %b %Y"),
)
