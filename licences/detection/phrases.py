"""The phrases of ``phrases.toml`` and ``subjects.toml``, compiled: which of them a sentence holds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from licences.observation import Scope, Statement
from licences.vocabulary import Condition, ConditionType, Kind, LegalEffect, Usage, Verdict

_LATIN = ("en", "de", "fr", "es")
_CJK = ("zh", "ja", "en")  # words in English stand in every page
_IS_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_PROTOCOLS = {Kind.RIGHTS_NOTICE: "visible rights notice", Kind.LICENCE_TEXT: "visible licence notice"}


class Written(NamedTuple):
    """A pattern in both scripts: a sentence in one is not searched for the other's words."""

    latin: re.Pattern[str] | None
    cjk: re.Pattern[str] | None

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in a folded sentence."""
        pattern = self.cjk if is_cjk(text) else self.latin
        return pattern.search(text) if pattern else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield every match in a folded sentence."""
        pattern = self.cjk if is_cjk(text) else self.latin
        if pattern:
            yield from pattern.finditer(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One phrase, and what it states."""

    name: str
    kind: Kind
    states: tuple[Mapping[str, Any], ...]
    pattern: Written
    near: tuple[str, ...] = ()  # sets that must stand near a negation, and near each other
    unless: frozenset[str] = frozenset()
    own: bool = False  # counts only where a sentence speaks of the page itself

    def __hash__(self) -> int:
        return hash(self.name)


class Hit(NamedTuple):
    """A phrase in a sentence."""

    phrase: Phrase
    start: int
    loose: bool  # its words stand near each other, which in running text is not enough


@lru_cache(maxsize=512)
def is_cjk(text: str) -> bool:
    """Tell whether a text holds Chinese or Japanese writing."""
    return not text.isascii() and _IS_CJK.search(text) is not None


@lru_cache(maxsize=1024)
def phrases_in(text: str) -> tuple[Hit, ...]:
    """Return the phrases that a folded sentence holds."""
    found: list[Hit] = []
    for phrase in _phrases():
        if (match := phrase.pattern.search(text)) is not None:
            found.append(Hit(phrase, match.start(), loose=False))
        elif phrase.near and (at := _near(phrase.near, text)) is not None:
            found.append(Hit(phrase, at, loose=True))
    names = {hit.phrase.name for hit in found}
    return tuple(hit for hit in found if hit.phrase.unless.isdisjoint(names))


@lru_cache(maxsize=512)
def statement_of(phrase: Phrase, number: int, scope: Scope) -> Statement:
    """Return what a phrase states, by number; equal statements are one object."""
    stated = phrase.states[number]
    return Statement(
        kind=phrase.kind,
        protocol=_PROTOCOLS[phrase.kind],
        usage=Usage(stated["usage"]),
        verdict=Verdict(stated["verdict"]),
        legal_effect=LegalEffect(stated["effect"]),
        scope=scope,
        conditions=tuple(Condition(type=ConditionType(one)) for one in stated.get("conditions", ())),
        confidence=stated["confidence"],
        note=stated.get("note", phrase.name),
    )


def _near(sets: tuple[str, ...], text: str) -> int | None:
    """Return where words of all sets stand near a negation, None when they do not."""
    table = _near_table()
    distance = table["distance_cjk" if is_cjk(text) else "distance_latin"]
    if any(table[name].search(text) is None for name in reversed(sets)):  # the rarer words stand last
        return None
    first, *others = [[found.start() for found in table[name].finditer(text)][:20] for name in sets]
    negations = [found.start() for found in table["negation"].finditer(text)][:20]
    for place in first:
        if any(abs(place - other) <= distance for other in negations) and all(
            any(abs(place - other) <= distance for other in places) for places in others
        ):
            return None if table["never"].search(text) else place
    return None


def subjects(name: str) -> Written:
    """Return the pattern of one table of ``subjects.toml``: "own", "site", "granting", "else"."""
    return _written(_subjects()[name])


@cache
def parts() -> tuple[tuple[str, Written], ...]:
    """Return what a part of a page may be called: "code", "image"."""
    return tuple((name, _written(words)) for name, words in _subjects()["part"].items())


@cache
def _subjects() -> dict[str, Any]:
    return _read("subjects.toml")


@cache
def _phrases() -> tuple[Phrase, ...]:
    return tuple(
        Phrase(
            name=row["name"],
            kind=Kind(row.get("kind", "rights.notice")),
            states=tuple(row["states"]),
            pattern=_written(row),
            near=tuple(row.get("near", ())),
            unless=frozenset(row.get("unless", ())),
            own=row.get("own", False),
        )
        for row in _read("phrases.toml")["phrase"]
    )


@cache
def _near_table() -> dict[str, Any]:
    table = _read("phrases.toml")["near"]
    compiled = {name: _written(words) for name, words in table.items() if isinstance(words, dict)}
    never = re.compile("|".join(table["never"]))
    return compiled | {
        "never": Written(never, never),
        "distance_latin": table["latin"],
        "distance_cjk": table["cjk"],
    }


def _written(words: Mapping[str, Any]) -> Written:
    return Written(_joined(words, _LATIN), _joined(words, _CJK))


def _joined(words: Mapping[str, Any], languages: tuple[str, ...]) -> re.Pattern[str] | None:
    found = [pattern for language in languages for pattern in words.get(language, ())]
    return re.compile("|".join(found)) if found else None


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("licences.detection").joinpath(name).read_text(encoding="utf-8"))
