"""ai.txt as Spawning made it (2023): the grammar of robots.txt over file types; what it disallows is not for training.

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
from licences.signals.text_file import place
from licences.vocabulary import Channel, Kind, LegalEffect, Usage, Verdict

PROTOCOL = "ai.txt (Spawning)"
_KNOWN_ANSWERS = 4096  # kept of one file
_NOT_ALL = 0.6  # confidence: said to one agent, meant for all by our inference
_NO_GROUP = 0.8  # confidence: a rule outside every group
_TOKENS, _TOKEN = 20, 100  # agents of a group that are kept, characters of each
_SELECTOR = 2000  # characters of patterns that are kept
_PAGE = "text/html"
_EVERYTHING = frozenset({"/", "*", "/*", ".*"})
_PATTERNS = ("/", "*", ".", "http://", "https://")  # so they begin
_EXTENSION = re.compile(r"/?\*?\.([A-Za-z0-9]{1,10})\$?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One Disallow line."""

    number: int  # from 1
    text: str
    selector: str  # as written
    agents: tuple[str, ...]  # lower-case; empty: everybody
    in_group: bool
    fits: Callable[[str], bool]  # a normalised path
    extension: str | None  # ".jpg", when it speaks of a file type
    media: str | None  # the media type that stands for, None when we know none

    def covers(self, path: str, name: str, media_type: str) -> bool:
        """Tell whether the rule is about a document: by its path, or by what it is.

        Args:
            path: normalised, with its query.
            name: the path in lower case, without its query.
            media_type: as `plain_type` has it.
        """
        if self.extension is None:
            return self.fits(path)
        return name.endswith(self.extension) or (self.media is not None and _is_of(media_type, self.media))


class _Voice(NamedTuple):
    """In what words the lines of one statement agree."""

    agents: tuple[str, ...]
    in_group: bool
    about_media: bool  # of other media than the document: it covers what the document embeds


class SpawningFile:
    """An ai.txt of rules over file types."""

    __slots__ = ("_answers", "_rules")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._answers: dict[tuple[str, tuple[int, ...], bool], tuple[Observation, ...]] = {}

    def observe(self, url: str, document_url: str, *, media_type: str) -> tuple[Observation, ...]:
        """Return the denials that cover a document; of a page also those of other media, which it may embed."""
        path, kind = target(url), plain_type(media_type)
        name = path.partition("?")[0].lower()
        covering = tuple([number for number, rule in enumerate(self._rules) if rule.covers(path, name, kind)])
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
        voices: dict[_Voice, list[Rule]] = {}
        for number, rule in enumerate(self._rules):
            about_media = number not in covering
            if not about_media or (embeds and rule.media is not None):
                voices.setdefault(_Voice(rule.agents, rule.in_group, about_media), []).append(rule)
        for voice, rules in voices.items():
            locator, raw = place((rule.number, rule.text) for rule in rules)
            source = Source(channel=Channel.WELL_KNOWN, url=document_url, locator=locator)
            selector = " ".join(sorted({printable(rule.selector) for rule in rules}))[:_SELECTOR]
            media = tuple(sorted({rule.media for rule in rules if rule.media})) if voice.about_media else ()
            yield Observation(statement=_denial(voice, selector, media), source=source, raw=raw)


def read_rules(lines: Sequence[str]) -> Iterator[Rule]:
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
            if field == "disallow" and value.startswith(_PATTERNS):
                yield _rule(number, text, value, group)


def _rule(number: int, text: str, value: str, group: set[str] | None) -> Rule:
    named = _EXTENSION.fullmatch(value)
    extension = named[1].lower() if named else None
    return Rule(
        number=number,
        text=text,
        selector=value,
        agents=() if group is None or "*" in group else tuple(sorted(group)),
        in_group=group is not None,
        fits=_test(value),
        extension=f".{extension}" if extension else None,
        media=media_of_extension(extension) if extension else None,
    )


def _test(value: str) -> Callable[[str], bool]:
    if value in _EVERYTHING:
        return lambda _: True
    busy = value.count("*") > STARS  # a pattern made to keep us busy covers all there is
    return path_pattern(value) or (lambda _: busy)


def _is_of(media_type: str, media: str) -> bool:
    return media_type == media or (media.endswith("/*") and media_type.startswith(media[:-1]))


@lru_cache(maxsize=4096)
def _denial(voice: _Voice, selector: str, media: tuple[str, ...]) -> Statement:
    addressee = Addressee(all=False, tokens=voice.agents, matches_us=False) if voice.agents else EVERYONE
    certainty = _NOT_ALL if voice.agents else 1.0 if voice.in_group else _NO_GROUP
    return Statement(
        kind=Kind.AITXT_SPAWNING,
        protocol=PROTOCOL,
        usage=Usage.AI_TRAIN,
        verdict=Verdict.DENY,
        legal_effect=LegalEffect.INFERENCE if voice.agents else LegalEffect.RESERVATION,
        scope=Scope(level=ScopeLevel.PATH, selector=selector, media=media),
        addressee=addressee,
        confidence=certainty,
        lenient=not voice.in_group,
    )
