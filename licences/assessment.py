"""The assessment before collection: acquisition mode by data category → duties, and who has to sign.

Duties are a union: where several cases meet, all of them hold together (DA-5.1-1, DA-5.1-2).  The table is data,
`assessment.toml`; nothing here judges whether a duty was met: that is what the two names stand for.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from licences.errors import LicenceError
from licences.words import INVISIBLE

_UNSEEN = dict.fromkeys(map(ord, INVISIBLE))


class AssessmentError(LicenceError):
    """A source cannot be assessed as asked; the message names the duty and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What has to be seen to, in one sentence, and the requirement that asks for it."""

    id: str  # "DA-5.3.1-2"
    says: str
    modes: frozenset[str]
    categories: frozenset[str]
    needs_four_eyes: bool  # holds wherever two people have to sign

    def holds_for(self, mode: str, categories: Iterable[str], *, four_eyes: bool) -> bool:
        """Tell whether the duty holds for a mode and one of some categories; no list stands for every one."""
        return (
            (not self.needs_four_eyes or four_eyes)
            and (not self.modes or mode in self.modes)
            and (not self.categories or not self.categories.isdisjoint(categories))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of data."""

    name: str
    says: str
    review_after_days: int
    four_eyes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The packaged table."""

    version: str
    modes: Mapping[str, str]  # name, and what it means
    categories: Mapping[str, Category]
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What one source asks for: the union of the duties of its mode and its categories."""

    version: str
    mode: str
    categories: tuple[str, ...]  # sorted, each once; empty: nobody said what kind of data it is
    conditions: tuple[str, ...]
    duties: tuple[Duty, ...]
    four_eyes: tuple[str, ...]  # why two people have to sign, in words; empty: one may
    review_after_days: int | None  # None: nobody said what kind of data it is

    def to_json(self) -> dict[str, Any]:
        """Return it as the register of sources keeps it."""
        return {
            "version": self.version,
            "categories": list(self.categories),
            "duties": [{"id": duty.id, "says": duty.says} for duty in self.duties],
            "four_eyes": list(self.four_eyes),
            "review_after_days": self.review_after_days,
        }


@cache
def table() -> Table:
    """Return the packaged table."""
    data = tomllib.loads(files("licences").joinpath("assessment.toml").read_text(encoding="utf-8"))
    categories = {
        name: Category(
            name=name,
            says=stated["says"],
            review_after_days=stated["review_after_days"],
            four_eyes=stated.get("four_eyes", False),
        )
        for name, stated in data["category"].items()
    }
    duties = tuple(
        Duty(
            id=stated["id"],
            says=stated["says"],
            modes=frozenset(stated.get("modes", ())),
            categories=frozenset(stated.get("categories", ())),
            needs_four_eyes=stated.get("four_eyes", False),
        )
        for stated in data["duty"]
    )
    return Table(
        version=data["version"],
        modes=MappingProxyType(data["mode"]),
        categories=MappingProxyType(categories),
        duties=duties,
    )


def assess(mode: str, categories: Iterable[str], conditions: Sequence[str] = ()) -> Assessment:
    """Return what a source asks for.

    Args:
        mode: how its data is acquired.
        categories: what kinds of data it holds; empty: nobody said.
        conditions: under which alone it is admitted, in words.

    Raises:
        AssessmentError: no such mode or category; the message lists those there are.

    >>> [duty.id for duty in assess("crawled", ["interface"]).duties if duty.categories]
    ['DA-5.3.3-d', 'DA-5.3.1-5']
    """
    known = table()
    if mode not in known.modes:
        raise AssessmentError(f"{mode!r} is no way to acquire data; write one of {', '.join(known.modes)}")
    kinds = tuple(sorted(set(categories)))
    for kind in kinds:
        if kind not in known.categories:
            raise AssessmentError(
                f"{kind!r} is no category of data; write one of {', '.join(known.categories)}"
            )
    held = tuple(" ".join(condition.split()) for condition in conditions)
    if not all(held):
        raise AssessmentError("a condition is empty: write what has to be kept to, or leave it out")
    why = [f"the category {kind}" for kind in kinds if known.categories[kind].four_eyes]
    why += ["an admission under conditions"] if held else []
    return Assessment(
        version=known.version,
        mode=mode,
        categories=kinds,
        conditions=held,
        duties=tuple(duty for duty in known.duties if duty.holds_for(mode, kinds, four_eyes=bool(why))),
        four_eyes=tuple(why),
        review_after_days=min((known.categories[kind].review_after_days for kind in kinds), default=None),
    )


def check_signatures(assessment: Assessment, *, assessor: str | None, approver: str | None) -> None:
    """Let an assessment stand only with the names that it needs (C-ASSESS, four eyes).

    Args:
        assessment: what is signed.
        assessor: who looked; None: not named.
        approver: who approved; None: not named.

    Raises:
        AssessmentError: a name is missing, or both are one person's.
    """
    names = {"assessor": assessor, "approver": approver}
    missing = [role for role, name in names.items() if not _person(name or "")]
    if missing and assessment.four_eyes:
        raise AssessmentError(
            f"{' and '.join(assessment.four_eyes)} need two people (C-ASSESS): "
            f"say who with {' and '.join(f'--{role} NAME' for role in missing)}"
        )
    if not missing and is_same_person(assessor or "", approver or ""):
        raise AssessmentError(
            f"{assessor} cannot both assess and approve (C-ASSESS): --approver names somebody else"
        )


def is_same_person(one: str, other: str) -> bool:
    r"""Tell whether two names are one person's: case, blanks, invisible signs and Unicode form make no other.

    >>> is_same_person("J. Doe", " j.\u00a0DOE"), is_same_person("Zo\u00eb", "Zoe\u0308")
    (True, True)
    >>> is_same_person("Zoe", "Zo\u00eb")
    False
    """
    return _person(one) == _person(other)


def _person(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(folded.translate(_UNSEEN).split())
