"""Erasing: hidden at once, gone for good after.  The way of an erasure, and who may move it on.

    absent ──hide──▶ HIDDEN ──┬─write─▶ written ─switch─▶ switched ─┬─▶ REWRITTEN ──delete──▶ deleted
                              └──────── for each segment ◀──────────┘                            │
                                            ERASED ◀──finish── proved ◀────────look──────────────┘

    state      in the database                              in the store
    HIDDEN     tombstones where the rows were; no question  everything
               meets them, suppression holds
    written    the same                                     beside a segment its next generation, without the erased
    switched   rows point at the next generation; the old   both; nobody asks for the old one
               key is noted as replaced
    REWRITTEN  all segments switched, or dropped as empty   the replaced objects, nothing else of it
    deleted    the same                                     no replaced object, no version or part of one
    ERASED     tombstones without place and digest          nothing of it

Every arrow can be repeated; killed between two, `resume_erasures` goes on from the left one: what has to be rewritten
is asked from the rows anew, a next generation that no row names is thrown away, replaced objects stay on record until
they are gone.  No old object is deleted before all segments are switched, because it may hold the one copy of a body
that a revisit outside the erasure stands for (`crawler.archive.erasing.rehoming`).

The second phase has the sites to itself by their leases: no visit adds to their segments or points into them.  What
switches or drops a segment commits only under its lease, so that whoever takes a site over from a dead or a stopped
process never works beside a commit that is still on its way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from crawler.archive.erasing.proof import look_for_traces
from crawler.archive.erasing.rehoming import Homes, find_homes
from crawler.archive.erasing.rewriting import Changes, rewrite
from crawler.archive.erasing.sites import SiteLeases
from crawler.archive.errors import ArchiveError
from crawler.archive.failpoints import reach
from crawler.archive.indexing import put_index
from crawler.archive.keys import index_key, rewritten_key
from crawler.archive.recovery import recover
from crawler.archive.spool import remove_empty_parents
from crawler.archive.store import Store
from provenance.database import Database
from provenance.erasures.bytes_to_go import (
    held_segments,
    hidden_spans,
    objects_to_delete,
    remaining_spans,
    segments,
    sites_of,
)
from provenance.erasures.hiding import sweep
from provenance.erasures.holds import refuse_held, standing_against_hidden
from provenance.erasures.listing import erasure as current
from provenance.erasures.records import ErasureRecord, ErasureState, HeldSegment, SegmentSwitched
from provenance.erasures.scrubbing import scrub
from provenance.erasures.settling import (
    drop_segment,
    finish,
    mark_rewritten,
    remove_unreferenced,
    switch_segment,
)
from provenance.errors import RecordConflict

_WORKSHOP = "erasing"  # below the spool: where segments are written anew
_TRIES = 3


class Progress(Protocol):
    """Called after each segment."""

    def __call__(self, done: int, total: int, /) -> object:
        """Take note that ``done`` of ``total`` segments are through."""


class Elsewhere(ArchiveError):  # noqa: N818 - see DamagedRecord
    """A segment that has to be rewritten waits in a spool that is not here."""


class Engine:
    """The second phase of one erasure after another."""

    def __init__(
        self, database: Database, store: Store, spool_dir: Path, progress: Progress | None = None
    ) -> None:
        self._database, self._store, self._spool_dir = database, store, spool_dir
        self._progress = progress
        self.rewritten = self.dropped = self.rehomed = self.corrected = 0

    def settle(self, erasure: ErasureRecord) -> ErasureRecord:
        """Bring an erasure to its end.

        Raises:
            LegalHoldStands: a hold was placed on it meanwhile; it stays hidden.
            SitesBusy: a visit works on one of its sites; it stays hidden.
            Elsewhere: a segment lies in another machine's spool; it stays hidden.
            TracesLeft, DamagedRecord, StoreError: see there; what was done stays done.
        """
        refuse_held(standing_against_hidden(self._database, erasure), erasure.scope)
        with SiteLeases(self._database) as leases:
            leases.take(sites_of(self._database, erasure))
            erasure = current(self._database, erasure.id)  # whoever had the sites before may have moved it on
            if erasure.state is ErasureState.ERASED:
                return erasure
            while sweep(self._database, erasure, datetime.now(UTC)):
                leases.take(sites_of(self._database, erasure))
            erasure = current(self._database, erasure.id)
            if erasure.state is ErasureState.HIDDEN:
                erasure = self._rewrite_all(erasure, leases)
                refuse_held(standing_against_hidden(self._database, erasure), erasure.scope)
            deleted = self._delete_all(erasure, leases)
            proof = look_for_traces(
                self._database, self._store, self._spool_dir, erasure, sites_of(self._database, erasure)
            )
            leases.check()
            facts = {"objects_deleted": deleted, "proof": proof.to_json()}
            erasure = self._finish(erasure, facts)
        reach("erase.certified")
        return erasure

    def _rewrite_all(self, erasure: ErasureRecord, leases: SiteLeases) -> ErasureRecord:
        """Take every exchange of the erasure out of every segment: one rewriting a segment, however many go."""
        held = {segment.id: segment for segment in held_segments(self._database, erasure.id)}
        if any(not segment.stored for segment in held.values()):
            recover(self._database, self._store, self._spool_dir)
            held = {segment.id: segment for segment in held_segments(self._database, erasure.id)}
        for segment in held.values():
            if not segment.stored:
                raise Elsewhere(
                    f"{segment.key} is neither in the store nor in this spool: run «aboveboard recover» on the "
                    "machine that crawled it; the documents are hidden already"
                )
        homes = find_homes(self._database, self._store, erasure.id)
        others = segments(self._database, homes.segments() - held.keys())
        for done, segment in enumerate(work := [*held.values(), *others], start=1):
            self._rewrite(erasure, segment, homes, leases)
            if self._progress is not None:
                self._progress(done, len(work))
        return mark_rewritten(self._database, erasure.id)

    def _rewrite(
        self, erasure: ErasureRecord, segment: HeldSegment, homes: Homes, leases: SiteLeases
    ) -> None:
        lease = leases.confirm(segment.site)
        kept = remaining_spans(self._database, erasure.id, segment.id)
        if not kept:
            drop_segment(self._database, erasure.id, segment, lease)
            self.dropped += 1
            reach("erase.switched")
            return
        replaced, originals = homes.replaced(self._store, segment)
        changes = Changes(
            removed=hidden_spans(self._database, erasure.id, segment.id),
            kept=kept,
            replaced=replaced,
            originals=originals,
        )
        switch_segment(self._database, erasure.id, self._write(segment, changes, leases), lease)
        self.rewritten += 1
        self.rehomed += len(originals)
        self.corrected += len(replaced) - len(originals)
        reach("erase.switched")

    def _write(self, segment: HeldSegment, changes: Changes, leases: SiteLeases) -> SegmentSwitched:
        """Bring a segment's next generation to the store; one that a killed process left there goes first."""
        key = rewritten_key(segment.key)
        leases.confirm(segment.site)  # what another put there meanwhile is no leftover
        self._store.delete(key)
        self._store.delete(index_key(key))
        path = self._spool_dir / _WORKSHOP / f"{segment.id}.part"
        try:
            written = rewrite(self._store, segment, changes, key, path)
            stored = self._store.put(key, path)
            put_index(self._store, key, written.index, self._spool_dir)
        finally:
            path.unlink(missing_ok=True)
            remove_empty_parents(self._spool_dir, path)
        reach("erase.rewritten")
        return SegmentSwitched(
            id=segment.id,
            old_key=segment.key,
            key=key,
            uri=stored.uri,
            length=stored.length,
            digest=stored.digest,
            records=written.records,
            stored_at=datetime.now(UTC),
            moved=written.moved,
        )

    def _delete_all(self, erasure: ErasureRecord, leases: SiteLeases) -> int:
        """Delete what was replaced, in the store with every version, and where it should not be: in the spool."""
        keys = objects_to_delete(self._database, erasure.id)
        for key in keys:
            leases.check()
            self._store.delete(key)
            self._store.delete(index_key(key))
            for path in (self._spool_dir / key, self._spool_dir / index_key(key)):
                path.unlink(missing_ok=True)
                remove_empty_parents(self._spool_dir, path)
            reach("erase.deleted")
        return len(keys)

    def _finish(self, erasure: ErasureRecord, facts: dict[str, Any]) -> ErasureRecord:
        for attempt in range(_TRIES):
            try:
                remove_unreferenced(self._database)
                break
            except RecordConflict:  # a crawl of another site took one up just now
                if attempt == _TRIES - 1:
                    raise
        finished = finish(self._database, erasure.id, datetime.now(UTC), facts)
        scrub(self._database)
        return finished
