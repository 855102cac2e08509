"""The archive's writer: one thread a process that puts exchanges into segments and their rows into the database.

Off the event loop, in batches: records are appended to the visit's segment, the file is synced, then the rows commit
in one transaction (`crawler.archive.segment` has the protocol).  Full segments go to the store in threads of their own
(`crawler.archive.uploading`), and the crawl waits for a slow store (`crawler.backpressure`).  Any other
failure here is final for the run: the crawl stops, and what was committed is what the next start goes on from.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue

from crawler.archivable import Archivable, Closing, OpenVisit, VisitKey
from crawler.archive.errors import StoreUnavailable
from crawler.archive.failpoints import reach
from crawler.archive.store import Store
from crawler.archive.uploading import Upload, Uploads
from crawler.backpressure import BackPressure
from crawler.unchanged import Payloads
from provenance.recorder import Recorder
from provenance.records import (
    Batch,
    HoldRecord,
    HostLoadRecord,
    HostStateRecord,
    RefusalRecord,
    SegmentStored,
    SiteDocumentRecord,
)

BATCH = 200  # exchanges of one visit in a transaction …
FLUSH_SECONDS = 1.0  # … or as many as came in this time
SEGMENT_BYTES = 64 * 1024 * 1024  # a segment with that many is closed …
SEGMENT_SECONDS = 900.0  # … or one that is that old: a slow site's bytes reach the store on the same day
HTTP_OK = 200


class ArchiveWriter:
    """Takes what visits hand over; see the module."""

    def __init__(
        self,
        recorder: Recorder,
        store: Store,
        spool_dir: Path,
        *,
        failed: Callable[[BaseException], None],
        give_back: Callable[[int], None],
        segment_bytes: int = SEGMENT_BYTES,
        segment_seconds: float = SEGMENT_SECONDS,
    ) -> None:
        self._recorder = recorder
        self._spool_dir = spool_dir
        self._failed = failed
        self._pressure = BackPressure(give_back)
        self._segment_bytes, self._segment_seconds = segment_bytes, segment_seconds
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._taking: set[int] = set()  # the event loop's view of `_open`
        self._open: dict[int, OpenVisit] = {}
        self._closings: list[Closing] = []
        self._uploads = Uploads(store)
        self.left: list[str] = []  # keys of segments that stay in the spool: the store could not take them
        self._thread = threading.Thread(target=self._run, name="archive-writer", daemon=True)
        self.error: BaseException | None = None
        self._thread.start()

    # ------------------------------------------------------------------ called on the event loop

    def open_visit(
        self, visit: VisitKey, warcinfo: Mapping[str, str], payloads: Payloads | None = None
    ) -> None:
        """Begin to take exchanges of a visit; ``payloads`` knows which of its answers are unchanged."""
        self._taking.add(visit.id)
        self._work.put(lambda: self._open.__setitem__(visit.id, OpenVisit(visit, warcinfo, payloads)))

    def takes(self, visit: VisitKey) -> bool:
        """Whether a visit was opened here and not yet closed."""
        return visit.id in self._taking

    def archive(self, visit: VisitKey, item: Archivable) -> None:
        """Hand over an exchange; returns at once."""
        self._work.put(lambda: self._append(self._open[visit.id], item))

    def refuse(self, visit: VisitKey, record: RefusalRecord) -> None:
        """Hand over a refusal; returns at once."""
        self._work.put(lambda: self._open[visit.id].refusals.append(record))

    def site_document(self, visit: VisitKey, record: SiteDocumentRecord) -> None:
        """Hand over what a look at a host's own file found; returns at once."""
        self._work.put(lambda: self._open[visit.id].site_documents.append(record))

    def keep_hosts(
        self,
        visit: VisitKey,
        hosts: list[HostStateRecord],
        holds: list[HoldRecord],
        loads: list[HostLoadRecord],
    ) -> None:
        """Hand over what changed about hosts; it is written with the visit's next batch.  Returns at once."""
        if hosts or holds or loads:
            self._work.put(lambda: self._open[visit.id].of_hosts(hosts, holds, loads))

    def close_visit(
        self,
        visit: VisitKey,
        hosts: list[HostStateRecord],
        holds: list[HoldRecord],
        loads: list[HostLoadRecord],
    ) -> Future[None]:
        """Write everything of a visit and upload its segment; the future tells when all of it is kept."""
        self.keep_hosts(visit, hosts, holds, loads)
        self._taking.discard(visit.id)
        closing = Closing(Future())
        self._closings.append(closing)
        self._work.put(lambda: self._close(self._open[visit.id], closing))
        return closing.done

    def hurry(self) -> None:
        """Wait no longer for a store that does not answer: what it does not take stays in the spool."""
        self._uploads.hurry()

    def cut(self) -> None:
        """Wait no longer for the store at all."""
        self._uploads.end()

    @property
    def backlog(self) -> str:
        """What waits for the store and why, for people; "" where nothing does."""
        return ": ".join(filter(None, (str(self._pressure), self._uploads.trouble)))

    def finish(self) -> None:
        """End the threads; whatever was handed over before is written first.  Blocks."""
        self._work.put(None)
        self._thread.join()
        self._uploads.close()

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        due = time.monotonic() + FLUSH_SECONDS
        while True:
            try:
                task = self._work.get(timeout=max(due - time.monotonic(), 0.01))
            except Empty:
                task = _nothing
            try:
                if task is None:
                    if self.error is None:
                        self._flush_all()
                    return
                if self.error is None:
                    task()
                else:
                    self._fail(self.error)  # also for a visit that closes only now
                    continue
                if time.monotonic() >= due:
                    self._flush_all()
                    due = time.monotonic() + FLUSH_SECONDS
            except BaseException as error:  # noqa: BLE001  # whatever it is, the crawl must hear of it and stop
                self._fail(error)
                if task is None:
                    return

    def _fail(self, error: BaseException) -> None:
        """Keep the first error, tell the crawl once, and leave nobody waiting for a visit that cannot be kept."""
        if self.error is None:
            self.error = error
            self._failed(error)
        for opened in self._open.values():
            self._pressure.written(opened.held)
            opened.held = 0
            for segment in (opened.segment, *(upload.segment for upload in opened.uploads)):
                if segment is not None:
                    segment.release()
        self._pressure.release()
        while self._closings:
            closing = self._closings.pop()
            if not closing.done.done():
                closing.done.set_exception(error)

    def _append(self, opened: OpenVisit, item: Archivable) -> None:
        before = opened.spooled
        segment = opened.segment or opened.open_segment(self._spool_dir)
        opened.held += item.held
        digest, earlier = hashlib.sha256(item.exchange.body).digest(), None
        if item.status == HTTP_OK and opened.payloads is not None:
            earlier = opened.payloads.earlier(item.exchange, digest)
        place = segment.append(item.exchange, item.metadata, revisit_of=earlier, payload_digest=digest)
        self._pressure.grew(segment.size - before)
        opened.captures.append(
            item.record(opened.visit.id, opened.segment_id, place, revisit=earlier is not None)
        )
        if len(opened.captures) >= BATCH:
            self._flush(opened)
        if opened.is_full(self._segment_bytes, self._segment_seconds):
            self._flush(opened)
            self._roll(opened)

    def _flush_all(self) -> None:
        for opened in self._open.values():
            self._flush(opened)
            if opened.is_full(self._segment_bytes, self._segment_seconds):
                self._roll(opened)
        if self._pressure.open_too_much:
            self._roll(max(self._open.values(), key=lambda opened: opened.spooled))

    def _flush(self, opened: OpenVisit) -> None:
        """Sync, then commit: no row ever points at bytes that a power cut takes away."""
        if not opened.pending:
            return
        if opened.segment is not None and opened.captures:
            opened.segment.sync()
        self._commit(opened)

    def _commit(self, opened: OpenVisit, stored: list[SegmentStored] | None = None) -> None:
        self._recorder.record(
            Batch(
                visit_id=opened.visit.id,
                epoch=opened.visit.epoch,
                segments=opened.new_segments,
                captures=opened.captures,
                refusals=opened.refusals,
                stored=stored or (),
                host_states=list(opened.hosts.values()),
                host_loads=list(opened.loads.values()),
                holds=opened.holds,
                site_documents=opened.site_documents,
            )
        )
        if opened.captures:
            reach("rows.committed")
        if stored:
            reach("rows.stored")
        opened.new_segments, opened.captures, opened.refusals = [], [], []
        opened.holds, opened.site_documents = [], []
        opened.hosts.clear()
        opened.loads.clear()
        self._pressure.written(opened.held)
        opened.held = 0

    # ------------------------------------------------------------------ segments that are full

    def _roll(self, opened: OpenVisit) -> None:
        """Close the segment and send it to the store; its rows are committed."""
        segment = opened.segment
        if segment is None:
            return
        opened.segment = None
        self._pressure.closed(segment.size)
        upload = self._uploads.submit(segment, opened.segment_id)
        opened.uploads.append(upload)
        upload.ended.add_done_callback(lambda _: self._work.put(lambda: self._uploaded(opened, upload)))

    def _uploaded(self, opened: OpenVisit, upload: Upload) -> None:
        """Record where the segment lies now, then take it out of the spool; or leave it there to the next start."""
        try:
            stored = upload.ended.result()
        except StoreUnavailable:
            self.left.append(upload.segment.key)
            upload.segment.release()
        else:
            self._flush(opened)
            self._commit(opened, [stored])
            upload.segment.remove()
        self._pressure.gone(upload.segment.size)
        opened.uploads.remove(upload)
        self._finish_closing(opened)

    def _close(self, opened: OpenVisit, closing: Closing) -> None:
        self._flush(opened)
        self._roll(opened)
        opened.closing = closing
        self._finish_closing(opened)

    def _finish_closing(self, opened: OpenVisit) -> None:
        closing = opened.closing
        if closing is None or opened.uploads:
            return
        self._commit(opened)
        del self._open[opened.visit.id]
        self._closings.remove(closing)
        closing.done.set_result(None)


def _nothing() -> None:
    """Stand in for a task where only the time to flush has come."""
