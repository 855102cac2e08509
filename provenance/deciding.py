"""Decide over everything held, for any policy and usage, and say what another policy would change.

Each rights set is decided once, so that the answer takes seconds however many documents there are.  Nothing is
written: what was decided when a document was fetched stays on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from licences.errors import RecordError
from licences.policy import Policy
from licences.policy.comparing import Held, compare, tally
from licences.rights import RightsSet
from licences.vocabulary import Outcome, Usage
from provenance.database import Database
from provenance.queries.rights_counts import addresses, rights_counts
from provenance.queries.rows import all_rows, stream


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """The documents that a policy decides alike for a usage, by one of its rules."""

    usage: Usage
    outcome: Outcome
    documents: int
    rights_sets: int
    rule: str
    says: str  # the rule in the policy's words
    samples: Sequence[str]  # URLs


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """The documents whose outcome for a usage changes alike, from a rule of one policy to a rule of the other."""

    usage: Usage
    before: Outcome
    after: Outcome
    documents: int
    rights_sets: int
    rule_before: str
    rule_after: str
    says_before: str  # the rules in the policies' words
    says_after: str
    samples: Sequence[str]  # URLs


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Everything held, as far as rights go."""

    held: Sequence[Held]
    documents: int  # that ``held`` speaks of
    unread: int  # documents whose rights set this release cannot read


def holdings(database: Database, *, site: str | None = None) -> Holdings:
    """Return every rights set that holds for a document, once, with how many documents; of one site, or of all."""
    held: list[Held] = []
    unread = 0
    for row in stream(database, rights_counts(site=site)):
        try:
            rights = RightsSet.from_json(row.canonical)
        except RecordError:
            unread += row.documents
            continue
        samples = (row.least, row.latest) if row.least != row.latest else (row.least,)
        held.append(Held(rights=rights, documents=row.documents, samples=samples))
    return Holdings(held=held, documents=sum(one.documents for one in held), unread=unread)


def outcomes(
    database: Database, held: Sequence[Held], policy: Policy, usages: Sequence[Usage]
) -> list[OutcomeRow]:
    """Return what a policy makes of everything: by usage, the commonest outcome first, by rule."""
    counted = tally(held, policy, usages)
    urls = _urls(database, (one.samples for one in counted))
    return [
        OutcomeRow(
            **one.what._asdict(),
            documents=one.documents,
            rights_sets=one.rights_sets,
            samples=_named(one.samples, urls),
        )
        for one in counted
    ]


def changes(
    database: Database, held: Sequence[Held], before: Policy, after: Policy, usages: Sequence[Usage]
) -> list[ChangeRow]:
    """Return what going from one policy to another would change: by usage, the commonest change first, by rules."""
    counted = compare(held, before, after, usages)
    urls = _urls(database, (one.samples for one in counted))
    return [
        ChangeRow(
            **one.what._asdict(),
            documents=one.documents,
            rights_sets=one.rights_sets,
            samples=_named(one.samples, urls),
        )
        for one in counted
    ]


def _urls(database: Database, samples: Iterable[Iterable[int]]) -> dict[int, str]:
    wanted = {key for keys in samples for key in keys}
    return {found.id: found.url for found in all_rows(database, addresses(wanted))}


def _named(samples: Iterable[int], urls: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(urls[key] for key in samples if key in urls))
