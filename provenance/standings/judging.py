"""Judge: each rights set is decided once, and once with each distinct later statement; documents share the verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce

from sqlalchemy import Connection, select

from licences.errors import LicenceError
from licences.observation import Statement
from licences.policy import Policy, decide
from licences.policy.evidence import bearing
from licences.rights import Lookup, RightsSet
from licences.vocabulary import Channel, Usage
from provenance import models
from provenance.standings.later import Later
from provenance.standings.verdict import Verdict, as_decided, stricter, unreadable
from provenance.upsert import chunks


class Judge:
    """Decides for one usage, under one policy, at one moment; verdicts are numbered in the order they were met."""

    def __init__(self, usage: Usage, policy: Policy, at: datetime) -> None:
        """Begin without any rights set; ``at`` is the moment that limited statements are judged for, UTC."""
        self.usage, self.policy, self.at = usage, policy, at
        self.verdicts: list[Verdict] = []
        self._numbers: dict[str, int] = {}
        self._sets: dict[int, RightsSet | None] = {}
        self._as_fetched: dict[int, int] = {}
        self._joined: dict[tuple[int, Later], int] = {}
        self._bear: dict[int, frozenset[Statement]] = {}
        self._taken: dict[tuple[int, int], bool] = {}
        self._outcomes: dict[tuple[frozenset[Statement], tuple[Lookup, ...]], Verdict] = {}
        self._changes: dict[tuple[int, frozenset[Statement], frozenset[Lookup]], Verdict | None] = {}

    def read(self, connection: Connection, keys: Iterable[int] | None = None) -> None:
        """Read rights sets that were not read yet.

        Args:
            connection: of a transaction that reads.
            keys: those wanted; None: every one there is.
        """
        if keys is None:
            for key, canonical in connection.execute(_COLUMNS):
                self._take(key, canonical)
            return
        missing = {key for key in keys if key not in self._sets}
        for some in (
            chunks(sorted(missing)) if missing else ()
        ):  # asked for each capture, almost always in vain
            for key, canonical in connection.execute(_COLUMNS.where(models.RightsSet.id.in_(some))):
                self._take(key, canonical)

    def _take(self, key: int, canonical: str) -> None:
        if key in self._sets:
            return
        try:
            self._sets[key] = RightsSet.from_json(canonical)
        except LicenceError:
            self._sets[key] = None

    @property
    def known(self) -> list[int]:
        """The keys of the rights sets that were read, sorted."""
        return sorted(self._sets)

    def statements(self, key: int) -> frozenset[Statement]:
        """Return what a rights set that was read states; nothing where it cannot be read."""
        rights = self._sets[key]
        return frozenset() if rights is None else frozenset(rights.statements)

    def refusals(self) -> set[int]:
        """Return the keys of the sets that were stated by answers which turned us away, as far as they were read."""
        return {
            key
            for key, rights in self._sets.items()
            if rights is not None and any(one.channel is Channel.HTTP_STATUS for one in rights.lookups)
        }

    def takes_away(self, key: int, newer: int) -> bool:
        """Whether what one rights set states withholds more of a document of another, stated after it was fetched.

        Only what bears on the usage is looked at, so that thousands of pairs of sets are a few hundred questions.
        """
        rights, pair = self._sets[key], (key, newer)
        if rights is None or (found := self._taken.get(pair)) is False:
            return False
        if found is None:
            held, added = self._bearing(key), self._bearing(newer)
            found = not added <= held and self._is_stricter(key, held | added, rights)
            self._taken[pair] = found
        return found

    def _is_stricter(self, key: int, statements: frozenset[Statement], rights: RightsSet) -> bool:
        asked = (statements, rights.lookups)
        second = self._outcomes.get(asked)
        if second is None:
            second = self._outcomes[asked] = self._outcome(statements, rights)
        first = self.verdicts[self.number(key)]
        return stricter(first, second) is not first

    def _bearing(self, key: int) -> frozenset[Statement]:
        """Return the statements of a rights set that bear on the usage, in whichever way."""
        found = self._bear.get(key)
        if found is None:
            rights = self._sets[key]
            found = frozenset() if rights is None else bearing(rights, self.usage, self.policy, self.at)
            self._bear[key] = found
        return found

    def _outcome(self, statements: frozenset[Statement], rights: RightsSet) -> Verdict:
        """Return the verdict over some statements and a set's lookups, without the order that reasons come in."""
        some = replace(rights, statements=tuple(statements), digest=b"", canonical="")
        decision = decide.__wrapped__(some, self.usage, self.policy, at=self.at)
        conditions = tuple(condition.to_json() for condition in decision.conditions)
        return Verdict(outcome=decision.outcome, rule=decision.rule, reasons=(), conditions=conditions)

    def number(self, key: int) -> int:
        """Return the number of the verdict over a rights set as it was fetched."""
        found = self._as_fetched.get(key)
        if found is None:
            rights = self._sets[key]
            verdict = unreadable() if rights is None else self._decided(rights)
            found = self._as_fetched[key] = self.numbered(verdict)
        return found

    def number_with(self, key: int, later: Iterable[Later]) -> int:
        """Return the number of the strictest verdict: as fetched, and with each of what was learned later."""
        return reduce(self._stricter, (self._with(key, one) for one in later), self.number(key))

    def number_at_most(self, number: int, limit: Verdict) -> int:
        """Return the number of a verdict, or of another one where that withholds more."""
        held = self.verdicts[number]
        return self.numbered(limit) if stricter(held, limit) is limit else number

    def numbered(self, verdict: Verdict) -> int:
        """Return the number of a verdict, the same for equal ones."""
        key = verdict.key
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.verdicts)
            self.verdicts.append(verdict)
        return number

    def _with(self, key: int, later: Later) -> int:
        found = self._joined.get((key, later))
        if found is None:
            found = self._joined[key, later] = self._join(key, later)
        return found

    def _join(self, key: int, later: Later) -> int:
        found = self._changed(key, later.statements, later.lookups)
        if found is None:
            return self.number(key)
        told = f"Learned after it was fetched, from {later.said_by}."
        return self.numbered(
            replace(found, reasons=(told, *found.reasons), since=later.said_by, cause=later.cause)
        )

    def _changed(
        self, key: int, statements: frozenset[Statement], lookups: frozenset[Lookup]
    ) -> Verdict | None:
        """Return the verdict with something more stated, where that is stricter; else None."""
        asked = (key, statements, lookups)
        if asked not in self._changes:
            self._changes[asked] = self._change(*asked)
        return self._changes[asked]

    def _change(
        self, key: int, statements: frozenset[Statement], lookups: frozenset[Lookup]
    ) -> Verdict | None:
        rights, held = self._sets[key], self.verdicts[self.number(key)]
        if rights is None:
            return None
        stated, asked = frozenset(rights.statements), frozenset(rights.lookups)
        if statements <= stated and lookups <= asked:
            return None
        found = stricter(held, self._decided(RightsSet.of_statements(stated | statements, asked | lookups)))
        return None if found is held else found

    def _decided(self, rights: RightsSet) -> Verdict:
        return as_decided(decide(rights, self.usage, self.policy, at=self.at), rights)

    def _stricter(self, one: int, other: int) -> int:
        if one == other:
            return one
        first, second = self.verdicts[one], self.verdicts[other]
        found = stricter(first, second)
        if found is first or found is second:
            return one if found is first else other
        return self.numbered(found)


_COLUMNS = select(models.RightsSet.id, models.RightsSet.canonical)
