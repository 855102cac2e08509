"""What one block of text says about rights, sentence by sentence: read once for all pages that repeat it.

A reading knows the words, not the place: what it counts for in a footer, in the text or in a caption is decided by
the observer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from licences.creativecommons import read_deed
from licences.detection.notice_text import Link, Sentence, joined, sentences
from licences.detection.phrases import Hit, parts, phrases_in, subjects
from licences.naming import NamedLicence, licences_named
from licences.terms import Terms, terms_at
from licences.words import fold

_SOFTWARE = re.compile(r"(?:MIT|Apache|BSD|0BSD|ISC|A?L?GPL|MPL|EPL|EUPL|Zlib|BSL|PSF|Python|NCSA|X11)\b")
_ALWAYS_OWN = re.compile(
    r"permission is (?:hereby )?granted to (?:make and distribute|copy).{0,60}this (?:document|manual)"
)
_QUOTES = (("“", "”"), ("«", "»"), ("„", "“"), ("「", "」"), ("『", "』"))
_OWNED = re.compile(r"'s? .{0,24}")
_LONGEST = 2000  # characters of a sentence that are read
_MOST = 60  # sentences of a block
_MENTION_ONLY = 0.5  # a licence's name must be this much of a sentence that grants nothing in words


class Reading(NamedTuple):
    """What one sentence says."""

    raw: str
    phrases: tuple[Hit, ...]
    links: frozenset[str]  # to Creative Commons, not marked as the page's licence
    licences: tuple[Terms, ...]  # the ones that the sentence puts something under
    own: bool  # of the page itself or its site
    ours: bool  # the same, in the strictest words: «this page», «our content»
    site: bool
    page: bool
    part: str | None  # of a part or something offered: "code", "image"
    granting: bool
    plain: bool  # nothing else is asked, denied, imagined or quoted
    opening: bool  # the phrase stands at the sentence's beginning
    is_addressed_to_readers: (
        bool  # «Permission is granted to copy this document», which manuals set as a quotation
    )

    @property
    def is_about_software(self) -> bool:
        """Whether every licence is one that is written for programs."""
        return all(_SOFTWARE.match(terms.licence or "") for terms in self.licences)


@lru_cache(maxsize=1024)
def readings_of(text: str, links: tuple[Link, ...]) -> tuple[Reading, ...]:
    """Return what the sentences of a block say, those that say nothing left out.

    Args:
        text: as `Block.text`.
        links: the licences that it links to.
    """
    found = []
    for number, sentence in enumerate(sentences(text)):
        if number == _MOST:
            break
        here = [link for link in links if sentence.start <= link.start < sentence.end]
        reading = _read(sentence, joined(text[sentence.start : sentence.end])[:_LONGEST], here)
        if reading is not None:
            found.append(reading)
    names = {hit.phrase.name for reading in found for hit in reading.phrases}
    return tuple(_without(reading, names) for reading in found)


def _read(sentence: Sentence, text: str, links: list[Link]) -> Reading | None:
    folded = fold(text)
    phrases = tuple(hit for hit in phrases_in(folded) if not _is_quoted(folded, hit.start))
    named = licences_named(folded)
    if not (phrases or named or links):
        return None
    marked = any(link.marked for link in links)
    linked = [(_place(folded, text, link), terms_at(link.url)) for link in links]
    first = min((at for at, _ in _placed(named, linked)), default=len(folded))
    own, part = _subject(folded, first)
    granting = subjects("granting").search(folded) is not None
    return Reading(
        raw=sentence.raw,
        phrases=phrases,
        links=frozenset(link.url for link in links if not link.marked and read_deed(link.url) is not None),
        licences=() if marked else _chosen(named, linked, folded, granting=granting),
        own=own,
        ours=subjects("ours").search(folded) is not None,
        site=subjects("site").search(folded[:first]) is not None,
        page=subjects("page").search(folded[:first]) is not None,
        part=part,
        granting=granting,
        plain=subjects("else").search(folded) is None and not _is_somebody_elses(folded),
        opening=min((hit.start for hit in phrases), default=len(folded)) <= _AT_THE_BEGINNING,
        is_addressed_to_readers=_ALWAYS_OWN.search(folded) is not None,
    )


_AT_THE_BEGINNING = 12  # characters


def _placed(named: tuple[NamedLicence, ...], linked: list[tuple[int, Terms]]) -> list[tuple[int, Terms]]:
    return [*((one.start, one.terms) for one in named), *linked]


def _chosen(
    named: tuple[NamedLicence, ...], linked: list[tuple[int, Terms]], folded: str, *, granting: bool
) -> tuple[Terms, ...]:
    """Return the licences of a sentence: what it links to and names; what it only hints at, if that is all."""
    certain = [one.terms for one in named if one.resolved]
    pointed = [terms for _, terms in linked if granting or terms.note != "no_version"]
    certain = [terms for terms in pointed if not _is_said_better(terms, certain)] + certain
    chosen = tuple(dict.fromkeys(certain or [one.terms for one in named]))
    if granting or not chosen:
        return chosen
    length = sum(one.end - one.start for one in named)
    alone = len(chosen) == 1 and bool(certain)
    noted = (
        "©" in folded or "copyright" in folded or "licen" in folded or length >= _MENTION_ONLY * len(folded)
    )
    return chosen if alone and noted else ()


def _is_said_better(linked: Terms, named: list[Terms]) -> bool:
    """Tell whether words say more than the address they link to: its version, or «or later»."""
    if linked.note == "no_version":
        return bool(named)
    text = (linked.licence or "").removesuffix("-only")
    return text != linked.licence and any((one.licence or "").startswith(f"{text}-") for one in named)


def _subject(folded: str, before: int) -> tuple[bool, str | None]:
    """Return whether a sentence speaks of the page itself, and of which part if it does not."""
    if _ALWAYS_OWN.search(folded):
        return True, None
    own = next((found for found in subjects("own").finditer(folded) if found.start() < before), None)
    nearest: tuple[int, str] | None = None
    for name, pattern in parts():
        found = pattern.search(folded[:before])
        if found is not None and (nearest is None or found.start() < nearest[0]):
            nearest = (found.start(), name)
    if own is None:
        return False, nearest[1] if nearest else None
    if nearest is not None and nearest[0] < own.end() and not _is_noun_of_site(own[0]):
        return False, nearest[1]
    if (owned := _OWNED.match(folded, own.end())) is not None:  # «this page's code»
        for name, pattern in parts():
            if pattern.search(owned[0]) is not None:
                return False, name
    return True, None


def _is_noun_of_site(words: str) -> bool:
    """Tell whether what looks like a part's name belongs to the page's own: «text and images on this site»."""
    return " and " in words and words.startswith(("text", "all text", "the text", "content", "all content"))


def _place(folded: str, text: str, link: Link) -> int:
    """Return about where a link stands in a folded sentence; folding moves it by a few characters at most."""
    words = fold(" ".join(text.split()))
    return min(len(words), max(0, words.find(fold(link.words)))) if link.words else len(folded)


def _is_quoted(folded: str, at: int) -> bool:
    """Tell whether a place lies inside quotation marks: then the words are somebody else's."""
    before, behind = folded[: at + 1], folded[at:]
    if before.count('"') % 2 and '"' in behind:
        return True
    return any(before.rfind(opens) > before.rfind(closes) and closes in behind for opens, closes in _QUOTES)


def _is_somebody_elses(folded: str) -> bool:
    """Tell whether the words that grant or name the subject are quoted; a licence's name may well be."""
    said = [subjects(name).search(folded) for name in ("own", "granting")]
    return any(found is not None and _is_quoted(folded, found.start()) for found in said)


def _without(reading: Reading, names: set[str]) -> Reading:
    kept = tuple(hit for hit in reading.phrases if hit.phrase.unless.isdisjoint(names))
    return reading if len(kept) == len(reading.phrases) else reading._replace(phrases=kept)
