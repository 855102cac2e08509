"""Why rows of a manifest may not be used any more: found once for what rows share, and for a few rows by themselves.

`check` and `recall` ask here, so that they never disagree.  Against a manifest everything counts that was learned
after the moment it answers for, also what was taken back since: only a new manifest gives a row back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from licences.errors import LicenceError
from licences.policy import BUILTIN, Policy, load, read
from licences.vocabulary import Outcome, Usage
from provenance.database import Database
from provenance.erasures import ErasureState, ScopeKind, suppressions
from provenance.erasures.conditions import URL, covered, joined
from provenance.errors import ManifestError
from provenance.manifest.register import Registered
from provenance.models import Capture, Erasure, Tombstone
from provenance.models import Policy as PolicyRow
from provenance.standings import Standing, Verdict
from provenance.standings.later import HOST_FILE, NEWER_EXCHANGE, day
from provenance.standings.moments import turns_of_statements
from provenance.upsert import chunks
from provenance.version import SOFTWARE

ERASED, SUPPRESSED = "erased", "suppressed"
POLICY_CHANGED, LAPSED, READ_ANEW = "policy", "statement-lapsed", "release"
HIDDEN = frozenset({ERASED, SUPPRESSED})  # causes whose rows' URLs we do not repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a row may not be used any more."""

    cause: str  # one word: "erased", "source.revoked", "host-file", "newer-exchange", "policy", …
    outcome: str
    rule: str
    reasons: tuple[str, ...]
    since: str  # what changed it, and when
    detail: str  # one sentence without any URL or host, which the feed may keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """Everything that speaks against rows of one manifest at a moment, as far as it permitted them."""

    as_of: datetime  # what was learned up to then
    captures: Mapping[
        int, Cause
    ]  # by key of the capture: erased, suppressed, and what was learned of it alone
    sites: Mapping[int, Cause]  # by key of the site
    rights_sets: Mapping[int, Cause]  # by key of the rights set: every one that permits nothing now
    decides_anew: bool  # whether those can be others than when the manifest was made

    def __bool__(self) -> bool:
        return bool(self.captures or self.sites or (self.rights_sets and self.decides_anew))


def policy_today(database: Database, manifest: Registered, named: str | None = None) -> Policy:
    """Return the policy that rows are held against: the one named, else today's of the manifest's policy's name.

    That is the packaged profile, or the newest on record.

    Raises:
        PolicyError: there is none of the name given, or it cannot be read.
        ManifestError: none is on record that this release can read.
    """
    if named is not None:
        return load(named)
    if manifest.policy_name in BUILTIN:
        return load(manifest.policy_name)
    newest = (
        select(PolicyRow.text).where(PolicyRow.name == manifest.policy_name).order_by(PolicyRow.id.desc())
    )
    with database.reading() as connection:
        text = connection.scalar(newest.limit(1)) or manifest.policy_text
    return _recorded(text, manifest)


def causes(
    database: Database,
    manifest: Registered,
    policy: Policy,
    *,
    as_of: datetime | None = None,
    learned_after: datetime | None = None,
) -> Causes:
    """Return what speaks against rows of a manifest.

    Args:
        database: that it was made from.
        manifest: as it was registered.
        policy: today's.
        as_of: what was recorded by then, UTC; None: by now.
        learned_after: only what is news since; None: since the moment that the manifest answers for.

    Raises:
        ManifestError: ``as_of`` lies before the moment that the manifest answers for.
    """
    if as_of is not None and as_of < manifest.as_of:
        raise ManifestError(
            f"the manifest answers for {manifest.as_of:%Y-%m-%dT%H:%M:%SZ}: ask for a moment after that"
        )
    standing = Standing.at(database, Usage(manifest.usage), policy, as_of)
    after = max(learned_after or manifest.as_of, manifest.as_of)
    anew = _decides_anew(database, manifest, policy, standing.as_of)
    # Not merged: news that takes nothing away hides no older denial that the policy only now listens to.
    numbers = [*(standing.exceptions() if anew else {}).items(), *standing.exceptions(after).items()]
    alone = {
        key: _of_verdict(standing.verdicts[number])
        for key, number in numbers
        if not standing.verdicts[number].is_permitting
    }
    with database.reading() as connection:
        alone |= _suppressed(connection, database)
        alone |= _erased(connection)
    return Causes(
        as_of=standing.as_of,
        captures=alone,
        sites={key: _of_verdict(verdict) for key, verdict in standing.lapsed_sites(after).items()},
        rights_sets=_of_sets(standing, manifest, anew=anew),
        decides_anew=anew,
    )


def _decides_anew(database: Database, manifest: Registered, policy: Policy, now: datetime) -> bool:
    """Whether a rights set can be decided otherwise than it was: another policy, another release, another time."""
    if policy.digest != manifest.policy_digest or json.loads(manifest.header).get("software") != SOFTWARE:
        return True
    with database.reading() as connection:
        return any(manifest.as_of < moment <= now for moment in turns_of_statements(connection))


def _of_sets(standing: Standing, manifest: Registered, *, anew: bool) -> dict[int, Cause]:
    """Return the rights sets that permit nothing now, each with what changed that if the manifest permitted it."""
    numbers = standing.number_by_rights_set()
    refused = {
        key: standing.verdicts[number]
        for key, number in numbers.items()
        if not standing.verdicts[number].is_permitting
    }
    if not (anew and refused):
        return {key: _of_set(verdict, standing.policy, READ_ANEW) for key, verdict in refused.items()}
    old = _recorded(manifest.policy_text, manifest)
    before = _permitted(Standing(standing.database, standing.usage, old, manifest.as_of))
    still = _permitted(Standing(standing.database, standing.usage, old, standing.as_of))
    return {
        key: _of_set(
            verdict,
            standing.policy,
            POLICY_CHANGED if key in still else LAPSED if key in before else READ_ANEW,
        )
        for key, verdict in refused.items()
    }


def _permitted(standing: Standing) -> set[int]:
    numbers = standing.number_by_rights_set()
    return {key for key, number in numbers.items() if standing.verdicts[number].is_permitting}


def _recorded(text: str, manifest: Registered) -> Policy:
    try:
        return read(text, manifest.policy_name)
    except LicenceError as error:
        raise ManifestError(
            f"policy {manifest.policy_name} as it was recorded cannot be read by this release ({error}); "
            "name one with --policy"
        ) from error


def _of_verdict(verdict: Verdict) -> Cause:
    """Return the cause that a verdict over a site, or over a single capture, is."""
    when = verdict.since.rpartition(", ")[2]
    if verdict.cause == HOST_FILE:
        name = verdict.since.partition(" of ")[0]
        detail = f"Its host's {name}, {when}, speaks against it: {verdict.reasons[1]}"
    elif verdict.cause == NEWER_EXCHANGE:
        detail = f"A newer exchange of its address, {when}, speaks against it: {verdict.reasons[1]}"
    else:
        detail = _OF_SOURCES.get(verdict.cause, "Its source is not in force.")
    return _cause(verdict, verdict.cause, detail, verdict.since)


_OF_SOURCES = {
    "source.revoked": "Its source was revoked.",
    "source.expired": "The admission of its source has ended.",
    "source.not-begun": "The admission of its source has not begun.",
    "source.unregistered": "Its source is not in the register.",
}


def _of_set(verdict: Verdict, policy: Policy, cause: str) -> Cause:
    says = verdict.reasons[0]
    if cause == POLICY_CHANGED:
        changed = f"policy {policy.name} is another since: sha256:{policy.digest.hex()[:16]}"
        return _cause(verdict, cause, f"Policy {policy.name} has changed: {says}", changed)
    if cause == LAPSED:
        return _cause(
            verdict, cause, f"The time of a statement came or went: {says}", "a statement's own dates"
        )
    return _cause(verdict, cause, f"This release decides otherwise: {says}", SOFTWARE)


def _cause(verdict: Verdict, cause: str, detail: str, since: str) -> Cause:
    return Cause(
        cause=cause,
        outcome=verdict.outcome.value,
        rule=verdict.rule,
        reasons=verdict.reasons,
        since=since,
        detail=detail,
    )


def erased_cause(erasure: int, hidden_at: datetime) -> Cause:
    """Return the cause of a row whose document was erased."""
    said = f"Erased on {day(hidden_at)} (erasure {erasure})."
    return _forgotten(ERASED, said)


def _forgotten(cause: str, said: str) -> Cause:
    denied = Outcome.NOT_PERMITTED.value
    return Cause(
        cause=cause, outcome=denied, rule=cause, reasons=(said,), since=said.rstrip("."), detail=said
    )


def _erased(connection: Connection) -> dict[int, Cause]:
    asked = select(Tombstone.capture_id, Tombstone.erasure_id, Tombstone.hidden_at)
    known: dict[tuple[int, str], Cause] = {}
    found: dict[int, Cause] = {}
    for key, erasure, hidden_at in connection.execute(asked):
        told = (erasure, day(hidden_at))
        if told not in known:
            known[told] = erased_cause(erasure, hidden_at)
        found[key] = known[told]
    return found


def _suppressed(connection: Connection, database: Database) -> dict[int, Cause]:
    """Return captures on record that an erasure asks not to use: recorded after it hid its scope, or of other bytes."""
    listed = suppressions(database)
    found: dict[int, Cause] = {}
    unfinished = set(connection.scalars(select(Erasure.id).where(Erasure.state != ErasureState.ERASED.value)))
    for entry in listed.entries:
        said = f"Not to be used: erasure {entry.erasure_id} covers its address."
        cause = _forgotten(SUPPRESSED, said)
        if entry.scope.kind is ScopeKind.DIGEST:
            found |= dict.fromkeys(_at_addresses_of(connection, entry.erasure_id), cause)
        elif entry.erasure_id in unfinished:
            found |= dict.fromkeys(
                (row.id for page in covered(connection, entry.scope) for row in page), cause
            )
    return found


def _at_addresses_of(connection: Connection, erasure: int) -> Iterator[int]:
    """Yield the captures whose URL is one at which an erased payload was found."""
    hashes = set(connection.scalars(select(Tombstone.url_hash).where(Tombstone.erasure_id == erasure)))
    prefixes = sorted({int.from_bytes(one[:8], "big", signed=True) for one in hashes})
    for some in chunks(prefixes):
        asked = joined(Capture.id, URL.label("url")).where(Capture.url_hash.in_(some))
        yield from _of_hashes(connection.execute(asked), hashes)


def _of_hashes(rows: Iterable[tuple[int, str]], hashes: set[bytes]) -> Iterator[int]:
    for key, url in rows:
        if hashlib.sha256(url.encode("utf-8", "replace")).digest() in hashes:
            yield key
