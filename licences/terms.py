"""What a licence says about training: from its URL or its SPDX expression to verdict and conditions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from urllib.parse import urldefrag, urlsplit

from licences.creativecommons import Deed, read_deed
from licences.known import Known, known_at
from licences.observation import encodable
from licences.spdx import read_expression
from licences.vocabulary import Condition, ConditionType, LegalEffect, Retrieval, Usage, Verdict

EVERY_USE = (
    Usage.INDEX,
    Usage.SNIPPET,
    Usage.ARCHIVE,
    Usage.TDM,
    Usage.AI_INDEX,
    Usage.AI_INPUT,
    Usage.REDISTRIBUTE,
    Usage.DERIVATIVE,
)
_LONGEST_NAME = 2000  # characters
_MARK_CONFIDENCE = 0.7  # the public domain mark is somebody's statement, not a licence
_VALUES = {ConditionType.ATTRIBUTION: "indicate changes", ConditionType.GEO: "developing nations"}
_BURDEN = {  # which alternative of an OR is the easiest; one for anything else
    ConditionType.NONCOMMERCIAL: 20,
    ConditionType.SEE_TEXT: 10,
    ConditionType.NO_DERIVATIVES: 6,
    ConditionType.SHARE_ALIKE: 3,
}
_RANK = {Verdict.ALLOW: 0, Verdict.CONDITIONAL: 1, Verdict.UNKNOWN: 2, Verdict.DENY: 3}
_LISTED = re.compile(r"/licen[sc]es?/([A-Za-z0-9.+-]+?)(?:\.html|\.json|\.txt)?/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A licence, and what it says about training a model."""

    licence: str | None  # SPDX expression; the canonical URL where SPDX has none; None: no name could be read
    verdict: Verdict
    effect: LegalEffect = LegalEffect.LICENCE_GRANT
    conditions: tuple[Condition, ...] = ()
    covers: tuple[Usage, ...] = ()  # what else it allows on the same conditions
    confidence: float = 1.0
    note: str | None = (
        None  # "retired", "unknown_licence", "no_version", "database_only", "computational_use"
    )
    retrieval: Retrieval = Retrieval.OK


@lru_cache(maxsize=4096)
def terms_at(url: str) -> Terms:
    """Return the terms behind an absolute URL; unknown ones keep the URL, without its fragment, as their name."""
    if (deed := read_deed(url)) is not None:
        return _of_deed(deed)
    if (known := known_at(url)) is not None:
        return terms_of_known(known)
    if (listed := _listed_at(url)) is not None:
        return terms_of(listed)
    return _unknown(urldefrag(url)[0])


@lru_cache(maxsize=256)
def terms_of_known(known: Known) -> Terms:
    """Return the terms of a licence of ``known.toml`` or of the GNU family."""
    if known.spdx is not None:
        return terms_of(known.spdx)
    if known.like is not None:
        return replace(_of_id(known.like), licence=known.url, note="no_version")
    if known.verdict is Verdict.CONDITIONAL:
        return replace(
            _conditional(known.url or "", known.conditions, known.note), confidence=known.confidence
        )
    return Terms(
        licence=known.url,
        verdict=known.verdict,
        effect=known.effect,
        conditions=_conditions(known.conditions),
        confidence=known.confidence,
        note=known.note,
    )


@lru_cache(maxsize=1024)
def terms_of(text: str) -> Terms:
    """Return the terms of an SPDX expression; of alternatives, the easiest; of a conjunction, all conditions."""
    expression = read_expression(text)
    if not expression.valid:
        return _unknown(expression.text or None, retrieval=Retrieval.MALFORMED)
    return min((_together(ids, expression.text) for ids in expression.branches), key=_burden)


def _of_deed(deed: Deed) -> Terms:
    if deed.unit is None:
        return _unknown(deed.url)
    note = "retired" if deed.retired else None
    if deed.unit in _table().units:
        return _conditional(deed.spdx or deed.url, _table().units[deed.unit], note)
    plain = _of_id(deed.spdx) if deed.spdx else _unknown(deed.url)
    return plain if note is None else replace(plain, note=note)


def _of_id(identifier: str) -> Terms:
    if identifier == "CC-PDM-1.0":
        return Terms(
            licence=identifier,
            verdict=Verdict.ALLOW,
            effect=LegalEffect.NOTICE,
            conditions=_conditions([ConditionType.KEEP_NOTICES]),
            confidence=_MARK_CONFIDENCE,
        )
    family = _family_of(identifier)
    if not family.conditions:
        return Terms(licence=identifier, verdict=Verdict.ALLOW, covers=EVERY_USE)
    terms = _conditional(identifier, family.conditions, family.note)
    return terms if family.covers is None else replace(terms, covers=family.covers)


@cache
def _family_of(identifier: str) -> _Family:
    for family in _table().families:
        if any(fnmatchcase(identifier, pattern) for pattern in family.ids):
            return family
    unit = re.fullmatch(r"CC-([A-Z-]+?)-\d.*", identifier)
    asked = _table().units.get(unit[1].lower()) if unit else None
    return _Family(ids=(), conditions=asked or (ConditionType.SEE_TEXT,))


def _together(identifiers: Iterable[str], expression: str) -> Terms:
    parts = [_of_id(identifier) for identifier in identifiers]
    conditions = tuple(dict.fromkeys(condition for part in parts for condition in part.conditions))
    return Terms(
        licence=expression,
        verdict=max((part.verdict for part in parts), key=_RANK.__getitem__),
        effect=LegalEffect.NOTICE
        if any(part.effect is LegalEffect.NOTICE for part in parts)
        else parts[0].effect,
        conditions=conditions,
        covers=tuple(usage for usage in EVERY_USE if all(usage in part.covers for part in parts)),
        confidence=min(part.confidence for part in parts),
        note=next((part.note for part in parts if part.note), None),
    )


def _conditional(licence: str, asked: Iterable[ConditionType], note: str | None) -> Terms:
    conditions = _conditions(asked)
    bound = {condition.type for condition in conditions}
    withheld = {Usage.DERIVATIVE} if ConditionType.NO_DERIVATIVES in bound else set()
    return Terms(
        licence=licence,
        verdict=Verdict.CONDITIONAL,
        conditions=conditions,
        covers=tuple(usage for usage in EVERY_USE if usage not in withheld),
        note=note,
    )


def _unknown(licence: str | None, *, retrieval: Retrieval = Retrieval.OK) -> Terms:
    name = encodable(licence.replace("\0", "")[:_LONGEST_NAME]) if licence else None
    return Terms(licence=name, verdict=Verdict.UNKNOWN, note="unknown_licence", retrieval=retrieval)


def _conditions(asked: Iterable[ConditionType]) -> tuple[Condition, ...]:
    return tuple(Condition(type=one, value=_VALUES.get(one)) for one in asked)


def _burden(terms: Terms) -> tuple[int, int]:
    return _RANK[terms.verdict], sum(_BURDEN.get(condition.type, 1) for condition in terms.conditions)


def _listed_at(url: str) -> str | None:
    """Return the SPDX id that a page of spdx.org or opensource.org describes."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.hostname not in {"spdx.org", "www.spdx.org", "opensource.org", "www.opensource.org"}:
        return None
    found = _LISTED.fullmatch(parts.path)
    return found[1] if found and read_expression(found[1]).valid else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """Licences that ask for the same."""

    ids: tuple[str, ...]  # SPDX identifiers, or patterns of them
    conditions: tuple[ConditionType, ...]  # empty: allowed, nothing asked
    covers: tuple[Usage, ...] | None = None  # None: every use
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    units: dict[str, tuple[ConditionType, ...]]
    families: tuple[_Family, ...]


@cache
def _table() -> _Table:
    data = tomllib.loads(files("licences").joinpath("terms.toml").read_text(encoding="utf-8"))
    return _Table(
        units={unit: tuple(map(ConditionType, asked)) for unit, asked in data["creativecommons"].items()},
        families=tuple(
            _Family(
                ids=tuple(family["ids"]),
                conditions=tuple(map(ConditionType, family.get("conditions", ()))),
                covers=tuple(map(Usage, family["covers"])) if "covers" in family else None,
                note=family.get("note"),
            )
            for family in data["family"]
        ),
    )
