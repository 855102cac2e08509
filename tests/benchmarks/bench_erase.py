"""How long erasing takes: one document of a 64 MiB segment, and 1,000 documents spread over 100 segments.

    python tests/benchmarks/bench_erase.py

On a directory store and SQLite.  The first must end within 3 seconds, the look for traces included; the second must
write each segment anew exactly once, which is counted at the store.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "crawler_erasing")]

from filled_archive import begin  # noqa: E402 - beside the tests

from crawler.archive import Store, open_store  # noqa: E402 - found by the path above
from crawler.archive.erasing import Erased, erase  # noqa: E402 - see above
from crawler.archive.verification import verify  # noqa: E402 - see above
from provenance.database import Database  # noqa: E402 - see above
from provenance.erasures import Scope, ScopeKind  # noqa: E402 - see above

SEGMENT_BYTES = 64 << 20
MOST_SECONDS = 3.0
SEGMENTS, A_SEGMENT, GONE_A_SEGMENT = 100, 30, 10


class Counting:
    """A store that counts what is put."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.put_segments: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, key: str, path: Path, **more: Any) -> Any:
        """Put it, and remember the key of a segment."""
        if key.endswith(".warc.gz"):
            self.put_segments.append(key)
        return self._store.put(key, path, **more)


def page(number: int, words: list[str]) -> bytes:
    """About 40 KB of HTML that compresses like text."""
    chosen = random.Random(number).choices(words, k=6000)
    return f"<html><title>{number}</title><p>".encode() + " ".join(chosen).encode()


def one_document(folder: Path, words: list[str]) -> float:
    """Erase one document of a full segment; print and return the seconds."""
    database, store, spool = _places(folder)
    visit = begin(database, store, spool)
    pages = []
    while visit.writer is None or visit.writer.size < SEGMENT_BYTES:
        pages.append(visit.append(f"/{visit.pages}", page(visit.pages, words)))
    visit.commit(pages)
    visit.end()
    url = f"https://example.org/{len(pages) // 2}"
    done, seconds = _timed(database, store, spool, Scope.parse(ScopeKind.URL, url))
    held = sum(record.length for record in pages) / 1e6
    print(
        f"one document of a segment of {SEGMENT_BYTES >> 20} MiB ({len(pages)} documents, {held:.0f} MB of bodies): "
        f"{seconds:.2f} s, of at most {MOST_SECONDS:.0f} s; {done.rewritten} segment rewritten"
    )
    assert verify(database, store, spool).findings == ()
    return seconds


def many_documents(folder: Path, words: list[str]) -> int:
    """Erase 1,000 documents of 100 segments; print and return how many segments were put."""
    database, store, spool = _places(folder)
    visit = begin(database, store, spool)
    for segment in range(SEGMENTS):
        pages = []
        for number in range(A_SEGMENT):
            kind = "gone" if number % (A_SEGMENT // GONE_A_SEGMENT) == 0 else "kept"
            body = page(segment * A_SEGMENT + number, words[:50])[:4000]
            pages.append(visit.append(f"/{kind}/{segment}/{number}", body))
        visit.commit(pages)
        visit.store_segment()
    visit.end()
    counting: Any = Counting(store)
    scope = Scope.parse(ScopeKind.PREFIX, "https://example.org/gone/")
    done, seconds = _timed(database, counting, spool, scope)
    put = len(counting.put_segments)
    assert done.erasure is not None
    print(
        f"{done.erasure.captures} documents over {SEGMENTS} segments: {put} segments put, "
        f"{put / SEGMENTS:.2f} rewritings a segment; {seconds:.2f} s"
    )
    assert len(set(counting.put_segments)) == put
    assert verify(database, store, spool).findings == ()
    return put


def _places(folder: Path) -> tuple[Database, Store, Path]:
    folder.mkdir()
    return (
        Database.open(f"sqlite:///{folder}/provenance.db"),
        open_store(str(folder / "store")),
        folder / "spool",
    )


def _timed(database: Database, store: Store, spool: Path, scope: Scope) -> tuple[Erased, float]:
    began, cpu = time.perf_counter(), time.process_time()
    done = erase(database, store, spool, scope, reason="a benchmark", requested_by="the benchmark")
    seconds = time.perf_counter() - began
    print(f"  ({time.process_time() - cpu:.2f} s of CPU)")
    assert done.waits_for is None, done.waits_for
    return done, seconds


def main() -> int:
    """Print both figures; 1 where one falls short."""
    words = [hashlib.sha256(b"%d" % number).hexdigest()[: 3 + number % 9] for number in range(5000)]
    with tempfile.TemporaryDirectory() as folder:
        seconds = one_document(Path(folder) / "one", words)
        put = many_documents(Path(folder) / "many", words)
    return int(seconds > MOST_SECONDS or put != SEGMENTS)


if __name__ == "__main__":
    raise SystemExit(main())
