"""Everything that may be written, one step at a time, and every answer about a day: for the law that it stays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from recorded_site import (
    AGENTS_TURNED_AWAY,
    CC_BY,
    CC_BY_SA,
    NO_TRAINING,
    NOON,
    Writing,
    begin,
    enter,
    rights,
    run_record,
    sha256,
)
from sqlalchemy import insert, select

from licences.policy import load
from licences.vocabulary import Retrieval, Usage
from provenance import recorded
from provenance.database import Database
from provenance.deciding import holdings, outcomes, record
from provenance.erasures import Scope, ScopeKind, hide
from provenance.models import Manifest, Policy, Visit
from provenance.queries import (
    CaptureFilter,
    CountBy,
    Question,
    RefusalFilter,
    all_rows,
    captures,
    counts,
    decided_captures,
    receipt,
    refusals,
    sites,
)
from provenance.queries.known import visits_known
from provenance.records import Batch, SegmentRecord, SiteDocumentRecord, capture_id
from provenance.standings import Standing
from provenance.tallies import seal_pending

SITES = ("one.example", "two.example")
PATHS = ("/", "/a", "/b")
STATED = (rights(), rights(CC_BY), rights(CC_BY_SA), rights(NO_TRAINING), rights(AGENTS_TURNED_AWAY))
FILES: Sequence[tuple[str, Retrieval, bytes | None]] = (
    ("robots.txt", Retrieval.OK, b"User-agent: *\nDisallow: /a\n"),
    ("robots.txt", Retrieval.OK, b"User-agent: *\nAllow: /\n"),
    ("tdmrep.json", Retrieval.OK, b'[{"location": "/", "tdm-reservation": 1}]'),
    ("tdmrep.json", Retrieval.ABSENT, None),
    ("ai.txt", Retrieval.UNREACHABLE, None),
)
STRICT = load("strict-optin")
WHERE_BYTES_LIE = ("warc_uri", "warc_offset", "warc_length")  # always today's


@dataclass(slots=True)
class History:
    """A database and the visits that were begun in it."""

    database: Database
    visits: list[Writing] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)  # URLs
    at: datetime = NOON

    def visit(self, site: int) -> None:
        """Begin a run and its visit; each site stays in one worker's hands."""
        self.at += timedelta(minutes=1)
        name = SITES[site % len(SITES)]
        mine = [visit for visit in self.visits if visit.site == name]
        if not mine:
            self.visits.append(begin(self.database, site=name, at=self.at))
            return
        first = mine[0]
        run = first.recorder.begin_run(run_record(started_at=self.at))
        key = first.recorder.begin_visit(run, name, first.lease.epoch, self.at)
        self.visits.append(replace(first, run=run, id=key, at=self.at, captures=[], refusals=[]))

    def capture(self, which: int, path: int, stated: int) -> None:
        """Record a document of a visit, also long after it has ended."""
        if (visit := self._one(which)) is None:
            return
        place = f"https://{visit.site}"
        permission = visit.permission(origin=place, robots_capture_id=None)
        made = visit.add(
            PATHS[path % len(PATHS)], STATED[stated % len(STATED)], origin=place, permission=permission
        )
        self._record(visit, captures=[made])

    def refuse(self, which: int, path: int) -> None:
        """Record what was not taken."""
        if (visit := self._one(which)) is not None:
            visit.refuse(f"https://{visit.site}{PATHS[path % len(PATHS)]}", "scope", "Out of scope.", "/")
            self._record(visit, refusals=visit.refusals[-1:])

    def end(self, which: int) -> None:
        """End a visit, which tallies it."""
        if (visit := self._one(which)) is not None:
            visit.recorder.end_visit(visit.id, "finished", self.at)

    def file(self, which: int, number: int) -> None:
        """Look for a host's file, and find something."""
        if (visit := self._one(which)) is None:
            return
        self.at += timedelta(minutes=1)
        name, retrieval, body = FILES[number % len(FILES)]
        place = f"https://{visit.site}"
        looked = SiteDocumentRecord(
            origin=place,
            name=name,
            url=f"{place}/{name}",
            retrieval=retrieval.value,
            body=body,
            digest=None if body is None else sha256(body.decode()),
            seen_at=self.at,
        )
        self._record(visit, site_documents=[looked])

    def source(self, which: int, action: int) -> None:
        """Enter a source into the register, or take it out."""
        if (visit := self._one(which)) is None:
            return
        ends = self.at + timedelta(days=4000) if action % 2 else None
        changes: Sequence[dict[str, Any]] = (
            {"action": "admitted", "valid_until": ends},
            {"action": "revoked", "reason": "They asked.", "basis": None},
        )
        enter(self.database, visit.site, **changes[action % len(changes)])

    def decide(self, usage: int) -> None:
        """Write down what another policy, or the same for another usage, makes of everything."""
        record(
            self.database, load("eu-tdm" if usage % 2 else "strict-optin"), [list(Usage)[usage % len(Usage)]]
        )

    def seal(self) -> None:
        """Tally what is not tallied yet."""
        seal_pending(self.database)

    def manifest(self, number: int) -> None:
        """Register a manifest."""
        with self.database.writing() as connection:
            policy = connection.execute(Policy.__table__.select()).first()
            if policy is not None:
                now = recorded.now(connection)
                row = {"seal": sha256(f"{number} {now}"), "rows_digest": sha256(""), "registered_at": now}
                row |= {"usage": "tdm", "policy_id": policy.id, "as_of": now, "rows": 0, "header": "{}"}
                connection.execute(insert(Manifest).values(row))

    def erase(self, which: int, path: int) -> None:
        """Forget a URL: the one thing that reaches into answers about days gone by."""
        if (visit := self._one(which)) is None:
            return
        url = f"https://{visit.site}{PATHS[path % len(PATHS)]}"
        self.erased.add(url)
        scope = Scope.parse(ScopeKind.URL, url)
        hide(self.database, scope, reason="asked", requested_by="somebody", at=self.now(), suppresses=False)

    def now(self) -> datetime:
        """Return a moment just past, for which an answer can be given for good."""
        return recorded.present(self.database)

    def _one(self, which: int) -> Writing | None:
        return self.visits[which % len(self.visits)] if self.visits else None

    def _record(self, visit: Writing, **parts: Any) -> None:
        segment = SegmentRecord(
            id=capture_id(visit.id, 0), visit_id=visit.id, key=f"{visit.site}/{visit.id}", opened_at=visit.at
        )
        visit.recorder.record(Batch(visit_id=visit.id, epoch=visit.lease.epoch, segments=[segment], **parts))


def answers(database: Database, at: datetime, gone: Collection[str] = ()) -> dict[str, list[Any]]:
    """Return every answer about a moment: rows, receipts and verdicts, without those of URLs that are gone."""
    wanted = CaptureFilter(kind=None, as_of=at)
    question = Question(usage=Usage.AI_TRAIN_GEN, policy=STRICT)
    usable = replace(wanted, outcomes=["permitted", "permitted_with_conditions"])
    told: dict[str, list[Any]] = {
        "captures": [_plain(row) for row in all_rows(database, captures(wanted))],
        "refusals": [_Said(row.url, row) for row in all_rows(database, refusals(RefusalFilter(as_of=at)))],
        "decided": [_plain(row) for row in decided_captures(database, wanted, question)],
        "permitted": [_plain(row) for row in decided_captures(database, usable, question)],
        "receipts": [
            _Said(f"https://{site}{path}", _receipt(database, f"https://{site}{path}", at))
            for site in SITES
            for path in PATHS
        ],
    }
    return without(told, gone)


def without(told: dict[str, list[Any]], gone: Collection[str]) -> dict[str, list[Any]]:
    """Return answers without what is about URLs that are gone."""
    return {name: [row for row in rows if row.url not in gone] for name, rows in told.items()}


class _Said(NamedTuple):
    url: str
    what: Any


def totals(database: Database, at: datetime) -> Any:
    """Return what is counted; an erasure changes it, nothing else does."""
    question = Question(usage=Usage.AI_TRAIN_GEN, policy=STRICT)
    wanted = CaptureFilter(as_of=at)
    standing = Standing.at(database, Usage.AI_TRAIN_GEN, STRICT, at)
    exceptions = {key: standing.verdicts[number] for key, number in standing.exceptions().items()}
    held = holdings(database, as_of=at)
    with database.reading() as connection:  # a site that nobody had come to yet has nothing to withdraw
        came_to = set(connection.scalars(select(Visit.site_id).where(*visits_known(at))))
    return {
        "counts": [
            counts(database, by, wanted, asked, learned_since=since)
            for by in ([], list(CountBy))
            for asked, since in ((None, False), (question, False), (question, True))
        ],
        "sites": all_rows(database, sites(as_of=at)),
        "decide": outcomes(database, held.held, STRICT, [Usage.AI_TRAIN_GEN]),
        "withdrawn": {key: one for key, one in standing.withdrawn_sites().items() if key in came_to},
        "exceptions": exceptions,
    }


def _plain(row: Any) -> Any:
    return replace(row, **{name: 0 if name != "warc_uri" else "" for name in WHERE_BYTES_LIE})


def _receipt(database: Database, url: str, at: datetime) -> Any:
    found = receipt(database, url, as_of=at)
    return [replace(one, place=None) for one in found.captures], found.refusals
