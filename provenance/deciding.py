"""Decide over everything held, for any policy and usage, and say what another policy would change.

Each rights set is decided once, so that the answer takes seconds however many documents there are.  It is decided as
it was when its documents were fetched; what was learned since is for `query` and `manifest`.  What was decided then
stays on record: nothing is written unless `record` is asked to, and what it finds decided it leaves alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from licences.errors import RecordError
from licences.policy import Policy, decide
from licences.policy.comparing import Held, compare, tally
from licences.rights import RightsSet
from licences.vocabulary import Outcome, Usage
from provenance import models, recorded
from provenance.database import Database
from provenance.queries.known import settled
from provenance.queries.rights_counts import addresses, rights_counts
from provenance.queries.rows import all_rows, stream
from provenance.upsert import chunks, insert_new


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


def holdings(database: Database, *, site: str | None = None, as_of: datetime | None = None) -> Holdings:
    """Return every rights set that holds for a document, once, with how many documents.

    Args:
        database: where to look.
        site: only this one's documents; None: all.
        as_of: what was on record by then, UTC; None: now.

    Raises:
        AsOfInFuture: nobody knows yet what will be recorded by then.
    """
    held: list[Held] = []
    unread = 0
    settled(database, as_of)
    for row in stream(database, rights_counts(site=site, as_of=as_of)):
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


def record(database: Database, policy: Policy, usages: Iterable[Usage]) -> int:
    """Write what a policy makes of every rights set for some usages; return how many decisions are new.

    A decision that is on record stays, with the time it was recorded at.
    """
    made = [row for usage in dict.fromkeys(usages) for row in _undecided(database, policy, usage)]
    with database.writing() as connection:
        connection.execute(
            insert_new(connection, models.Policy),
            [{"digest": policy.digest, "name": policy.name, "text": policy.text}],
        )
        found = select(models.Policy.id).where(models.Policy.digest == policy.digest)
        stamp = {"policy_id": connection.execute(found).scalar_one(), "recorded_at": recorded.now(connection)}
        of_policy = models.Decision.policy_id == stamp["policy_id"]
        on_record = select(func.count()).select_from(models.Decision).where(of_policy)
        before = connection.execute(on_record).scalar_one()
        for some in chunks(made):
            connection.execute(insert_new(connection, models.Decision), [row | stamp for row in some])
        return connection.execute(on_record).scalar_one() - before


def _undecided(database: Database, policy: Policy, usage: Usage) -> Iterator[dict[str, Any]]:
    """Yield a decision, as a row, for each rights set that has none yet and that this release can read."""
    decided = (
        select(models.Decision.rights_set_id)
        .join(models.Policy, models.Policy.id == models.Decision.policy_id)
        .where(models.Policy.digest == policy.digest, models.Decision.usage == usage.value)
    )
    open_ones = select(models.RightsSet.id, models.RightsSet.canonical).where(
        models.RightsSet.id.not_in(decided)
    )
    with database.reading() as connection:
        for key, canonical in connection.execute(open_ones.order_by(models.RightsSet.id)):
            try:
                told = decide(RightsSet.from_json(canonical), usage, policy).to_json()
            except RecordError:
                continue
            written = ("outcome", "rule", "reasons", "conditions", "conflicts", "enforces")
            yield {"rights_set_id": key, "usage": usage.value, **{name: told[name] for name in written}}


def _urls(database: Database, samples: Iterable[Iterable[int]]) -> dict[int, str]:
    wanted = {key for keys in samples for key in keys}
    return {found.id: found.url for found in all_rows(database, addresses(wanted))}


def _named(samples: Iterable[int], urls: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(urls[key] for key in samples if key in urls))
