"""Rights set: everything stated for a capture, interned by the SHA-256 of its canonical JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from licences.errors import RecordError
from licences.observation import Observation, Statement
from licences.vocabulary import Channel, Retrieval

FORMAT = 1  # of the canonical JSON; a new number whenever its meaning changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A channel that was asked, and how that went."""

    channel: Channel
    retrieval: Retrieval
    document: str | None = None  # of a host's files, which: "tdmrep.json"; None: the channel says it

    def to_json(self) -> dict[str, str]:
        """Return the lookup ready for JSON, without what it does not say."""
        named = {} if self.document is None else {"document": self.document}
        return {"channel": self.channel.value, "retrieval": self.retrieval.value, **named}

    @classmethod
    def from_json(cls, data: dict[str, str]) -> Lookup:
        """Read back what `to_json` wrote."""
        return cls(
            channel=Channel(data["channel"]),
            retrieval=Retrieval(data["retrieval"]),
            document=data.get("document"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsSet:
    """What was stated, and which channels were asked, without any place or time."""

    statements: tuple[Statement, ...]  # in the order of their canonical JSON
    lookups: tuple[Lookup, ...]  # sorted
    canonical: str  # JSON: sorted keys, no spaces
    digest: bytes  # SHA-256 of ``canonical`` in UTF-8, 32 bytes
    licences: tuple[str, ...]  # SPDX expressions or licence URLs stated for the page or a part of it, sorted

    def __hash__(self) -> int:
        return hash(self.digest)

    @classmethod
    def of(cls, observations: Iterable[Observation], lookups: Iterable[Lookup] = ()) -> RightsSet:
        """Build the set; the same statements in any order, seen anywhere, give the same object."""
        return _interned(frozenset(seen.statement for seen in observations), frozenset(lookups))

    @classmethod
    def of_statements(cls, statements: Iterable[Statement], lookups: Iterable[Lookup] = ()) -> RightsSet:
        """Build the set from statements whose places do not matter here."""
        return _interned(frozenset(statements), frozenset(lookups))

    @classmethod
    def from_json(cls, canonical: str) -> RightsSet:
        """Read a stored set back; RecordError when it is not one of ours, or of another format."""
        try:
            data = json.loads(canonical)
            if data["format"] != FORMAT:
                raise RecordError(
                    f"rights set of format {data['format']}: this release reads {FORMAT}; upgrade it"
                )
            statements = frozenset(Statement.from_json(part) for part in data["statements"])
            lookups = frozenset(Lookup.from_json(part) for part in data["lookups"])
        except (KeyError, TypeError, ValueError) as error:
            raise RecordError(
                f"not a rights set ({error}): restore the row from its WARC metadata record"
            ) from error
        return _interned(statements, lookups)


@lru_cache(maxsize=4096)  # a site has a handful of rights sets; 200 visits are open at a time
def _interned(statements: frozenset[Statement], lookups: frozenset[Lookup]) -> RightsSet:
    ordered = sorted(statements, key=lambda statement: statement.canonical)
    asked = sorted(lookups, key=lambda one: (one.channel.value, one.document or "", one.retrieval.value))
    parts = [_dump([one.to_json() for one in asked]), ",".join(one.canonical for one in ordered)]
    canonical = f'{{"format":{FORMAT},"lookups":{parts[0]},"statements":[{parts[1]}]}}'
    stated = {one.licence for one in ordered if one.licence}
    return RightsSet(
        statements=tuple(ordered),
        lookups=tuple(asked),
        canonical=canonical,
        digest=sha256(canonical.encode()).digest(),
        licences=tuple(sorted(stated)),
    )


def _dump(data: Any) -> str:
    return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
