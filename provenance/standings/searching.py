"""Which captures something was learned about since: of hosts whose files changed, and of URLs that were asked for again.

Only those are looked at one by one; where nothing was learned, the rights set alone says how a capture stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from provenance.models import Capture, Run, Visit
from provenance.models.base import EPOCH, InstantType
from provenance.queries.known import CAPTURE_RECORDED, captures_known, visits_known
from provenance.queries.tallied import documents_by_visit
from provenance.records import CAPTURES_PER_VISIT_BITS, CaptureKind
from provenance.standings.host_files import HostFiles, Page, Version
from provenance.standings.judging import Judge
from provenance.standings.later import NEWER_EXCHANGE, Later, day
from provenance.upsert import chunks

_ROWS = 10_000  # captures read at a time
_ORIGINS = 500  # more of them are told apart here, not in SQL
_DOCUMENT = CaptureKind.DOCUMENT.value
_FAILURE = CaptureKind.FAILURE.value


class Visited(NamedTuple):
    """A visit, as far as its captures are looked for."""

    id: int
    site_id: int
    opened_at: datetime
    product_token: str
    recorded_until: datetime | None  # None: more may be recorded, or an earlier release recorded it

    def is_older_news(self, learned_after: datetime | None) -> bool:
        """Whether everything of it was on record by then; never where nobody asks for news."""
        until = self.recorded_until
        return learned_after is not None and until is not None and until <= learned_after

    @property
    def first(self) -> int:
        """The lowest key that a capture of it can have."""
        return self.id << CAPTURES_PER_VISIT_BITS

    @property
    def end(self) -> int:
        """The key that follows its captures."""
        return (self.id + 1) << CAPTURES_PER_VISIT_BITS


class Learned(NamedTuple):
    """A capture, and what was learned about it after it was fetched."""

    capture_id: int
    rights_set_id: int
    later: Sequence[Later]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where to look: what was on record by a moment, perhaps only for news since another."""

    connection: Connection
    judge: Judge  # which has read every rights set, unless one capture is asked about
    as_of: datetime
    learned_after: datetime | None = (
        None  # only captures that something recorded later speaks about; None: any
    )
    capture: int | None = None  # only this one

    def visits(self, without: Iterable[int]) -> Mapping[int, Sequence[Visited]]:
        """Return the visits of each site, the oldest first; not of sites that are out of force as a whole."""
        asked = (
            select(Visit.id, Visit.site_id, Visit.opened_at, Run.product_token, Visit.recorded_until)
            .join(Run, Run.id == Visit.run_id)
            .where(*visits_known(self.as_of))
            .order_by(Visit.id)
        )
        if self.capture is not None:
            asked = asked.where(Visit.id == self.capture >> CAPTURES_PER_VISIT_BITS)
        left_out, found = frozenset(without), defaultdict[int, list[Visited]](list)
        for row in self.connection.execute(asked):
            if row.site_id not in left_out:
                found[row.site_id].append(Visited(*row))
        return found

    def by_host_files(
        self, files: HostFiles, visits: Mapping[int, Sequence[Visited]], sites: Mapping[str, int]
    ) -> Iterator[Learned]:
        """Yield the captures that a later version of their host's files speaks about.

        Args:
            files: what the hosts' files say.
            visits: by site.
            sites: keys by name.
        """
        for visit, spans in _spans(files, visits, sites, self.learned_after).items():
            asked = self._documents(
                Capture.id,
                Capture.rights_set_id,
                Capture.origin_id,
                Capture.path,
                Capture.media_type,
                Capture.fetched_at,
            ).where(
                Capture.id >= visit.first,
                Capture.id < max(span.end for span in spans.values()),
                Capture.fetched_at < max(span.until for span in spans.values()),
            )
            if len(spans) <= _ORIGINS:
                asked = asked.where(Capture.origin_id.in_(sorted(spans)))
            for key, rights_set, origin, path, media_type, fetched_at in self._stream(asked):
                span = spans.get(origin)
                if span is None or fetched_at >= span.until:
                    continue
                page = Page(f"{span.origin}{path}", media_type, fetched_at, visit.product_token)
                if later := tuple(files.later(origin, page)):
                    yield Learned(key, rights_set, later)

    def by_newer_exchanges(self, visits: Mapping[int, Sequence[Visited]]) -> Mapping[int, Learned]:
        """Return the captures of whose URL a newer exchange states something that takes away, by their keys."""
        found: dict[int, list[Later]] = defaultdict(list)
        rights: dict[int, int] = {}
        for key, rights_set, newer_set, at in self._pairs(visits):
            self.judge.read(self.connection, (rights_set, newer_set))
            if self.judge.takes_away(rights_set, newer_set):
                rights[key] = rights_set
                statements = self.judge.statements(newer_set)
                said_by = f"a newer exchange of the same URL, {day(at)}"
                found[key].append(Later(cause=NEWER_EXCHANGE, said_by=said_by, statements=statements))
        return {key: Learned(key, rights[key], tuple(later)) for key, later in found.items()}

    def _pairs(self, visits: Mapping[int, Sequence[Visited]]) -> Iterator[Any]:
        """Yield older captures with the rights set and the time of a newer exchange that may matter."""
        if self.capture is not None:
            yield from self._stream(_PAIRS_OF_CAPTURE, {"capture": self.capture, "as_of": self.as_of})
            return
        documents, failures = self._documents_by_visit(), self._failures_by_visit()
        for of_site in visits.values():
            for number, newer in enumerate(of_site):
                if newer.is_older_news(self.learned_after):
                    continue
                before = {key for visit in of_site[:number] for key in documents.get(visit.id, ())}
                harmful = self._harmful(before, documents.get(newer.id, ()))
                own = before.union(documents.get(newer.id, ()))  # a visit asks again only for what failed
                harmful |= self._harmful(own, failures.get(newer.id, ()))
                for some in chunks(sorted(harmful)):
                    told = {"first": newer.first, "end": newer.end, "sets": some, "as_of": self.as_of}
                    told["after"] = self.learned_after or EPOCH
                    yield from self._stream(_PAIRS_OF_VISIT, told)

    def _harmful(self, before: Iterable[int], newer: Iterable[int]) -> set[int]:
        """Return those newer rights sets that would take something away from one before them."""
        held = list(before)
        return {
            key for key in newer if any(other != key and self.judge.takes_away(other, key) for other in held)
        }

    def _documents_by_visit(self) -> Mapping[int, set[int]]:
        """Return the rights sets of each visit's documents."""
        counted = documents_by_visit(as_of=self.as_of)
        return _grouped(self.connection.execute(select(counted.c.visit_id, counted.c.rights_set_id)))

    def _failures_by_visit(self) -> Mapping[int, set[int]]:
        """Return the rights sets of each visit's answers that turned us away."""
        found: dict[int, set[int]] = defaultdict(set)
        for some in chunks(sorted(self.judge.refusals())):
            asked = (
                select(Capture.visit_id, Capture.rights_set_id)
                .where(Capture.rights_set_id.in_(some), Capture.kind == _FAILURE, *captures_known(self.as_of))
                .distinct()
            )
            for visit, sets in _grouped(self.connection.execute(asked)).items():
                found[visit] |= sets
        return found

    def _documents(self, *columns: Any) -> Select[Any]:
        asked = select(*columns).where(Capture.kind == _DOCUMENT, *captures_known(self.as_of))
        return asked if self.capture is None else asked.where(Capture.id == self.capture)

    def _stream(self, asked: Select[Any], told: Mapping[str, Any] | None = None) -> Iterator[Any]:
        yield from self.connection.execute(asked, told, execution_options={"yield_per": _ROWS})


class _Span(NamedTuple):
    """Which captures of a visit, at one origin, a later version may speak about."""

    origin: str
    end: int  # below this key
    until: datetime  # fetched before


def _spans(
    files: HostFiles,
    visits: Mapping[int, Sequence[Visited]],
    sites: Mapping[str, int],
    learned_after: datetime | None,
) -> Mapping[Visited, Mapping[int, _Span]]:
    """Return, by visit and origin, the captures to look at."""
    found: dict[Visited, dict[int, _Span]] = defaultdict(dict)
    for origin_id, versions in files.versions.items():
        site = _site_of(versions[0].origin, sites)
        for version in versions:
            if learned_after is not None and version.recorded_at <= learned_after:
                continue
            if files.is_quiet(version):
                continue
            for visit in visits.get(site or 0, ()):
                if visit.opened_at < version.first_seen:
                    span = _Span(version.origin, _end(visit, version), version.first_seen)
                    held = found[visit].get(origin_id, span)
                    found[visit][origin_id] = _Span(
                        span.origin, max(held.end, span.end), max(held.until, span.until)
                    )
    return found


def _end(visit: Visited, version: Version) -> int:
    """Return below which key the captures lie that a version comes after.

    A host's files are asked for before its pages: what a visit archived after the first look was fetched after it.
    """
    if version.is_first and version.capture_id is not None and visit.first <= version.capture_id < visit.end:
        return version.capture_id
    return visit.end


def _site_of(origin: str, sites: Mapping[str, int]) -> int | None:
    """Return the site that an origin's host belongs to: the host itself, or the domain that it lies under."""
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return None
    labels = host.split(".")
    names = [host, *(".".join(labels[number:]) for number in range(1, len(labels)))]
    return next((sites[name] for name in names if name in sites), None)


def _pairs_of_urls() -> Select[Any]:
    """Select documents together with every newer exchange of their URL that states something else."""
    columns: tuple[Any, ...] = (_older.id, _older.rights_set_id, Capture.rights_set_id, Capture.fetched_at)
    as_of = bindparam("as_of", type_=InstantType())
    return (
        select(*columns)
        .select_from(Capture)
        .join(
            _older,
            and_(
                _older.url_hash == Capture.url_hash,
                _older.origin_id == Capture.origin_id,
                _older.path == Capture.path,
                _older.fetched_at < Capture.fetched_at,
                _older.rights_set_id != Capture.rights_set_id,
                _older.kind == _DOCUMENT,
            ),
        )
        .where(
            Capture.kind.in_([_DOCUMENT, _FAILURE]),
            as_of >= CAPTURE_RECORDED,
            func.coalesce(_older.recorded_at, _older.fetched_at) <= as_of,
        )
    )


def _grouped(rows: Iterable[Any]) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for visit, rights_set in rows:
        found[visit].add(rights_set)
    return found


_older = aliased(Capture)
_PAIRS_OF_CAPTURE = _pairs_of_urls().where(_older.id == bindparam("capture"))
_PAIRS_OF_VISIT = _pairs_of_urls().where(  # made once: there are thousands of visits
    Capture.id >= bindparam("first"),
    Capture.id < bindparam("end"),
    Capture.rights_set_id.in_(bindparam("sets", expanding=True)),
    CAPTURE_RECORDED > bindparam("after", type_=InstantType()),  # noqa: SIM300  # a column, not a constant
)
