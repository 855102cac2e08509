"""``X-Robots-Tag`` and robots meta elements: what their directives state (vendor conventions; noml.info; noai).

Everything in them is restrictive and adds up; a word such as ``index`` or ``all`` carries no weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from licences.detection.place import css_path
from licences.observation import EVERYONE, RAW_LIMIT, Addressee, Observation, Scope, Source, Statement
from licences.representation import Representation
from licences.robots.agents import agent_list
from licences.signals.robots_directives import RESTRICTIVE, WEIGHTLESS, Directive, read_directives
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

SEARCH_ENGINES = frozenset(
    {
        "googlebot",
        "googlebot-news",
        "googlebot-image",
        "bingbot",
        "msnbot",
        "slurp",
        "duckduckbot",
        "yandex",
        "baiduspider",
    }
)
_IN_BODY = 0.7  # confidence: a reader's comment may have written it
_HINT = 0.3  # confidence: one vendor says that it also means training
_LENIENT = 0.8
_BY_ONE_OPERATOR, _BY_CONTROL_TOKEN = 0.6, 0.9
_IMAGES = ("image/*",)
_PROTOCOLS = {Kind.ROBOTS_TAG_HEADER: "X-Robots-Tag", Kind.ROBOTS_TAG_META: "robots meta"}


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


class _Speaker(NamedTuple):
    """Whom a directive addresses, and how sure we are."""

    kind: Kind
    agent: str | None
    us: bool
    certainty: float


def header_signals(representation: Representation, *, product_token: str) -> Iterator[Observation]:
    """Yield what X-Robots-Tag states, each header line on its own."""
    own_image = representation.media_type.startswith("image/")
    for index, value in representation.all("x-robots-tag"):
        source = Source(channel=Channel.HTTP_HEADER, url=representation.url, locator=f"X-Robots-Tag[{index}]")
        seen: set[Statement] = set()
        for directive in read_directives(value, prefixes=True):
            speaker = _speaker(Kind.ROBOTS_TAG_HEADER, directive.agent, product_token, 1.0)
            for statement in _statements(speaker, directive, own_image=own_image):
                if statement not in seen:
                    seen.add(statement)
                    yield Observation(statement=statement, source=source, raw=value[:RAW_LIMIT])


def meta_signals(
    node: LexborNode, name: str, content: str, *, url: str, product_token: str
) -> Iterator[Observation]:
    """Yield what one meta element states, when its name is ``robots`` or an agent's.

    Args:
        node: the element; inside ``body`` it counts too, but less surely.
        name: its name, in lower case.
        content: its content.
        url: of the page.
        product_token: ours.
    """
    if not (
        name == "robots"
        or name == product_token.lower()
        or name in SEARCH_ENGINES
        or name in agent_list().agents
    ):
        return
    in_body = _is_in_body(node)
    source = Source(
        channel=Channel.HTML_META, url=url, locator=("body: " if in_body else "") + css_path(node)
    )
    speaker = _speaker(
        Kind.ROBOTS_TAG_META, None if name == "robots" else name, product_token, _IN_BODY if in_body else 1.0
    )
    seen: set[Statement] = set()
    for directive in read_directives(content, prefixes=False):
        for statement in _statements(speaker, directive, own_image=False):
            if statement not in seen:
                seen.add(statement)
                yield Observation(statement=statement, source=source, raw=(node.html or "")[:RAW_LIMIT])


def _speaker(kind: Kind, agent: str | None, product_token: str, certainty: float) -> _Speaker:
    if agent is None or agent.lower() in {"robots", "*"}:
        return _Speaker(kind, None, us=True, certainty=certainty)
    return _Speaker(kind, agent.lower(), us=agent.lower() == product_token.lower(), certainty=certainty)


@lru_cache(maxsize=4096)
def _statements(speaker: _Speaker, directive: Directive, *, own_image: bool) -> tuple[Statement, ...]:
    if directive.name in WEIGHTLESS:
        return ()
    if speaker.agent and not speaker.us and (agent := agent_list().agents.get(speaker.agent)):
        denying = directive.name in RESTRICTIVE - {"notranslate"}
        certainty = (
            _BY_CONTROL_TOKEN if agent.group.name == "control" else agent.group.confidence or _BY_ONE_OPERATOR
        )
        return tuple(
            _statement(
                speaker,
                directive,
                _Reading(
                    usage, Verdict.DENY if denying else Verdict.UNKNOWN, LegalEffect.INFERENCE, (), certainty
                ),
                Addressee(all=False, tokens=(agent.token,), matches_us=False),
            )
            for usage in agent.group.usages
        )
    addressee = (
        Addressee(all=False, tokens=(speaker.agent,), matches_us=speaker.us) if speaker.agent else EVERYONE
    )
    readings = _READINGS.get(directive.name) or _valued(directive)
    return tuple(
        _statement(speaker, directive, reading._replace(media=()) if own_image else reading, addressee)
        for reading in readings
    )


def _statement(speaker: _Speaker, directive: Directive, reading: _Reading, addressee: Addressee) -> Statement:
    limited = reading.verdict is Verdict.CONDITIONAL
    return Statement(
        kind=speaker.kind,
        protocol=_PROTOCOLS[speaker.kind],
        usage=reading.usage,
        verdict=reading.verdict,
        legal_effect=reading.effect,
        scope=Scope(media=reading.media),
        addressee=addressee,
        conditions=(
            (Condition(type=ConditionType.NO_FULL_TEXT, value=f"{directive.name}:{directive.value}"),)
            if limited
            else ()
        ),
        confidence=min(reading.confidence, speaker.certainty, _LENIENT if directive.lenient else 1.0),
        lenient=directive.lenient,
        retrieval=Retrieval.MALFORMED if reading.note == "unread" else Retrieval.OK,
        valid_from=_date(directive.value) if directive.name == "unavailable_after" else None,
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
    partial(_read_pattern, pattern="%A, %d-%b-%y %H:%M:%S %Z"),  # RFC 850
    partial(_read_pattern, pattern="%d %b %Y"),
)


def _is_in_body(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag == "head":
            return False
        parent = parent.parent
    return True
