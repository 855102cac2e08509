"""A world in which things are learned by and by: pages, hosts' files, refusals, the register of sources."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from licences.observation import Statement
from licences.policy import Policy, load
from licences.rights import Lookup, RightsSet
from licences.vocabulary import (
    Channel,
    Condition,
    ConditionType,
    Kind,
    LegalEffect,
    Retrieval,
    Usage,
    Verdict,
)
from provenance import recorded
from provenance.database import Database
from provenance.leases import Lease, Leases
from provenance.models import Capture, Site, SourceEntry, Visit
from provenance.recorder import Recorder
from provenance.records import (
    Batch,
    CaptureKind,
    CaptureRecord,
    PermissionRecord,
    PolicyRecord,
    RightsSetRecord,
    RunRecord,
    SegmentRecord,
    SegmentStored,
    SiteDocumentRecord,
    capture_id,
)
from provenance.standings import Standing
from provenance.standings import Verdict as Held

MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=number) for number in (1, 2, 3))
SITE = "example.org"
USAGE = Usage.AI_TRAIN_GEN
POLICY = load("strict-optin")
TDM_RESERVED = '[{"location": "/", "tdm-reservation": 1}]'
NO_GPTBOT = "User-agent: GPTBot\nDisallow: /\n"
CLOSED = "User-agent: *\nDisallow: /essays/\n"
OPEN = "User-agent: *\nAllow: /\n"

CC_BY = Statement(
    kind=Kind.LICENCE_LINK,
    protocol="HTML rel=license",
    usage=Usage.AI_TRAIN,
    verdict=Verdict.CONDITIONAL,
    legal_effect=LegalEffect.LICENCE_GRANT,
    covers=(Usage.AI_TRAIN_GEN, Usage.AI_TRAIN_NONGEN),
    conditions=(Condition(type=ConditionType.ATTRIBUTION),),
    licence="CC-BY-4.0",
)
ALLOWED = Statement(
    kind=Kind.CONTENT_SIGNAL_ROBOTS,
    protocol="Content Signals",
    usage=Usage.AI_TRAIN,
    covers=(Usage.AI_TRAIN_GEN, Usage.AI_TRAIN_NONGEN),
    verdict=Verdict.ALLOW,
    legal_effect=LegalEffect.PREFERENCE,
)
NO_AI = Statement(
    kind=Kind.ROBOTS_TAG_HEADER,
    protocol="X-Robots-Tag",
    usage=Usage.AI_TRAIN,
    verdict=Verdict.DENY,
    legal_effect=LegalEffect.RESERVATION,
)
FORBIDDEN = Statement(
    kind=Kind.HTTP_ACCESS,
    protocol="HTTP",
    usage=Usage.CRAWL,
    verdict=Verdict.DENY,
    legal_effect=LegalEffect.ACCESS_RULE,
    note="forbidden",
)
EVERYTHING_ASKED = (
    Lookup(channel=Channel.HTTP_HEADER, retrieval=Retrieval.OK),
    Lookup(channel=Channel.ROBOTS_TXT, retrieval=Retrieval.ABSENT),
    *(
        Lookup(channel=Channel.WELL_KNOWN, retrieval=Retrieval.ABSENT, document=name)
        for name in ("tdmrep.json", "ai.txt", "trust.txt")
    ),
)
TURNED_AWAY = (Lookup(channel=Channel.HTTP_STATUS, retrieval=Retrieval.OK),)


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def stated(*statements: Statement, lookups: tuple[Lookup, ...] = EVERYTHING_ASKED) -> RightsSetRecord:
    rights = RightsSet.of_statements(statements, lookups)
    return RightsSetRecord(digest=rights.digest, canonical=rights.canonical, licences=rights.licences)


class World:
    """One database; each call records something at the end of what is recorded so far."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.recorder = Recorder(database)
        self.recorder.policy(PolicyRecord(digest=POLICY.digest, name=POLICY.name, text=POLICY.text))
        self._open: dict[str, tuple[datetime, int, Lease]] = {}
        self._sequences: dict[int, int] = {}

    def visit(self, site: str, at: datetime) -> int:
        """Return the visit of a site that began then; where another one is open, that one ends and one begins."""
        began, visit, lease = self._open.get(site, (None, 0, None))
        if began != at:
            if lease is not None:
                Leases(self.database).release(lease)
            taken = Leases(self.database).acquire(site, "worker", 600)
            assert isinstance(taken, Lease)
            run = self.recorder.begin_run(_run(started_at=at))
            visit = self.recorder.begin_visit(run, site, taken.epoch, at)
            self._open[site] = (at, visit, taken)
            self.record(site, at, segments=[_segment(visit, site, at)])
        return visit

    def record(self, site: str, at: datetime, **content: Any) -> None:
        """Record something of a visit, in a transaction of its own."""
        visit = self.visit(site, at)
        _, _, lease = self._open[site]
        self.recorder.record(Batch(visit_id=visit, epoch=lease.epoch, **content))

    def rest(self) -> None:
        """Let every visit's lease go, so that another process may go on."""
        for _, _, lease in self._open.values():
            Leases(self.database).release(lease)
        self._open.clear()

    def page(
        self,
        path: str = "/essays/one.html",
        *statements: Statement,
        at: datetime = MONDAY,
        site: str = SITE,
        rights: RightsSetRecord | None = None,
        **changes: Any,
    ) -> int:
        """Record an exchange, a document unless told otherwise; return its key."""
        visit = self.visit(site, at)
        number = self._sequences[visit] = self._sequences.get(visit, 99) + 1
        origin = changes.pop("origin", f"https://{site}")
        values: dict[str, Any] = {
            "id": capture_id(visit, number),
            "visit_id": visit,
            "kind": CaptureKind.DOCUMENT,
            "origin": origin,
            "path": path,
            "fetched_at": at + timedelta(minutes=number),
            "status": 200,
            "media_type": "text/html",
            "payload_digest": sha256(f"{at}{path}"),
            "length": 1000,
            "segment_id": capture_id(visit, 0),
            "warc_offset": 700 + 1000 * number,
            "warc_length": 500,
            "request_length": 300,
            "metadata_length": 200,
            "permission": PermissionRecord(origin=origin, granted=True, rule="robots.absent"),
            "rights": rights or stated(*statements),
        }
        record = CaptureRecord(**values | changes)
        self.record(site, at, captures=[record])
        return record.id

    def refused(self, path: str = "/essays/one.html", *, at: datetime, site: str = SITE) -> int:
        """Record that a URL turned us away with 403."""
        rights = stated(FORBIDDEN, lookups=TURNED_AWAY)
        return self.page(path, at=at, site=site, rights=rights, kind=CaptureKind.FAILURE, status=403)

    def file(
        self,
        name: str,
        text: str | None,
        *,
        at: datetime,
        site: str = SITE,
        retrieval: Retrieval | None = None,
        origin: str | None = None,
    ) -> None:
        """Record what a look at a host's file found: its text, or None and how looking went."""
        body = None if text is None else text.encode()
        found = retrieval or (Retrieval.OK if text is not None else Retrieval.ABSENT)
        origin = origin or f"https://{site}"
        folder = "/.well-known" if name == "tdmrep.json" else ""
        document = SiteDocumentRecord(
            origin=origin,
            name=name,
            url=f"{origin}{folder}/{name}",
            retrieval=found.value,
            body=body,
            digest=None if text is None else sha256(text),
            seen_at=at,
        )
        self.record(site, at, site_documents=[document])

    def source(
        self,
        action: str = "admitted",
        *,
        site: str = SITE,
        since: datetime = MONDAY - timedelta(days=30),
        until: datetime | None = None,
    ) -> None:
        """Add an entry to the register of sources."""
        with self.database.writing() as connection:
            key = connection.scalar(select(Site.id).where(Site.name == site))
            if key is None:
                key = connection.execute(insert(Site).values(name=site).returning(Site.id)).scalar_one()
            says = {"basis": "published"} if action == "admitted" else {"reason": "its owner asked"}
            row = {"name": site, "site_id": key, "mode": "crawled", "action": action, "by": "J. Doe"}
            row |= {"categories": [], "conditions": [], "valid_from": since, "valid_until": until}
            row |= {"recorded_at": recorded.now(connection), **says}
            connection.execute(insert(SourceEntry).values(row))

    def standing(
        self, as_of: datetime | None = None, policy: Policy = POLICY, usage: Usage = USAGE
    ) -> Standing:
        """Return what holds; as the world's policy decides for its usage, unless told otherwise."""
        return Standing.at(self.database, usage, policy, as_of)

    def verdicts(self, standing: Standing) -> dict[int, Held]:
        """Return the verdict of every document, the way many rows are decided."""
        by_set, exceptions = standing.number_by_rights_set(), standing.exceptions()
        withdrawn = standing.withdrawn_sites()
        return {
            row.id: withdrawn.get(row.site_id)
            or standing.verdicts[exceptions.get(row.id, by_set[row.rights_set_id])]
            for row in self._documents()
        }

    def verdict(self, capture: int, standing: Standing | None = None) -> Held:
        """Return the verdict of one document, the way one row is decided, and compare it with the other way."""
        asked = standing or self.standing()
        [row] = [row for row in self._documents() if row.id == capture]
        values = {name: getattr(row, name) for name in ("rights_set_id", "site_id", "origin_id")}
        alone = asked.verdict(capture_id=capture, fetched_at=row.fetched_at, path=row.path, **values)
        assert alone is not None
        assert alone == self.verdicts(asked)[capture]
        return alone

    def _documents(self) -> list[Any]:
        columns = (Capture.id, Capture.rights_set_id, Visit.site_id, Capture.origin_id)
        asked = select(*columns, Capture.fetched_at, Capture.path).join(Visit, Visit.id == Capture.visit_id)
        with self.database.reading() as connection:
            return list(connection.execute(asked.where(Capture.kind == "document").order_by(Capture.id)))


def _run(**changes: Any) -> RunRecord:
    values: dict[str, Any] = {
        "job_name": "essays",
        "job_digest": sha256("essays"),
        "job_text": "[job]\n",
        "purpose": USAGE.value,
        "policy_digest": POLICY.digest,
        "operator": "Example Research",
        "contact": "crawler@example.org",
        "info_url": None,
        "product_token": "Aboveboard",
        "user_agent": "Aboveboard/0.1 (+mailto:crawler@example.org)",
        "software": "aboveboard/0.1.0",
        "settings_digest": sha256("settings"),
    }
    return RunRecord(**values | changes)


def _segment(visit: int, site: str, at: datetime) -> SegmentRecord:
    return SegmentRecord(
        id=capture_id(visit, 0), visit_id=visit, key=f"warc/{site}/{visit}-0.warc.gz", opened_at=at
    )


def upload(world: World, site: str, at: datetime) -> None:
    """Let the visit's segment lie in the store."""
    visit = world.visit(site, at)
    stored = SegmentStored(
        id=capture_id(visit, 0),
        uri=f"file:///store/{visit}-0",
        length=5000,
        digest=sha256("segment"),
        records=7,
        stored_at=at,
    )
    world.record(site, at, stored=[stored])
