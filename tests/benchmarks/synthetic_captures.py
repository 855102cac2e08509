"""The captures of a visit, segment by segment: tuples in the order of `COLUMNS`, made as fast as Python makes tuples.

Everything about a page follows from its number: the same page has the same URL in every run, and in a later run the
same payload (a revisit) or another one.  One payload in ten was met before, one text in twenty nearly so.
Instants are microseconds since 1970, as SQLite keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from synthetic_hosts import Host

from licences.rights import RightsSet
from provenance.records import SegmentState, capture_id

COLUMNS = (
    "id visit_id origin_id permission_id rights_set_id segment_id status kind revisit fetched_at length warc_offset"
    " warc_length request_length metadata_length payload_digest url_hash media_type truncated path kept recorded_at"
    " language simhash"
)
SEGMENT_COLUMNS = "id visit_id state key opened_at uri length digest records stored_at"
A_SEGMENT = 64 * 1024 * 1024  # bytes
A_BATCH = 200  # captures of one transaction: one recorded time
SECOND = 1_000_000  # microseconds
RULES, GRANTING = 3, 2  # permissions an origin, and how many of them grant
AGAIN = 0.6  # share of a later run's pages that an earlier run has met
SHORTEST_REVISIT = 64  # bytes; a shorter payload is kept again
NOTHING = sha256(b"").digest()
Row = tuple[object, ...]
_MEDIA = (
    ("application/pdf",) * 10 + ("text/plain",) * 8 + ("application/xhtml+xml",) * 5 + ("text/html",) * 233
)
_FILES = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
_REQUEST, _METADATA, _REVISIT, _HEADERS = 380, 1_050, 420, 510  # bytes of those records, compressed
_NEAR = (1, 1 << 17 | 1 << 40, 1 << 5 | 1 << 33 | 1 << 62)  # what near texts' fingerprints differ by


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlan:
    """One site in one run."""

    id: int
    run: int  # from 0
    host: Host
    opened: int  # microseconds since 1970
    captures: int
    first_new: int  # number of the first page that no earlier run has met
    gap: int  # microseconds between two requests

    @property
    def again(self) -> int:
        """How many of its pages, the first ones, were met before."""
        return int(self.captures * AGAIN) if self.run else 0

    @property
    def ended(self) -> int:
        """Microseconds since 1970."""
        return self.opened + (self.captures + 4) * self.gap + SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Keys of shared rows, and what was kept under each rights set."""

    rights: Mapping[RightsSet, int]
    kept: Mapping[int, str | None]  # by rights set; None: the body
    refused: int  # the rights set of an answer 451


def origin_key(host: Host, number: int) -> int:
    """Return the key of a site's first (0) or second (1) origin."""
    return host.number * 2 - 1 + number


def permission_key(origin: int, number: int) -> int:
    """Return the key of one of an origin's permissions."""
    return (origin - 1) * RULES + number + 1


def segments_of(plan: VisitPlan, keys: Keys) -> Iterator[tuple[Row, list[Row]]]:
    """Yield each segment of a visit with its captures, in the order of their keys."""
    maker = _Maker(plan, keys)
    rows: list[Row] = []
    number = 0
    for sequence in range(plan.captures):
        rows.append(maker.row(sequence, capture_id(plan.id, number)))
        if maker.offset >= A_SEGMENT or sequence == plan.captures - 1:
            yield _segment(plan, number, maker.offset, len(rows), sequence), rows
            rows, number, maker.offset = [], number + 1, _REQUEST


def _segment(plan: VisitPlan, number: int, length: int, captures: int, last: int) -> Row:
    key = f"warc/{plan.host.site}/{plan.run + 1}/{plan.id}-{number}.warc.gz"
    opened, stored = plan.opened + (last + 1 - captures) * plan.gap, plan.opened + (last + 3) * plan.gap
    digest = sha256(key.encode()).digest()
    return (
        capture_id(plan.id, number),
        plan.id,
        SegmentState.STORED.value,
        key,
        opened,
        f"s3://corpus/{key}",
        length,
        digest,
        3 * captures + 1,
        stored,
    )


class _Maker:
    """Makes the rows of one visit; what does not depend on the page is looked up once."""

    def __init__(self, plan: VisitPlan, keys: Keys) -> None:
        host = plan.host
        self._plan, self._keys = plan, keys
        self._origins = [(key, origin) for key, origin in zip((0, 1), host.origins, strict=True)]
        sections = [(section.prefix, keys.rights[section.rights]) for section in host.sections]
        share = max(1, 110 // max(1, len(sections) - 1))  # of 256: what each further section holds
        further = [section for section in sections[1:] for _ in range(share)][:150]
        self._sections = (further + [sections[0]] * 256)[:256]
        other = [None, "en" if host.language != "en" else "fr"]
        self._languages = ([host.language] * 240 + other * 8)[:256]
        self._salt = host.number
        self.offset = _REQUEST

    def row(self, sequence: int, segment: int) -> Row:
        plan = self._plan
        if sequence < len(_FILES):
            return self._file(sequence, segment)
        order = sequence - len(_FILES)
        page = order if order < plan.again else plan.first_new + order - plan.again
        prefix, rights = self._sections[page * 31 % 256]
        which, origin = self._origins[page % 16 == 7]
        path = f"{prefix}{page % 97:02}-on-rights-and-provenance/page-{page:07}.html"
        url = sha256(f"{origin}{path}".encode()).digest()
        if page % 50 in (11, 22) and page:
            return self._no_document(sequence, segment, page, which, path, url)
        content = self._content(order, page)
        shared = page % 100 == 33  # the same on other sites
        version = plan.run if content % 7 < 2 and not shared else 0  # two pages of seven change between runs
        seen = order < plan.again and not version
        if version and page % 70 == 1:
            rights = self._sections[(page * 31 + 97) % 256][1]  # it changed, and says something else
        text = f"shared/{page // 100}" if shared else f"{self._salt}/{content}/{version}"
        digest = sha256(text.encode()).digest()
        simhash = int.from_bytes(digest[8:16], "big", signed=True)
        if page % 20 == 9:
            near = sha256(f"{self._salt}/{page - 1}/0".encode()).digest()
            simhash = int.from_bytes(near[8:16], "big", signed=True) ^ _NEAR[page % 3]
        length = 6_000 + int.from_bytes(digest[16:18], "big")
        revisit = seen or (content != page and not shared)
        kept = self._keys.kept[rights]
        if kept is not None:
            revisit, digest, length, warc = False, NOTHING, 0, _HEADERS
        else:
            warc = _REVISIT if revisit else 700 + length // 5
        return self._placed(
            sequence, segment, which, url, path, rights, 200, "document", revisit, length, warc, digest,
            _MEDIA[url[9]], "unspecified" if kept else None, kept, self._languages[url[10]], simhash,
        )  # fmt: skip

    def _content(self, order: int, page: int) -> int:
        """Return the number of the page whose payload this one has: one in ten has that of the page before it."""
        before = page - 1
        same = page % 10 == 3 and before % 50 != 22 and order != self._plan.again
        return before if same and self._keys.kept[self._sections[before * 31 % 256][1]] is None else page

    def _file(self, sequence: int, segment: int) -> Row:
        path = _FILES[sequence]
        host = self._plan.host
        found = sequence == 0 or (sequence == 1 and host.tdmrep is not None)
        body = (host.robots if sequence == 0 else host.tdmrep or "") if found else "not found"
        url = sha256(f"{host.origins[0]}{path}".encode()).digest()
        media = ("text/plain" if sequence == 0 else "application/json") if found else "text/html"
        revisit = self._plan.run > 0 and len(body) >= SHORTEST_REVISIT
        return self._placed(
            sequence, segment, 0, url, path, None, 200 if found else 404, "site-document", revisit, len(body), 600,
            sha256(body.encode()).digest(), media, None, None, None, None,
        )  # fmt: skip

    def _no_document(  # noqa: PLR0917  # as below
        self, sequence: int, segment: int, page: int, which: int, path: str, url: bytes
    ) -> Row:
        """Every fiftieth page leads on, every fiftieth is not there; in later runs some are closed by law."""
        moved = page % 50 == 11
        closed = not moved and page % 400 == 22 and self._plan.run > 0
        status, kind = (301, "redirect") if moved else (451 if closed else 404, "failure")
        return self._placed(
            sequence, segment, which, url, path, self._keys.refused if closed else None, status, kind, False, 40, 480,
            sha256(b"moved" if moved else b"gone").digest(), "text/html", None, None, None, None,
        )  # fmt: skip

    def _placed(  # noqa: PLR0917  # the columns, once for each of ten million rows: names would cost a third
        self, sequence: int, segment: int, which: int, url: bytes, path: str, rights: int | None, status: int,
        kind: str, revisit: bool, length: int, warc: int, digest: bytes, media: str, truncated: str | None,
        kept: str | None, language: str | None, simhash: int | None,
    ) -> Row:  # fmt: skip
        plan, offset = self._plan, self.offset
        self.offset = offset + warc + _METADATA + _REQUEST
        origin = origin_key(plan.host, which)
        return (
            capture_id(plan.id, sequence), plan.id, origin, permission_key(origin, url[11] % GRANTING), rights, segment,
            status, kind, revisit, plan.opened + sequence * plan.gap, length, offset, warc, _REQUEST, _METADATA,
            digest, int.from_bytes(url[:8], "big", signed=True), media, truncated, path, kept,
            plan.opened + (sequence // A_BATCH + 1) * A_BATCH * plan.gap, language, simhash,
        )  # fmt: skip
