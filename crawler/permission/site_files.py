"""A host's files about rights, beside robots.txt: asked for once while they hold, then asked about every page.

Like the gate, this owns no connection: the frontier sends the requests, and the answers come back to `SiteFiles.read`.
A file that cannot be had closes nothing.  That it could not be had is a fact that a policy judges.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from crawler import urls
from crawler.http_dates import retry_after_seconds
from crawler.permission.file_answer import FileAnswer
from crawler.permission.hops import REDIRECTS, NextHop, NoWayOn, next_hop
from crawler.permission.looks import Look, Looks, body_and_digest
from crawler.permission.origin import SHORTEST_LIFE, lifetime
from licences.observation import Observation
from licences.site_documents import SITE_DOCUMENTS, SiteDocumentKind, SiteDocumentReading, read_site_document
from licences.vocabulary import Retrieval

PARSE_INLINE = 32 * 1024  # bytes; a larger file is parsed off the event loop
_NOT_MODIFIED = 304
GONE = frozenset({404, 410})
# What was found is such a file: its text is worth keeping by itself, to be compared with the next version.
_HELD = frozenset({Retrieval.OK, Retrieval.MALFORMED, Retrieval.OVERSIZE})


@dataclass(slots=True)
class SiteFile:
    """One such file of one origin."""

    kind: SiteDocumentKind
    origin: str
    reading: SiteDocumentReading | None = None  # None: not looked for yet
    url: str = ""  # where it was found, or asked for last
    capture_id: int | None = None
    digest: bytes | None = None  # SHA-256 of what was read
    validators: tuple[tuple[str, str], ...] = ()  # fields of a conditional request for this very file
    expires: float = -math.inf  # on the services' clock
    asking: bool = False
    place: int = 0  # which of its places is asked next

    @property
    def retrieval(self) -> Retrieval:
        """How the last look went; never looked is not «absent»."""
        return Retrieval.UNREACHABLE if self.reading is None else self.reading.retrieval

    @property
    def target(self) -> urls.Target:
        """Where to ask for it next."""
        return urls.parse(f"{self.origin}{self.kind.paths[self.place]}")

    def conditions(self, url: str) -> tuple[tuple[str, str], ...]:
        """Return the fields that make a request conditional: where that very file is still held."""
        return self.validators if url == self.url else ()

    def observe(self, url: str, media_type: str) -> tuple[Observation, ...]:
        """Return what the file states about a page."""
        if self.reading is None or self.reading.document is None:
            return ()
        return self.reading.document.observe(url, self.url, media_type=media_type)


@dataclass(slots=True)
class SiteFiles:
    """The files of every origin that one visit looked at."""

    clock: Callable[[], float]
    looks: Looks
    kinds: tuple[SiteDocumentKind, ...] = SITE_DOCUMENTS
    _origins: dict[str, tuple[SiteFile, ...]] = field(default_factory=dict)

    def of(self, origin: str) -> tuple[SiteFile, ...]:
        """Return an origin's files, not looked for at first."""
        files = self._origins.get(origin)
        if files is None:
            files = self._origins[origin] = tuple(SiteFile(kind, origin) for kind in self.kinds)
        return files

    def file(self, origin: str, name: str) -> SiteFile:
        """Return one of them by its name."""
        return next(file for file in self.of(origin) if file.kind.name == name)

    def hold(self, origin: str, now: float) -> bool:
        """Whether all of an origin's files were looked for, and none of the answers is too old."""
        return all(file.expires > now and not file.asking for file in self.of(origin))

    def due(self, origin: str, now: float) -> Iterator[SiteFile]:
        """Yield the files that are to be asked for now; each counts as asked for from here on."""
        for file in self.of(origin):
            if not file.asking and file.expires <= now:
                file.asking = True
                yield file

    def observe(self, origin: str, url: str, media_type: str) -> tuple[Observation, ...]:
        """Return what an origin's files state about one of its pages."""
        said: tuple[Observation, ...] = ()
        for file in self.of(origin):
            said += file.observe(url, media_type)
        return said

    async def read(self, file: SiteFile, answer: FileAnswer, *, hops: int) -> NextHop | None:
        """Take an answer: settle the file, or return where it is to be asked for next.

        Args:
            file: what was asked for.
            answer: what came back.
            hops: redirects followed so far.
        """
        if answer.status in REDIRECTS:
            return self._redirected(file, answer, hops=hops)
        if answer.status == _NOT_MODIFIED and file.conditions(answer.url):
            self._settle(file, answer, lifetime(answer.header("cache-control")))
            return None
        status = None if answer.error else answer.status
        reading = await self._parsed(file, answer, status)
        if status in GONE and file.place + 1 < len(file.kind.paths):
            file.place += 1
            return NextHop(target=file.target, hops=0)
        file.reading = reading
        held = reading.retrieval in _HELD
        body, file.digest = body_and_digest(answer.body) if held else (None, None)
        file.validators = answer.validators() if held else ()
        life = lifetime(answer.header("cache-control"))
        if reading.retrieval is Retrieval.UNREACHABLE:
            later = retry_after_seconds(answer.header("retry-after"), answer.header("date"))
            life = max(SHORTEST_LIFE, later or 0.0)
        self._settle(file, answer, life, body)
        return None

    @staticmethod
    async def _parsed(file: SiteFile, answer: FileAnswer, status: int | None) -> SiteDocumentReading:
        def read() -> SiteDocumentReading:
            return read_site_document(
                file.kind,
                status=status,
                media_type=answer.media_type,
                body=answer.body,
                truncated=answer.truncated,
            )

        return read() if len(answer.body) <= PARSE_INLINE else await asyncio.to_thread(read)

    def _redirected(self, file: SiteFile, answer: FileAnswer, *, hops: int) -> NextHop | None:
        """Return where a file lies now, inside the same site; one elsewhere is noted and not read."""
        retrieval = Retrieval.UNREACHABLE
        try:
            hop = next_hop(answer, hops=hops)
        except NoWayOn:
            pass
        else:
            if urls.site_of(hop.target.host) == urls.site_of(urls.parse(f"{file.origin}/").host):
                return hop
            retrieval = Retrieval.REDIRECTED_CROSS_HOST
        self._forget(file, retrieval)
        self._settle(file, answer, lifetime(answer.header("cache-control")))
        return None

    def give_up(self, file: SiteFile, url: str) -> None:
        """Take that a file cannot be had now: robots.txt forbids asking, or its host cannot be reached."""
        self._forget(file, Retrieval.UNREACHABLE)
        self._settle(file, FileAnswer(url=url, status=None), SHORTEST_LIFE)

    @staticmethod
    def _forget(file: SiteFile, retrieval: Retrieval) -> None:
        file.reading = SiteDocumentReading(retrieval=retrieval)
        file.validators, file.digest = (), None

    def _settle(self, file: SiteFile, answer: FileAnswer, life: float, body: bytes | None = None) -> None:
        """Note what a look found, and until when it holds."""
        now = self.clock()
        unchanged = answer.status == _NOT_MODIFIED and file.digest is not None
        file.url = answer.url
        file.capture_id = file.capture_id if unchanged else answer.capture_id
        file.expires, file.asking, file.place = now + life, False, 0
        self.looks.note(
            Look(
                origin=file.origin,
                name=file.kind.name,
                url=file.url,
                retrieval=file.retrieval,
                at=now,
                body=body,
                digest=file.digest,
                capture_id=file.capture_id,
            )
        )
