"""What the archive costs: ``python tests/benchmarks/bench_archive.py``.

Writing: the bench site's HTML pages, from the disk, into a segment of the spool, as the writer's thread does it, from exchange to closed file: framing,
digests, igzip at level 1, index; synced every 200 pages.  Figure: megabytes of bodies a CPU second, at least 60.
Verifying: `crawler.archive.verification` over that segment in a directory store, rows from SQLite.  Figure: megabytes
of records, uncompressed, a CPU second, at least 150.  CPU time is this process's, kernel included.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "crawler_archive")]

from bench_site import SOURCES  # noqa: E402  # its folder is where this file lies
from small_crawl import SmallCrawl  # noqa: E402  # found by the line above

from crawler.archive import iterate, open_store  # noqa: E402  # the repository is found by the line above
from crawler.archive.verification import verify  # noqa: E402  # as above
from provenance.database import Database  # noqa: E402  # as above

PAGES = 3000
ROUNDS = 3  # of verifying, the best counts: neighbours on the machine only ever slow it down
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: bench\r\n\r\n"
BATCH = 200


def main() -> int:
    """Print both figures; 1 where one is missed."""
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder))


def _measure(folder: Path) -> int:
    database = Database.open(f"sqlite:///{folder}/provenance.db")
    crawl = SmallCrawl.begin(database, folder / "spool")
    crawl.open_segment()
    files = [
        file for source, _ in SOURCES.values() for file in sorted(source.rglob("*.html")) if file.is_file()
    ]
    bodies = [file.read_bytes() for file in files[:PAGES]]
    if not bodies:
        print(f"no pages: install the documentation of {', '.join(SOURCES)}")
        return 2
    size = sum(map(len, bodies))
    started = time.process_time()
    for number, body in enumerate(bodies, start=1):
        crawl.page(body, response_head=HEAD)
        if number % BATCH == 0:
            assert crawl.writer is not None
            crawl.writer.sync()
    assert crawl.writer is not None
    closed = crawl.writer.close()
    writing = size / 1e6 / (time.process_time() - started)
    crawl.commit()
    store = open_store(str(folder / "store"))
    crawl.finish(store)
    with store.open(crawl.writer.key) as stream:
        records = sum(len(record.block) for _, _, record in iterate(stream))
    verifying = 0.0
    for _ in range(ROUNDS):
        started = time.process_time()
        verified = verify(database, store, folder / "spool")
        verifying = max(verifying, records / 1e6 / (time.process_time() - started))
        assert (verified.captures, verified.findings) == (len(bodies), ())
    print(
        f"{len(bodies)} pages of {size / len(bodies) / 1000:.1f} kB, {closed.length / size:.2f} of that in the segment"
    )
    print(f"writing    {writing:6.0f} MB of bodies a CPU second (igzip, level 1); at least 60")
    print(f"verifying  {verifying:6.0f} MB of records a CPU second; at least 150")
    return 0 if writing >= 60 and verifying >= 150 else 1


if __name__ == "__main__":
    sys.exit(main())
