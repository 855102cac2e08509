"""ai.txt: three formats share the name, and are told apart before anything is read.

1. Spawning's: rules over file types (`licences.signals.ai_txt_spawning`).
2. Facts about a brand in Markdown, often with YAML front matter: nothing about rights.
3. The draft of a well-known ai.txt (2026): fields.  It may change yet, so only a training denial that nobody can
   mistake counts, leniently; its other words on training are kept unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from licences.observation import Observation, Scope, ScopeLevel, Source, Statement
from licences.signals.ai_txt_spawning import SpawningFile, read_rules
from licences.signals.site_document import SiteDocumentReading
from licences.signals.text_file import is_cut, place, text_lines
from licences.vocabulary import Channel, Kind, LegalEffect, Retrieval, Usage, Verdict

PROTOCOL = "draft-car-ai-txt-wellknown"
_RULES = 2000  # read of one file
_UNMISTAKABLE = 0.6  # confidence: a format that may change
_TRAINING = re.compile(r"(?:allow-)?(?:ai-|model-)?train(?:ing)?(?:-ai)?(?:-allowed|-permitted|-use)?")
_NO_TRAINING = re.compile(r"(?:no|disallow|deny)-(?:ai-|model-)?train(?:ing)?")
_NO = frozenset({"0", "denied", "deny", "disallow", "disallowed", "false", "forbidden", "n", "no"})
_NO |= {"not allowed", "not-allowed", "prohibited"}
_YES = frozenset({"1", "true", "y", "yes"})


def parse_ai_file(body: bytes, *, truncated: bool = False) -> SiteDocumentReading:
    """Tell the format, then read it; never raises.  A file about something else has no document."""
    lines = text_lines(body, truncated=truncated)
    state = Retrieval.OVERSIZE if is_cut(body, truncated=truncated) else Retrieval.OK
    if next((line.strip() for line in lines if line.strip()), "") == "---":
        return SiteDocumentReading(retrieval=state)
    if rules := list(read_rules(lines)):
        if len(rules) > _RULES:
            state = Retrieval.OVERSIZE
        return SiteDocumentReading(retrieval=state, document=SpawningFile(rules[:_RULES]))
    fields = list(_fields(lines))[:_RULES]
    return SiteDocumentReading(retrieval=state, document=FieldsFile(fields) if fields else None)


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


_FIELDS = {
    denies: Statement(
        kind=Kind.AITXT_OTHER,
        protocol=PROTOCOL,
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
