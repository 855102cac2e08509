"""What a visit still means to ask for: seen URLs, queues by origin, limits, scope.

Plain data with no clock and no network: it can be kept while a visit waits, and rebuilt from the archive when a run
is resumed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from crawler import urls
from crawler.job import SiteSection

# Links to these are no documents of ours whatever is asked for; images have their own switch.
_SKIPPED_SUFFIXES = frozenset(
    [
        "7z",
        "aac",
        "apk",
        "avi",
        "bin",
        "bmp",
        "bz2",
        "css",
        "dmg",
        "doc",
        "docx",
        "eot",
        "exe",
        "flac",
        "gif",
        "gz",
        "ico",
        "iso",
        "jar",
        "jpeg",
        "jpg",
        "js",
        "m4a",
        "m4v",
        "map",
        "mid",
        "mkv",
        "mov",
        "mp3",
        "mp4",
        "mpeg",
        "mpg",
        "msi",
        "odp",
        "ods",
        "odt",
        "ogg",
        "ogv",
        "otf",
        "ppt",
        "pptx",
        "png",
        "rar",
        "rpm",
        "svg",
        "swf",
        "tar",
        "tgz",
        "tif",
        "tiff",
        "ttf",
        "wav",
        "webm",
        "webp",
        "wma",
        "wmv",
        "woff",
        "woff2",
        "xls",
        "xlsx",
        "xz",
        "zip",
        "zst",
    ]
)
_IMAGE_SUFFIXES = frozenset(["bmp", "gif", "ico", "jpeg", "jpg", "png", "svg", "tif", "tiff", "webp"])


class Errand(StrEnum):
    """Why a URL is asked for: what becomes of its answer."""

    PAGE = "page"
    ROBOTS = "robots.txt"
    SITE_DOCUMENT = "site document"  # another of the host's own files about rights
    SITEMAP = "sitemap"


@dataclass(slots=True)
class Stop:
    """One URL to ask for."""

    target: urls.Target
    errand: Errand = Errand.PAGE
    depth: int = 0
    scope: int = 0
    hops: int = 0  # redirects that led here
    attempts: int = 0
    via: str | None = None
    governs: str | None = None  # a host's own file: the origin it speaks for, also after redirects
    document: str | None = None  # which of them: "tdmrep.json"; None: robots.txt


@dataclass(slots=True)
class Scope:
    """One ``[[site]]``: what of it lies inside, and how much of that we take."""

    section: SiteSection
    prefixes: tuple[str, ...]
    asked: int = 0
    received: int = 0

    @classmethod
    def of(cls, section: SiteSection) -> Scope:
        """Return the scope of a section: its prefixes, or the start URLs' hosts over both schemes."""
        if section.include:
            return cls(section, section.include)
        prefixes = []
        for start in section.start:
            target = urls.parse(start)
            prefixes.append(f"{target.origin}/")
            if target.port == urls.DEFAULT_PORTS[target.scheme]:
                other = "http" if target.scheme == "https" else "https"
                prefixes.append(f"{other}://{target.origin.partition('://')[2]}/")
        return cls(section, tuple(dict.fromkeys(prefixes)))

    def limit_reached(self) -> str | None:
        """Return the name of the limit that ends this scope, or None."""
        if self.asked >= self.section.max_pages:
            return "limit.pages"
        if self.section.max_bytes is not None and self.received >= self.section.max_bytes:
            return "limit.bytes"
        return None


@dataclass(slots=True)
class Queue:
    """What is wanted from one origin: errands before pages."""

    errands: deque[Stop] = field(default_factory=deque)
    pages: deque[Stop] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self.errands) + len(self.pages)

    def line(self) -> deque[Stop]:
        """Return the line whose head is next."""
        return self.errands or self.pages


class Itinerary:
    """The queues of one visit."""

    def __init__(self, sections: Iterable[SiteSection]) -> None:
        self.scopes = [Scope.of(section) for section in sections]
        self.seen: set[str] = set()
        self.queues: dict[str, Queue] = {}
        self.not_asked: Counter[str] = Counter()  # by limit: never asked for, so no refusal of anybody's
        self._all_prefixes = tuple(prefix for scope in self.scopes for prefix in scope.prefixes)
        self._resolved: set[tuple[str, str]] = set()

    def scope_of(self, url: str) -> int | None:
        """Return the number of the first scope a URL lies in, or None."""
        if not url.startswith(self._all_prefixes):
            return None
        return next(i for i, scope in enumerate(self.scopes) if url.startswith(scope.prefixes))

    def offer(self, url: str, *, depth: int = 0, hops: int = 0, via: str | None = None) -> bool:
        """Queue a canonical page URL once, if scope and limits have room for it.

        Returns False only where the URL lies outside every scope.
        """
        if url in self.seen:
            return True
        scope = self.scope_of(url)
        if scope is None:
            return False
        self.seen.add(url)
        section = self.scopes[scope].section
        if depth > section.max_depth:
            self.not_asked["limit.depth"] += 1
        elif not _may_be_wanted(url, section.media):
            self.not_asked["media"] += 1
        else:
            target = urls.parse(url)
            self.queue(target.origin).pages.append(Stop(target, Errand.PAGE, depth, scope, hops, via=via))
        return True

    def errand(
        self, target: urls.Target, errand: Errand, *, depth: int = 0, hops: int = 0, via: str | None
    ) -> None:
        """Queue a site document ahead of the pages of its origin, once."""
        if target.url in self.seen:
            return
        self.seen.add(target.url)
        self.queue(target.origin).errands.append(Stop(target, errand, depth, hops=hops, via=via))

    def robots_hop(self, target: urls.Target, *, governs: str, hops: int, via: str | None = None) -> None:
        """Queue where an origin's robots.txt redirects to."""
        stop = Stop(target, Errand.ROBOTS, hops=hops, governs=governs, via=via)
        self.queue(target.origin).errands.appendleft(stop)

    def file(
        self, target: urls.Target, *, governs: str, document: str, hops: int = 0, via: str | None = None
    ) -> None:
        """Queue one of an origin's own files, or where it redirects to; links to it are not followed besides."""
        self.seen.add(target.url)
        stop = Stop(target, Errand.SITE_DOCUMENT, hops=hops, governs=governs, document=document, via=via)
        self.queue(target.origin).errands.append(stop)

    def again(self, stop: Stop) -> None:
        """Put a stop back at the head of its line: it was not answered."""
        queue = self.queue(stop.target.origin)
        (queue.pages if stop.errand is Errand.PAGE else queue.errands).appendleft(stop)

    def queue(self, origin: str) -> Queue:
        """Return the queue of an origin."""
        queue = self.queues.get(origin)
        if queue is None:
            queue = self.queues[origin] = Queue()
        return queue

    def drop_beyond_limits(self) -> None:
        """Take what a limit ends out of the queues, and count it under that limit."""
        ended = {i: limit for i, scope in enumerate(self.scopes) if (limit := scope.limit_reached())}
        if not ended:
            return
        for queue in self.queues.values():
            kept = deque(stop for stop in queue.pages if stop.scope not in ended)
            for stop in queue.pages:
                if stop.scope in ended:
                    self.not_asked[ended[stop.scope]] += 1
            queue.pages = kept

    def new_links(self, base: str, hrefs: Iterable[str]) -> Iterator[str]:
        """Yield the absolute canonical URLs of a page's raw links that were not resolved before.

        Navigation repeats on every page: the same text from the same folder needs no second look.
        """
        folder = base.rpartition("/")[0]
        resolved = self._resolved
        for href in hrefs:
            reference = href.partition("#")[0]
            key = (folder if reference[:1] not in {"", "?"} else base, reference)
            if key in resolved:
                continue
            resolved.add(key)
            url = _absolute(base, reference)
            if url is not None and url not in self.seen:
                yield url

    def __len__(self) -> int:
        return sum(map(len, self.queues.values()))


def _absolute(base: str, href: str) -> str | None:
    try:
        return urls.canonical(urls.join(base, href))
    except ValueError:
        return None


def _may_be_wanted(url: str, media: tuple[str, ...]) -> bool:
    name = urlsplit(url).path.rpartition("/")[2]
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if suffix in _IMAGE_SUFFIXES and any(kind.startswith("image/") for kind in media):
        return True
    return suffix not in _SKIPPED_SUFFIXES
