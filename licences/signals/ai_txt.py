"""ai.txt: three formats share the name, and are told apart before anything is read.

1. Spawning's (2023): the grammar of robots.txt over file types; ``Disallow: *.jpg`` means: not for training.
2. Facts about a brand in Markdown, often with YAML front matter: nothing about rights.
3. The draft of a well-known ai.txt (2026): fields.  It may change yet, so only a training denial that nobody can
   mistake counts, leniently; its other words on training are kept unread.

``Allow`` lifts nothing here: the format does not say what it is stronger than, and nothing else in it allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from licences.observation import EVERYONE, Addressee, Observation, Scope, ScopeLevel, Source, Statement
from licences.robots.target import target
from licences.robots.text import printable
from licences.signals.media_extensions import media_of_extension, plain_type
from licences.signals.path_pattern import STARS, path_pattern
from licences.signals.site_document import SiteDocumentReading
from licences.signals.text_file import LIMIT, place, text_lines
from licences.vocabulary import Channel, Kind, LegalEffect, Retrieval, Usage, Verdict

SPAWNING = "ai.txt (Spawning)"
WELL_KNOWN = "draft-car-ai-txt-wellknown"
_RULES = 2000  # read of one file
_KNOWN_ANSWERS = 4096
_NOT_ALL = 0.6  # confidence: said to one agent, meant for all by our inference
_NO_GROUP = 0.8  # confidence: a rule outside every group
_UNMISTAKABLE = 0.6  # confidence: a format that may change
_TOKENS, _TOKEN = 20, 100  # agents of a group that are kept, characters of each
_PAGE = "text/html"
_EVERYTHING = frozenset({"/", "*", "/*"})
_EXTENSION = re.compile(r"/?\*?\.([A-Za-z0-9]{1,10})\$?")
_TRAINING = re.compile(
    r"(?:allow-)?(?:ai-|model-)?train(?:ing)?(?:-ai)?(?:-allowed|-permitted|-policy|-use)?"
)
_NO_TRAINING = re.compile(r"(?:no|disallow|deny)-(?:ai-|model-)?train(?:ing)?")
_NO = frozenset(
    {
        "0",
        "denied",
        "deny",
        "disallow",
        "disallowed",
        "false",
        "forbidden",
        "n",
        "no",
        "none",
        "not allowed",
        "not-allowed",
        "prohibited",
    }
)  # fmt: skip - one list
_YES = frozenset({"1", "true", "y", "yes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One Disallow line."""

    number: int  # from 1
    text: str
    selector: str  # as written
    agents: tuple[str, ...]  # lower-case; empty: everybody
    in_group: bool
    fits: Callable[[str], bool]  # a normalised path
    media: str | None  # a media type, when it speaks of a file type

    def covers(self, path: str, media_type: str) -> bool:
        """Tell whether the rule is about a document: by its path, or by what it is."""
        return self.fits(path) or (self.media is not None and _is_of(media_type, self.media))


class _Voice(NamedTuple):
    """In what words the lines of one statement agree."""

    agents: tuple[str, ...]
    in_group: bool
    about_media: bool  # of other media than the document: it covers what the document embeds


class SpawningFile:
    """An ai.txt of rules over file types."""

    __slots__ = ("_answers", "_rules")

    def __init__(self, rules: Sequence[_Rule]) -> None:
        self._rules = rules
        self._answers: dict[tuple[str, tuple[int, ...], bool], tuple[Observation, ...]] = {}

    def observe(self, url: str, document_url: str, *, media_type: str) -> tuple[Observation, ...]:
        """Return the denials that cover a document; of a page also those of other media, which it may embed."""
        path, kind = target(url), plain_type(media_type)
        covering = tuple(number for number, rule in enumerate(self._rules) if rule.covers(path, kind))
        embeds = kind == _PAGE
        key = (document_url, covering, embeds)
        if (known := self._answers.get(key)) is None:
            if len(self._answers) >= _KNOWN_ANSWERS:
                self._answers.clear()
            known = self._answers[key] = tuple(
                self._observations(frozenset(covering), document_url, embeds=embeds)
            )
        return known

    def _observations(
        self, covering: frozenset[int], document_url: str, *, embeds: bool
    ) -> Iterator[Observation]:
        voices: dict[_Voice, list[_Rule]] = {}
        for number, rule in enumerate(self._rules):
            about_media = number not in covering
            if not about_media or (embeds and rule.media is not None):
                voices.setdefault(_Voice(rule.agents, rule.in_group, about_media), []).append(rule)
        for voice, rules in voices.items():
            locator, raw = place((rule.number, rule.text) for rule in rules)
            source = Source(channel=Channel.WELL_KNOWN, url=document_url, locator=locator)
            selector = " ".join(sorted({printable(rule.selector) for rule in rules}))[:2000]
            media = tuple(sorted({rule.media for rule in rules if rule.media})) if voice.about_media else ()
            yield Observation(statement=_denial(voice, selector, media), source=source, raw=raw)


class FieldsFile:
    """An ai.txt of fields; it says the same of every page."""

    __slots__ = ("_fields", "_known")

    def __init__(self, fields: Sequence[tuple[int, str, bool]]) -> None:
        self._fields = fields  # line number, line, whether it denies training
        self._known: dict[str, tuple[Observation, ...]] = {}

    def observe(self, url: str, document_url: str, *, media_type: str) -> tuple[Observation, ...]:  # noqa: ARG002 - the file speaks of everything alike
        """Return its words on training: denials in one observation, all others in another."""
        if (known := self._known.get(document_url)) is None:
            known = tuple(self._observations(document_url))
            self._known = {document_url: known}
        return known

    def _observations(self, document_url: str) -> Iterator[Observation]:
        for denies in (True, False):
            if alike := [(number, text) for number, text, denial in self._fields if denial is denies]:
                locator, raw = place(alike)
                source = Source(channel=Channel.WELL_KNOWN, url=document_url, locator=locator)
                yield Observation(statement=_FIELDS[denies], source=source, raw=raw)


def parse_ai_file(body: bytes, *, truncated: bool = False) -> SiteDocumentReading:
    """Tell the format, then read it; never raises.  A file about something else has no document."""
    lines = text_lines(body, truncated=truncated)
    state = Retrieval.OVERSIZE if truncated or len(body) >= LIMIT else Retrieval.OK
    if next((line.strip() for line in lines if line.strip()), "") == "---":
        return SiteDocumentReading(retrieval=state)
    if rules := list(_rules(lines)):
        if len(rules) > _RULES:
            state = Retrieval.OVERSIZE
        return SiteDocumentReading(retrieval=state, document=SpawningFile(rules[:_RULES]))
    fields = list(_fields(lines))[:_RULES]
    return SiteDocumentReading(retrieval=state, document=FieldsFile(fields) if fields else None)


def _rules(lines: Sequence[str]) -> Iterator[_Rule]:
    """Yield the Disallow lines whose value is a pattern; in prose the same words are not."""
    group: set[str] | None = None  # before any User-agent line
    collecting = False
    for number, text in enumerate(lines, 1):
        name, colon, value = text.partition("#")[0].partition(":")
        field, value = name.strip().lower(), value.strip()
        if field == "user-agent" and colon:
            group = group if collecting and group is not None else set()
            collecting = True
            if value == "*" or len(group) < _TOKENS:
                group.add(printable(value.lower())[:_TOKEN])
        elif field in {"allow", "disallow"} and colon:
            collecting = False
            if field == "disallow" and value.startswith(("/", "*", ".")):
                yield _rule(number, text, value, group)


def _rule(number: int, text: str, value: str, group: set[str] | None) -> _Rule:
    named = _EXTENSION.fullmatch(value)
    extension = named[1].lower() if named else None
    return _Rule(
        number=number,
        text=text,
        selector=value,
        agents=() if group is None or "*" in group else tuple(sorted(group)),
        in_group=group is not None,
        fits=_test(value, extension),
        media=media_of_extension(extension) if extension else None,
    )


def _test(value: str, extension: str | None) -> Callable[[str], bool]:
    if value in _EVERYTHING:
        return lambda _: True
    if extension is not None:
        return lambda path: path.partition("?")[0].lower().endswith(f".{extension}")
    busy = value.count("*") > STARS  # a pattern made to keep us busy covers all there is
    return path_pattern(value) or (lambda _: busy)


def _fields(lines: Sequence[str]) -> Iterator[tuple[int, str, bool]]:
    for number, text in enumerate(lines, 1):
        name, separator, value = text.partition("#")[0].replace("=", ":", 1).partition(":")
        field = re.sub(r"[\s_-]+", "-", name.strip().lower())
        word = value.strip().strip("\"'.").lower()
        if not separator or not word:
            continue
        if _NO_TRAINING.fullmatch(field):
            yield number, text, word in _YES
        elif _TRAINING.fullmatch(field):
            yield number, text, word in _NO


def _is_of(media_type: str, media: str) -> bool:
    return media_type == media or (media.endswith("/*") and media_type.startswith(media[:-1]))


@lru_cache(maxsize=4096)
def _denial(voice: _Voice, selector: str, media: tuple[str, ...]) -> Statement:
    addressee = Addressee(all=False, tokens=voice.agents, matches_us=False) if voice.agents else EVERYONE
    certainty = _NOT_ALL if voice.agents else 1.0 if voice.in_group else _NO_GROUP
    return Statement(
        kind=Kind.AITXT_SPAWNING,
        protocol=SPAWNING,
        usage=Usage.AI_TRAIN,
        verdict=Verdict.DENY,
        legal_effect=LegalEffect.INFERENCE if voice.agents else LegalEffect.RESERVATION,
        scope=Scope(level=ScopeLevel.AUTHORITY, selector=selector, media=media),
        addressee=addressee,
        confidence=certainty,
        lenient=not voice.in_group,
    )


_FIELDS = {
    denies: Statement(
        kind=Kind.AITXT_OTHER,
        protocol=WELL_KNOWN,
        protocol_version="00",
        usage=Usage.AI_TRAIN,
        verdict=Verdict.DENY if denies else Verdict.UNKNOWN,
        legal_effect=LegalEffect.RESERVATION if denies else LegalEffect.NOTICE,
        scope=Scope(level=ScopeLevel.AUTHORITY),
        confidence=_UNMISTAKABLE,
        lenient=True,
        note=None if denies else "unread",
    )
    for denies in (True, False)
}
