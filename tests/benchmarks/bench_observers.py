"""What hearing a page costs, observer by observer: ``python tests/benchmarks/bench_observers.py [--pages 400]``.

The pages are the bench site's, read from the disk.  A page is parsed once, outside the clock; then each line of the
four tables, the one query that element observers share, and all of them together are timed, as in a crawl: with
caches that other pages of the site have warmed.  Figures are microseconds a page, the best of five rounds each.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from bench_site import SOURCES  # noqa: E402 - the path comes first
from selectolax.lexbor import LexborHTMLParser  # noqa: E402 - the path comes first

from licences import observers  # noqa: E402 - the path comes first
from licences.detection.place import Page  # noqa: E402 - the path comes first
from licences.representation import Representation  # noqa: E402 - the path comes first

TOKEN = "AboveboardBench"
TARGET = 1500.0  # microseconds: the median of all observers together, beyond the parse
_ROUNDS = 5
_HEADERS = (  # what nginx sends with these pages, and what a site that speaks would add
    ("Server", "nginx"),
    ("Content-Type", "text/html; charset=utf-8"),
    ("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT"),
    ("ETag", '"674-5a1"'),
    ("Cache-Control", "max-age=3600"),
)

Work = Callable[[], object]


def pages(most: int) -> Iterator[Representation]:
    """Yield parsed pages, spread evenly over every source that is installed."""
    found = [path for folder, _ in SOURCES.values() for path in sorted(folder.rglob("*.html"))]
    step = max(1, len(found) // most)
    for path in found[::step][:most]:
        body = path.read_bytes()
        yield Representation(
            url=f"https://docs.example{path.as_posix()}",
            status=200,
            headers=_HEADERS,
            media_type="text/html",
            body=body,
            tree=LexborHTMLParser(body),
        )


def works(page: Representation) -> Iterator[tuple[str, Work]]:
    """Yield what is timed on one page, by name."""
    tree = page.tree
    assert tree is not None
    in_page = Page(page.url, tree)
    elements = list(observers._speaking(in_page, TOKEN))
    for of_header in observers.HEADERS:
        yield f"header   {_name(of_header)}", lambda of=of_header: _drain(of(page, TOKEN))
    yield "elements the shared query", lambda: tree.css(observers._SELECTOR)
    yield "elements query and attributes", lambda: list(observers._speaking(in_page, TOKEN))
    for of_element in observers.ELEMENTS:
        yield (
            f"element  {_name(of_element)}",
            lambda of=of_element: [_drain(of(element)) for element in elements],
        )
    for of_text in observers.TEXTS:
        yield (
            f"text     {_name(of_text)}",
            lambda of=of_text: _drain(of(Page(page.url, tree), page.body)),
        )
    for of_body in observers.BODIES:
        yield f"body     {_name(of_body)}", lambda of=of_body: _drain(of(page))
    yield "ALL      observe()", lambda: observers.observe(page, product_token=TOKEN)


def _name(function: Callable[..., object]) -> str:
    """Return a function's name; a lambda's is that of what it calls."""
    if function.__name__ != "<lambda>":
        return function.__name__
    return ", ".join(name for name in function.__code__.co_names if name != "product_token")


def _drain(found: Iterable[object]) -> None:
    deque(islice(found, observers.MOST), maxlen=0)


def _microseconds(work: Work) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = perf_counter()
        work()
        best = min(best, perf_counter() - begun)
    return best * 1e6


def main() -> int:
    """Print the table; 1 when the target is missed, 2 when there is nothing to measure."""
    arguments = argparse.ArgumentParser(description="What hearing a page costs, observer by observer.")
    arguments.add_argument("--pages", type=int, default=400)
    taken: dict[str, list[float]] = {}
    sizes: list[int] = []
    stated = 0
    for page in pages(arguments.parse_args().pages):
        sizes.append(len(page.body))
        stated += bool(observers.observe(page, product_token=TOKEN))
        for name, work in works(page):
            taken.setdefault(name, []).append(_microseconds(work))
    if not sizes:
        print(f"no pages: install the documentation of {', '.join(SOURCES)}")
        return 2
    print(f"{len(sizes)} pages, median {median(sizes) / 1024:.1f} KiB; {stated} of them state something\n")
    print(f"{'µs a page':50} {'median':>8} {'p95':>8} {'most':>9}")
    for name, figures in taken.items():
        tail = quantiles(figures, n=20)[-1] if len(figures) > 1 else figures[0]
        print(f"{name:50} {median(figures):8.1f} {tail:8.1f} {max(figures):9.1f}")
    total = median(taken["ALL      observe()"])
    print(f"\nmedian {total / 1000:.3f} ms a page beyond the parse; the target is {TARGET / 1000:.1f} ms")
    return 0 if total < TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
