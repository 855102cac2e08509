"""A small world, recorded as a crawl would: two runs of a publisher's site, one of another, hostile text and all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from licences.observation import Addressee, Scope, ScopeLevel, Statement
from licences.policy import decide, load
from licences.rights import RightsSet
from licences.vocabulary import (
    Condition,
    ConditionType,
    Kind,
    LegalEffect,
    Outcome,
    Retrieval,
    Usage,
    Verdict,
)
from provenance import recorded
from provenance.database import Database
from provenance.leases import Lease, Leases
from provenance.models import Site, SourceEntry
from provenance.recorder import Recorder
from provenance.records import (
    Batch,
    CaptureKind,
    CaptureRecord,
    DecisionRecord,
    HostLoadRecord,
    PermissionRecord,
    PolicyRecord,
    RefusalRecord,
    RightsSetRecord,
    RunRecord,
    RunState,
    SegmentRecord,
    SegmentStored,
    SiteDocumentRecord,
    SourceRecord,
    capture_id,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=7)
ORIGIN = "https://example.org"
USER_AGENT = "Aboveboard/0.1 (+https://research.example/bot; crawler@research.example)"
PAYLOAD = b"<p>a page</p>"
SCRIPT = "<script>alert(1)</script>"
ATTRIBUTE = '" onmouseover="alert(1)'

POLICY = load("strict-optin")
POLICY_RECORD = PolicyRecord(digest=POLICY.digest, name=POLICY.name, text=POLICY.text)


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def licensed(licence: str, **changes: Any) -> Statement:
    """A licence that a page names for itself."""
    values: dict[str, Any] = {
        "kind": Kind.LICENCE_LINK,
        "protocol": "HTML rel=license",
        "usage": Usage.AI_TRAIN,
        "verdict": Verdict.CONDITIONAL,
        "legal_effect": LegalEffect.LICENCE_GRANT,
        "covers": (Usage.AI_TRAIN_GEN, Usage.AI_TRAIN_NONGEN),
        "conditions": (Condition(type=ConditionType.ATTRIBUTION),),
        "licence": licence,
    }
    return Statement(**values | changes)


CC_BY = licensed("CC-BY-4.0")
CC_BY_SA = licensed("CC-BY-SA-4.0", kind=Kind.LICENCE_SCHEMA_ORG, protocol="schema.org license")
NO_TRAINING = Statement(
    kind=Kind.ROBOTS_TAG_HEADER,
    protocol="X-Robots-Tag",
    usage=Usage.AI_TRAIN,
    verdict=Verdict.DENY,
    legal_effect=LegalEffect.RESERVATION,
)
AGENTS_TURNED_AWAY = Statement(
    kind=Kind.ROBOTS_AI_AGENT_DISALLOW,
    protocol="RFC 9309",
    usage=Usage.AI_TRAIN_GEN,
    verdict=Verdict.DENY,
    legal_effect=LegalEffect.INFERENCE,
    scope=Scope(level=ScopeLevel.PATH, selector="/essays/"),
    addressee=Addressee(all=False, tokens=("CCBot", "GPTBot"), matches_us=False),
    confidence=0.75,
)


def rights(*statements: Statement, purpose: str = "ai-train-gen") -> RightsSetRecord:
    """What was stated, with what our policy makes of it."""
    stated = RightsSet.of_statements(statements)
    decision = decide(stated, Usage(purpose), POLICY)
    return RightsSetRecord(
        digest=stated.digest,
        canonical=stated.canonical,
        licences=stated.licences,
        decisions=[
            DecisionRecord(
                policy_digest=POLICY.digest,
                usage=purpose,
                outcome=decision.outcome.value,
                rule=decision.rule,
                reasons=[reason.to_json() for reason in decision.reasons],
                conditions=[condition.to_json() for condition in decision.conditions],
                conflicts=decision.conflicts,
                enforces=decision.enforces,
            )
        ],
    )


def contradicting() -> RightsSetRecord:
    """A rights set that a person has to look at."""
    record = rights(CC_BY, NO_TRAINING)
    assert record.decisions[0].outcome == Outcome.NEEDS_REVIEW.value
    return record


def run_record(**changes: Any) -> RunRecord:
    values: dict[str, Any] = {
        "job_name": "publisher",
        "job_digest": sha256("job"),
        "job_text": "[job]\n",
        "purpose": "ai-train-gen",
        "policy_digest": POLICY.digest,
        "operator": "Example Research",
        "contact": "crawler@research.example",
        "info_url": "https://research.example/bot",
        "product_token": "Aboveboard",
        "user_agent": USER_AGENT,
        "software": "aboveboard/0.1.0",
        "settings_digest": sha256("settings"),
        "started_at": NOON,
    }
    return RunRecord(**values | changes)


@dataclass(slots=True)
class Writing:
    """One visit under way: takes documents and refusals by the one, records them at its end."""

    recorder: Recorder
    lease: Lease
    run: int
    id: int
    at: datetime
    site: str
    captures: list[CaptureRecord]
    refusals: list[RefusalRecord]
    loads: list[HostLoadRecord]
    looks: list[SiteDocumentRecord] = field(default_factory=list)

    def permission(self, **changes: Any) -> PermissionRecord:
        """The line of robots.txt that lets pages through."""
        values: dict[str, Any] = {
            "origin": ORIGIN,
            "granted": True,
            "rule": "robots.allow",
            "line_number": 3,
            "line_text": "Allow: /",
            "robots_state": "available",
            "robots_capture_id": capture_id(self.id, 0),
        }
        return PermissionRecord(**values | changes)

    def add(self, path: str, stated: RightsSetRecord | None = None, **changes: Any) -> CaptureRecord:
        """Archive one exchange; a document unless told otherwise."""
        number = len(self.captures)
        values: dict[str, Any] = {
            "id": capture_id(self.id, number),
            "visit_id": self.id,
            "kind": CaptureKind.DOCUMENT,
            "origin": ORIGIN,
            "path": path,
            "fetched_at": self.at + timedelta(seconds=6 * number),
            "status": 200,
            "media_type": "text/html",
            "payload_digest": sha256(path),
            "length": 1_000,
            "segment_id": capture_id(self.id, 0),
            "warc_offset": 700 + 1_000 * number,
            "warc_length": 500,
            "request_length": 300,
            "metadata_length": 200,
            "permission": self.permission(),
            "rights": stated,
        }
        record = CaptureRecord(**values | changes)
        self.captures.append(record)
        return record

    def refuse(self, path: str, rule: str, reason: str, evidence: str, **changes: Any) -> None:
        """Refuse one address."""
        url = path if ":" in path else ORIGIN + path
        at = self.at + timedelta(minutes=1, seconds=len(self.refusals))
        self.refusals.append(
            RefusalRecord(
                visit_id=self.id, url=url, at=at, rule=rule, reason=reason, evidence=evidence, **changes
            )
        )

    def load(self, hour: datetime, **changes: Any) -> None:
        """State what a host saw of us in an hour."""
        values: dict[str, Any] = {
            "visit_id": self.id,
            "host": "example.org",
            "hour": hour,
            "requests": 12,
            "received": 48_000,
            "max_in_flight": 1,
            "min_gap": 5.1,
            "median_gap": 5.6,
            "too_many": 0,
            "server_errors": 0,
            "pauses": [],
        }
        self.loads.append(HostLoadRecord(**values | changes))

    def look(
        self, name: str, retrieval: Retrieval, body: bytes | None = None, *, origin: str = ORIGIN
    ) -> None:
        """State what looking for a host's own file found, a second after the visit began."""
        self.looks.append(
            SiteDocumentRecord(
                origin=origin,
                name=name,
                url=f"{origin}/{name}",
                retrieval=retrieval.value,
                body=body,
                digest=None if body is None else hashlib.sha256(body).digest(),
                seen_at=self.at + timedelta(seconds=1),
            )
        )

    def end(self, *, upload: bool = True) -> None:
        """Record everything, and the segment as stored unless it stays in the spool."""
        key = f"warc/{self.site}/{self.run}/{self.id}-0.warc.gz"
        segment = SegmentRecord(id=capture_id(self.id, 0), visit_id=self.id, key=key, opened_at=self.at)
        stored = SegmentStored(
            id=segment.id,
            uri=f"s3://corpus/{key}",
            length=50_000,
            digest=sha256(key),
            records=3 * len(self.captures) + 1,
            stored_at=self.at + timedelta(minutes=5),
        )
        self.recorder.record(
            Batch(
                visit_id=self.id,
                epoch=self.lease.epoch,
                segments=[segment],
                captures=self.captures,
                refusals=self.refusals,
                host_loads=self.loads,
                site_documents=self.looks,
                stored=[stored] if upload else [],
            )
        )
        self.recorder.end_visit(self.id, "finished", self.at + timedelta(minutes=5))


def enter(database: Database, site: str, **changes: Any) -> int:
    """Put a site into the register of sources, unless it stands there or the entry is told to differ."""
    with database.writing() as connection:
        site_id = connection.execute(select(Site.id).where(Site.name == site)).scalar_one()
        known = connection.scalar(select(SourceEntry.id).where(SourceEntry.site_id == site_id))
        if known is not None and not changes:
            return known
        values = {
            "name": site,
            "site_id": site_id,
            "mode": "crawled",
            "action": "admitted",
            "by": "J. Doe",
            "basis": "published under open licences",
            "categories": [],
            "conditions": [],
            "valid_from": NOON,
            "recorded_at": recorded.now(connection),
        }
        return connection.execute(
            insert(SourceEntry).values(values | changes).returning(SourceEntry.id)
        ).scalar_one()


def begin(
    database: Database,
    *,
    site: str = "example.org",
    at: datetime = NOON,
    permission: Mapping[str, Any] | None = None,
    **of_run: Any,
) -> Writing:
    """Begin a run and its visit of one site."""
    recorder = Recorder(database)
    recorder.policy(POLICY_RECORD)
    run = recorder.begin_run(run_record(started_at=at, **of_run))
    recorder.admit(
        SourceRecord(
            run_id=run,
            site=site,
            start=[f"https://{site}/"],
            include=[f"https://{site}/"],
            admitted_by="J. Doe, 2026-11-19",
            basis="published under open licences",
            permission=permission,
        )
    )
    enter(database, site)
    lease = Leases(database).acquire(site, f"worker of run {run}", 600)
    assert isinstance(lease, Lease)
    visit = recorder.begin_visit(run, site, lease.epoch, at)
    return Writing(
        recorder=recorder,
        lease=lease,
        run=run,
        id=visit,
        at=at,
        site=site,
        captures=[],
        refusals=[],
        loads=[],
    )


def add_robots(visit: Writing, text: str = "User-agent: *\nDisallow: /private/\nAllow: /\n") -> CaptureRecord:
    """Archive a robots.txt, which has to be the first exchange."""
    return visit.add(
        "/robots.txt",
        kind=CaptureKind.SITE_DOCUMENT,
        media_type="text/plain",
        payload_digest=sha256(text),
        length=len(text),
        permission=visit.permission(
            rule="robots.self", line_number=None, line_text=None, robots_capture_id=None
        ),
    )


def first_run(database: Database) -> Writing:
    """The publisher's site as a first run finds it: thirteen documents, and every sort of refusal."""
    visit = begin(database)
    add_robots(visit)
    for number in range(5):
        visit.add(f"/notes/{number}.html", rights(CC_BY))
    visit.add("/encyclopedia.html", rights(CC_BY_SA), length=40_000)
    visit.add("/both.html", rights(CC_BY, CC_BY_SA))
    visit.add("/withheld.html", rights(NO_TRAINING))
    visit.add("/contradiction.html", contradicting())
    visit.add("/essays/one.html", rights(AGENTS_TURNED_AWAY))
    visit.add("/silent.html", rights())
    visit.add("/licence.txt", rights(), media_type="text/plain", length=35_000)
    visit.add("/paper.pdf", rights(CC_BY), media_type="application/pdf", length=2_400_000)
    visit.add("/old", kind=CaptureKind.REDIRECT, status=301, length=0, media_type="")
    visit.add("/gone", kind=CaptureKind.FAILURE, status=404, length=300)
    denied = visit.permission(
        granted=False, rule="robots.disallow", line_number=2, line_text="Disallow: /private/"
    )
    for number in range(7):
        visit.refuse(
            f"/private/{number}",
            "robots.disallow",
            "robots.txt disallows the address.",
            "line 2: Disallow: /private/",
            permission=denied,
        )
    visit.refuse("https://elsewhere.example/", "scope", "The address is outside the scope.", "include: /")
    visit.refuse("/members/", "site.http-403", "The site forbids the address.", "HTTP/1.1 403 Forbidden")
    visit.load(NOON)
    visit.load(
        NOON + timedelta(hours=1),
        requests=30,
        min_gap=5.0,
        median_gap=7.5,
        too_many=1,
        pauses=["Retry-After: 30"],
    )
    visit.end()
    visit.recorder.end_run(visit.run, RunState.FINISHED, 0, NOON + timedelta(minutes=10), {"captured": 13})
    Leases(database).release(visit.lease)
    return visit


def second_run(database: Database) -> Writing:
    """A week later: two of the pages again, still in the spool."""
    visit = begin(database, at=LATER)
    add_robots(visit)
    visit.add("/notes/0.html", rights(CC_BY))
    visit.add("/silent.html", rights(CC_BY))
    visit.load(LATER)
    visit.end(upload=False)
    visit.recorder.set_run_state(visit.run, RunState.INTERRUPTED)
    Leases(database).release(visit.lease)
    return visit


def hostile_run(database: Database) -> Writing:
    """A site whose every text wants to be markup, a formula or a terminal command."""
    site = "hostile.example"
    visit = begin(
        database,
        site=site,
        job_name=f"job {SCRIPT}",
        permission={"granted_by": SCRIPT, "min_gap_seconds": 0, "notes": [ATTRIBUTE]},
    )
    add_robots(visit)
    terms = licensed(f"https://hostile.example/{SCRIPT}")
    visit.add(f"/{SCRIPT}?q={ATTRIBUTE}", rights(terms), media_type=SCRIPT)
    visit.add("/script-uri", rights(licensed("javascript:alert(1)")))
    visit.add("/line", permission=visit.permission(line_text=f"Allow: /{SCRIPT}"), stated=rights())
    visit.refuse("javascript:alert(1)", "scope", SCRIPT, "\x1b[31mred\x1b[0m")
    visit.refuse("/formula", "site.http-403", "=HYPERLINK(1)", "+1")
    visit.load(NOON, host=f"{SCRIPT}.example", pauses=[SCRIPT], min_gap=0.0, median_gap=0.0)
    visit.end()
    Leases(database).release(visit.lease)
    return visit
