"""trust.txt of JournalList: the one line in it that is about training, ``datatrainingallowed=yes|no``.

The line may stand once.  A denial also counts where the line is sloppy or stands several times; an allowance only
where it stands as the format wants it, and then for training as such: the format does not say whether it means
models that generate.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from licences.observation import Observation, Scope, ScopeLevel, Source, Statement
from licences.signals.site_document import SiteDocumentReading
from licences.signals.text_file import is_cut, place, text_lines
from licences.vocabulary import Channel, Kind, LegalEffect, Retrieval, Usage, Verdict

_KEPT = 40  # lines about training that are shown
_NAME = "datatrainingallowed"
_LENIENT = 0.8  # confidence
_WORDS = {"yes": Verdict.ALLOW, "no": Verdict.DENY}


class _Line(NamedTuple):
    number: int  # from 1
    text: str
    verdict: Verdict
    is_strict: bool


class TrustFile:
    """A trust.txt that says something about training; it says the same of every page."""

    __slots__ = ("_known", "_lines", "_statement")

    def __init__(self, lines: list[_Line], statement: Statement) -> None:
        self._lines = lines
        self._statement = statement
        self._known: dict[str, tuple[Observation, ...]] = {}

    def observe(self, url: str, document_url: str, *, media_type: str) -> tuple[Observation, ...]:  # noqa: ARG002 - the file speaks of everything alike
        """Return what the file states: one observation, with every line that it stands in."""
        if (known := self._known.get(document_url)) is None:
            locator, raw = place((line.number, line.text) for line in self._lines)
            source = Source(channel=Channel.WELL_KNOWN, url=document_url, locator=locator)
            known = (Observation(statement=self._statement, source=source, raw=raw),)
            self._known = {document_url: known}
        return known


def parse_trust_file(body: bytes, *, truncated: bool = False) -> SiteDocumentReading:
    """Read a trust.txt of any size and content; never raises."""
    found = [
        line
        for number, text in enumerate(text_lines(body, truncated=truncated), 1)
        if (line := _read(number, text)) is not None
    ]
    cut = is_cut(body, truncated=truncated)
    sound = len(found) <= 1 and all(line.verdict is not Verdict.UNKNOWN for line in found)
    state = Retrieval.OVERSIZE if cut else Retrieval.OK if sound else Retrieval.MALFORMED
    verdicts = {line.verdict for line in found}
    if Verdict.DENY in verdicts:
        verdict = Verdict.DENY
    else:
        settles = state is Retrieval.OK and all(line.is_strict for line in found)
        verdict = Verdict.ALLOW if settles else Verdict.UNKNOWN
    strict = sound and all(line.is_strict for line in found)
    statement = _statement(verdict, strict=strict, sound=sound, conflict=len(verdicts) > 1)
    document = TrustFile(_shown(found, verdict), statement) if found else None
    return SiteDocumentReading(retrieval=state, document=document)


def _read(number: int, text: str) -> _Line | None:
    said = text.partition("#")[0]
    name, _, value = said.partition("=" if "=" in said else ":")
    if name.strip().lower() != _NAME:
        return None
    verdict = _WORDS.get(value.strip().lower(), Verdict.UNKNOWN)
    return _Line(number, text, verdict, "=" in said and name == _NAME and value.rstrip() in _WORDS)


def _shown(found: list[_Line], verdict: Verdict) -> list[_Line]:
    """Return the lines that are kept as evidence: the first ones, those that decide among them."""
    deciding = [line for line in found if line.verdict is verdict]
    return sorted({*deciding[:_KEPT], *found[: _KEPT - len(deciding[:_KEPT])]})


@lru_cache(maxsize=32)
def _statement(verdict: Verdict, *, strict: bool, sound: bool, conflict: bool) -> Statement:
    settled = verdict is not Verdict.UNKNOWN
    return Statement(
        kind=Kind.TRUSTTXT,
        protocol="trust.txt",
        usage=Usage.AI_TRAIN,
        verdict=verdict,
        legal_effect=LegalEffect.PREFERENCE if settled else LegalEffect.NOTICE,
        scope=Scope(level=ScopeLevel.AUTHORITY),
        confidence=1.0 if strict else _LENIENT,
        lenient=not strict,
        retrieval=Retrieval.OK if sound else Retrieval.MALFORMED,
        note="conflict" if conflict else None if settled else "unread",
    )
