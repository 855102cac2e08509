"""Closed segments on their way to the store: a few at once, and for as long as the store takes to take them.

A store that is down or has too much to do is asked again, after pauses that double from one second to a minute, each
shortened by chance so that many crawlers do not come back at once.  Nothing is given up by itself: the crawl decides
how long it waits.  Told to hurry, an upload that fails is not tried again; told to end, what is not stored stays in
the spool at once, and the next start goes on with it.
"""

from __future__ import annotations

import random
import threading
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue

from crawler.archive.delivery import deliver
from crawler.archive.errors import StoreUnavailable
from crawler.archive.segment import SegmentWriter
from crawler.archive.store import Store
from provenance.records import SegmentStored

UPLOADS_AT_ONCE = 2


@dataclass(slots=True, eq=False)
class Upload:
    """A closed segment on its way to the store."""

    segment: SegmentWriter
    segment_id: int
    ended: Future[SegmentStored]  # StoreUnavailable: the segment stays in the spool


class Uploads:
    """Threads that bring segments to the store; see the module."""

    first_pause, longest_pause = 1.0, 60.0  # seconds between two attempts

    def __init__(self, store: Store) -> None:
        self._store = store
        self._work: SimpleQueue[Upload | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._under_way: set[Upload] = set()
        self._hurried = threading.Event()
        self._ended = False
        self.trouble = ""  # why the last attempt failed; "" as soon as one succeeds
        self._threads = [
            threading.Thread(
                target=self._run, name=f"upload-{number}", daemon=True
            )  # `end` does not wait for a socket
            for number in range(UPLOADS_AT_ONCE)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, segment: SegmentWriter, segment_id: int) -> Upload:
        """Take a segment to which nothing will be added; ``ended`` tells when it is stored."""
        upload = Upload(segment, segment_id, Future())
        with self._lock:
            self._under_way.add(upload)
        self._work.put(upload)
        if self._ended:
            self._leave(upload, "the crawl ends")
        return upload

    def hurry(self) -> None:
        """Try nothing again from now on; what is being sent may arrive."""
        self._hurried.set()

    def end(self) -> None:
        """Leave in the spool what is not stored by now."""
        self._ended = True
        self.hurry()
        with self._lock:
            left = tuple(self._under_way)
        for upload in left:
            self._leave(upload, "the crawl ends")

    def close(self) -> None:
        """End the threads; what was submitted is brought to its end first, unless `end` was called.  Blocks."""
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            if not self._ended:
                thread.join()

    def _run(self) -> None:
        while (upload := self._work.get()) is not None:
            if upload.ended.done():
                continue
            try:
                stored = self._deliver(upload)
            except BaseException as error:  # noqa: BLE001  # whoever waits for the upload hears of it
                self._settle(upload, error)
            else:
                self._settle(upload, stored)

    def _deliver(self, upload: Upload) -> SegmentStored:
        """Try until it is stored, or until it cannot be."""
        pause = self.first_pause
        while True:
            try:
                stored = deliver(self._store, upload.segment.key, upload.segment_id, upload.segment.close())
            except StoreUnavailable as error:
                self.trouble = str(error)
                if self._hurried.wait(pause * random.uniform(0.5, 1.0)):  # noqa: S311  # no secret
                    raise
                pause = min(pause * 2, self.longest_pause)
            else:
                self.trouble = ""
                return stored

    def _leave(self, upload: Upload, why: str) -> None:
        self._settle(
            upload, StoreUnavailable(f"{upload.segment.key} stays in the spool: {self.trouble or why}")
        )

    def _settle(self, upload: Upload, outcome: SegmentStored | BaseException) -> None:
        with self._lock:
            self._under_way.discard(upload)
        with suppress(InvalidStateError):  # it was left in the spool before
            if isinstance(outcome, BaseException):
                upload.ended.set_exception(outcome)
            else:
                upload.ended.set_result(outcome)
