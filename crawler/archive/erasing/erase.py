"""Erase a scope, and finish what a killed process began to erase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.archive.erasing.engine import Elsewhere, Engine, Progress
from crawler.archive.erasing.proof import TracesLeft
from crawler.archive.erasing.sites import SitesBusy
from crawler.archive.errors import DamagedRecord, ObjectMissing
from crawler.archive.failpoints import reach
from crawler.archive.recovery import database_identity
from crawler.archive.spool import claim
from crawler.archive.store import Store
from provenance.database import Database
from provenance.erasures import ErasureRecord, Plan, Scope, ScopeKind, hide, plan, unfinished
from provenance.errors import LegalHoldStands

# What keeps an erasure hidden until somebody acts; a store or database that is away is an error instead.
WAITS = (SitesBusy, Elsewhere, LegalHoldStands, DamagedRecord, ObjectMissing, TracesLeft)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure did, or would do."""

    plan: Plan
    erasure: ErasureRecord | None  # None: it was only asked what would be done
    rewritten: int = 0  # segments
    dropped: int = 0  # segments in which nothing was left
    rehomed: int = 0  # revisits that got the body they stood for
    corrected: int = 0  # revisits that were told where their body is now
    waits_for: str | None = None  # why the bytes are still there, in words; None: they are gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What became of the erasures that were not finished."""

    finished: Sequence[ErasureRecord]
    waiting: Sequence[tuple[ErasureRecord, str]]  # and for what, in words


def erase(
    database: Database,
    store: Store,
    spool_dir: Path,
    scope: Scope,
    *,
    reason: str,
    requested_by: str,
    captures: Sequence[int] = (),
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Erased:
    """Erase what a scope covers: hidden at once, then gone from store, spool and database.

    A scope asked for by somebody is never fetched again; one of retention may be.

    Args:
        database: whose rows say what there is.
        store: where the segments lie.
        spool_dir: where they lay before, and where they are written anew.
        scope: what is to go.
        reason: why, in words; kept for good.
        requested_by: who asked for it; kept for good.
        captures: for a scope of retention the keys of the captures whose time is over.
        dry_run: only say what would be done.
        progress: told after each segment.

    Raises:
        LegalHoldStands: nothing was done.
        StoreError: it is hidden; `resume_erasures` goes on when the store is back.
        SpoolError: the spool belongs to another database.
    """
    planned = plan(database, scope, captures)
    if dry_run:
        return Erased(plan=planned, erasure=None)
    claim(spool_dir, database_identity(database))
    erasure = hide(
        database,
        scope,
        reason=reason,
        requested_by=requested_by,
        at=datetime.now(UTC),
        suppresses=scope.kind is not ScopeKind.RETENTION,
        captures=captures,
    )
    reach("erase.hidden")
    engine, waits_for = Engine(database, store, spool_dir, progress), None
    try:
        erasure = engine.settle(erasure)
    except WAITS as error:
        waits_for = str(error)
    return Erased(
        plan=planned,
        erasure=erasure,
        rewritten=engine.rewritten,
        dropped=engine.dropped,
        rehomed=engine.rehomed,
        corrected=engine.corrected,
        waits_for=waits_for,
    )


def resume_erasures(
    database: Database, store: Store, spool_dir: Path, progress: Progress | None = None
) -> Resumed:
    """Finish what was hidden and is not erased yet, the oldest first; run at each start, and by hand.

    Raises:
        StoreError: see `erase`; those before it are finished.
    """
    finished: list[ErasureRecord] = []
    waiting: list[tuple[ErasureRecord, str]] = []
    for erasure in unfinished(database):
        try:
            finished.append(Engine(database, store, spool_dir, progress).settle(erasure))
        except WAITS as error:
            waiting.append((erasure, str(error)))
    return Resumed(finished=finished, waiting=waiting)
