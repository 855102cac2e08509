"""What the papers beside a manifest tell, in the order in which they tell it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from licences.creativecommons import read_deed
from licences.spdx import read_expression
from licences.vocabulary import ConditionType
from provenance.manifest.counting import NO_LICENCE, Counts
from provenance.manifest.dimensions import RunFacts
from provenance.manifest.rows import asks_for_credit, licence_of
from provenance.manifest.splitting import Split
from provenance.sources import SourceEntry

_CC = re.compile(r"CC-(?P<unit>[A-Z-]+)-(?P<version>\d\.\d)(?:-(?P<port>[A-Z-]+))?")
_ADDRESS = re.compile(r"https?://\S+")


class Group(NamedTuple):
    """The documents under one licence."""

    licence: str
    urls: Sequence[str]  # of its texts
    documents: int
    sites: Sequence[tuple[str, int]]  # and how many of them each holds, by name
    conditions: Sequence[str]  # in words, sorted
    is_credited: bool  # a line gives credit
    is_share_alike: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a paper may tell of a manifest."""

    header: Mapping[str, Any]
    counts: Counts
    sources: Mapping[str, SourceEntry]  # by site
    split: Split | None

    @property
    def groups(self) -> Sequence[Group]:
        """The licences, those under which most documents stand first."""
        names = self.counts.dimensions.site_names.to_pylist()
        found: dict[str, Counter[str]] = {}
        verdicts: dict[str, set[int]] = {}
        for (number, site), count in self.counts.by_verdict.items():
            licence = licence_of(self.counts.verdicts[number]) or NO_LICENCE
            found.setdefault(licence, Counter())[names[site] or ""] += count
            verdicts.setdefault(licence, set()).add(number)
        return [
            self._group(licence, sites, verdicts[licence])
            for licence, sites in sorted(found.items(), key=lambda one: (-one[1].total(), one[0]))
        ]

    def _group(self, licence: str, sites: Counter[str], numbers: set[int]) -> Group:
        verdicts = [self.counts.verdicts[number] for number in numbers]
        conditions = {condition_in_words(one) for verdict in verdicts for one in verdict.conditions}
        kinds = {one.get("type") for verdict in verdicts for one in verdict.conditions}
        stated = {one for verdict in verdicts for one in verdict.licences}
        return Group(
            licence=licence,
            urls=sorted(url for one in stated for url in licence_urls(one)),
            documents=sites.total(),
            sites=sorted(sites.items()),
            conditions=sorted(conditions),
            is_credited=any(map(asks_for_credit, verdicts)),
            is_share_alike=ConditionType.SHARE_ALIKE.value in kinds,
        )

    @property
    def runs(self) -> Sequence[tuple[RunFacts, int]]:
        """The runs that fetched something of it, and how many documents each."""
        runs = self.counts.dimensions.runs
        return [(runs[key], count) for key, count in sorted(self.counts.by_run.items()) if key in runs]

    @property
    def entries(self) -> Sequence[SourceEntry]:
        """The register's entries that its sites stand on, by name."""
        return [self.sources[site] for site in self.counts.by("sites") if site in self.sources]

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """The first and the last fetch; None: there is no row."""
        first, last = self.counts.first, self.counts.last
        return None if first is None or last is None else (first, last)


def condition_in_words(condition: Mapping[str, Any]) -> str:
    """Return a condition as people read it.

    >>> condition_in_words({"type": "share_alike", "url": "https://example.org/terms"})
    'share alike (https://example.org/terms)'
    """
    kind = str(condition.get("type", "")).replace("_", " ")
    more = ", ".join(str(condition[name]) for name in ("value", "url") if condition.get(name))
    return f"{kind} ({more})" if more else kind


def licence_urls(stated: str) -> tuple[str, ...]:
    """Return where the texts of the licences in an expression are found.

    >>> licence_urls("CC-BY-SA-4.0")
    ('https://creativecommons.org/licenses/by-sa/4.0/',)
    >>> licence_urls("MIT OR Apache-2.0")
    ('https://spdx.org/licenses/MIT.html', 'https://spdx.org/licenses/Apache-2.0.html')
    """
    if _ADDRESS.fullmatch(stated):
        return (stated,)
    ids = dict.fromkeys(one for branch in read_expression(stated).branches for one in branch)
    return tuple(_deed(one) or f"https://spdx.org/licenses/{one}.html" for one in ids)


def _deed(identifier: str) -> str | None:
    if identifier == "CC0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    found = _CC.fullmatch(identifier)
    if found is None:
        return None
    parts = [found["unit"], found["version"], *([found["port"]] if found["port"] else [])]
    deed = read_deed(f"https://creativecommons.org/licenses/{'/'.join(parts).lower()}/")
    return deed.url if deed is not None and deed.spdx == identifier else None
