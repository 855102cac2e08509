"""Rows as earlier releases wrote them, in plain SQL: each table as it was at the revision that a database has.

No model of today has a say here: what an old database holds stays what it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sample_records import sha256
from sqlalchemy import Connection, text

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # run 1; run 2 a day later
NEXT_DAY, RECORDED = NOON + timedelta(days=1), NOON + timedelta(days=2)
FIRST, SECOND = 1 << 24, 2 << 24  # the first key of each visit
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

NOTE_PATH = "/notes/1.html"
CC_BY = (
    '{"format":1,"lookups":[],"statements":[{"conditions":[{"type":"attribution"}],"covers":["ai-train-gen",'
    '"ai-train-nongen"],"kind":"licence.link","legal_effect":"licence_grant","licence":"CC-BY-4.0",'
    '"protocol":"HTML rel=license","usage":"ai-train","verdict":"conditional"}]}'
)
SILENCE = '{"format":1,"lookups":[],"statements":[]}'
ROBOTS = b"User-agent: *\nDisallow: /private/\n"


def a_run(key: int, began: datetime) -> dict[str, Any]:
    return {
        "id": key,
        "job_name": "docs",
        "job_digest": sha256("docs"),
        "job_text": "[job]\n",
        "purpose": "ai-train-gen",
        "policy_id": 1,
        "operator": "Example Research",
        "contact": "crawler@example.org",
        "product_token": "Aboveboard",
        "user_agent": "Aboveboard/0.1",
        "software": "aboveboard/0.1.0",
        "settings_digest": sha256("settings"),
        "started_at": began,
        "heartbeat_at": began,
        "ended_at": began + timedelta(hours=1),
        "state": "finished",
        "waiting_for": [],
        "resumptions": 0,
        "exit_code": 0,
        "summary": {},
    }


def a_source(key: int, run: int, site: int) -> dict[str, Any]:
    values = {"id": key, "run_id": run, "site_id": site, "digest": sha256(f"source {key}")}
    return values | {"start": [], "include": [], "admitted_by": "J. Doe", "basis": f"basis {key}"}


def a_visit(key: int, site: int, opened: datetime) -> dict[str, Any]:
    values = {"id": key, "run_id": key, "site_id": site, "epoch": 1, "opened_at": opened}
    return values | {"ended_at": opened + timedelta(hours=1), "reason": "every page was visited"}


def a_segment(key: int, visit: int) -> dict[str, Any]:
    values = {"id": key, "visit_id": visit, "state": "stored", "key": f"warc/{visit}.warc.gz"}
    stored = {"uri": f"file:///store/{visit}", "length": 9_000, "digest": sha256("segment"), "records": 9}
    return values | stored | {"opened_at": NOON, "stored_at": NOON}


def a_capture(key: int, path: str, url_hash: int, **changes: Any) -> dict[str, Any]:
    values = {
        "id": key,
        "visit_id": key >> 24,
        "origin_id": key >> 24,
        "permission_id": 1,
        "rights_set_id": 1,
        "segment_id": key >> 24 << 24,
        "status": 200,
        "kind": "document",
        "revisit": False,
        "fetched_at": (NOON if key < SECOND else NEXT_DAY) + timedelta(seconds=key & 0xFF),
        "length": 1_000,
        "warc_offset": 700 + 1_000 * (key & 0xFF),
        "warc_length": 500,
        "request_length": 300,
        "metadata_length": 200,
        "payload_digest": sha256(path),
        "url_hash": url_hash,
        "media_type": "text/html",
        "path": path,
    }
    return values | changes


def a_tombstone(key: int, erasure: int, **place: Any) -> dict[str, Any]:
    values = {"capture_id": key, "visit_id": key >> 24, "kind": "document", "url_hash": sha256(f"url {key}")}
    return values | {"fetched_at": NOON, "erasure_id": erasure, "hidden_at": NEXT_DAY} | place


def an_erasure(key: int, state: str, finished: datetime | None) -> dict[str, Any]:
    scope = {"scope_kind": "url", "scope_value": f"https://example.org/gone/{key}", "suppresses": True}
    asked = {"reason": "its owner asked", "requested_by": "J. Doe", "requested_at": NEXT_DAY}
    counts = {"captures": 1, "segments": 1, "bytes": 1_000}
    return {"id": key, "state": state, "finished_at": finished} | scope | asked | counts


A_REFUSAL = {
    "id": 1,
    "visit_id": 1,
    "origin_id": 1,
    "url_hash": -5,
    "at": NOON,
    "rule": "robots.disallow",
    "path": "/private/",
    "reason": "robots.txt forbids it",
    "evidence": "line 2: Disallow: /private/",
}
A_DECISION = {
    "policy_id": 1,
    "usage": "ai-train-gen",
    "rule": "licence",
    "reasons": [{"text": "A licence covers it."}],
    "conditions": [{"type": "attribution"}],
    "conflicts": [],
    "enforces": [],
}
A_LOAD = {
    "visit_id": 1,
    "host": "example.org",
    "hour": NOON,
    "requests": 3,
    "received": 3_000,
    "max_in_flight": 1,
    "too_many": 0,
    "server_errors": 0,
    "pauses": [],
}
A_HOST_FILE = {
    "id": 1,
    "origin_id": 1,
    "name": "robots.txt",
    "url": "https://example.org/robots.txt",
    "retrieval": "ok",
    "digest": sha256(ROBOTS.decode()),
    "capture_id": FIRST,
    "first_seen": NOON,
    "last_seen": NEXT_DAY,
}
PLACE = {
    "segment_id": FIRST,
    "warc_offset": 700,
    "warc_length": 500,
    "request_length": 300,
    "metadata_length": 200,
    "payload_digest": sha256("gone"),
    "revisit": False,
}
AN_ENTRY = {"mode": "crawled", "action": "admitted", "by": "J. Doe", "categories": [], "conditions": []}
AN_ENTRY |= {"valid_from": NOON, "recorded_at": RECORDED, "basis": "published documentation"}
A_MANIFEST = {
    "id": 1,
    "seal": sha256("seal"),
    "rows_digest": sha256("rows"),
    "holder": "team",
    "registered_at": RECORDED,
    "usage": "ai-train-gen",
    "policy_id": 1,
    "as_of": RECORDED,
    "rows": 1,
    "header": "{}",
}
A_TALLY = {"rights_set_id": 1, "documents": 1, "bytes": 1_000}

# Revision → the tables that it made, and rows of each in an order that the foreign keys allow.
ROWS: Mapping[str, Mapping[str, list[dict[str, Any]]]] = {
    "0001": {
        "policy": [{"id": 1, "digest": sha256("policy"), "name": "strict-optin", "text": "[policy]\n"}],
        "run": [a_run(1, NOON), a_run(2, NEXT_DAY)],
        "site": [{"id": 1, "name": "example.org"}, {"id": 2, "name": "other.example"}],
        "source": [a_source(1, 1, 1), a_source(2, 2, 1), a_source(3, 2, 2)],
        "visit": [a_visit(1, 1, NOON), a_visit(2, 2, NEXT_DAY)],
        "lease": [{"site_id": 1, "epoch": 1}, {"site_id": 2, "epoch": 1}],
        "origin": [{"id": 1, "url": "https://example.org"}, {"id": 2, "url": "https://other.example"}],
        "permission": [
            {"id": 1, "digest": sha256("answer"), "origin_id": 1, "granted": True, "rule": "robots.allow"}
        ],
        "rights_set": [
            {"id": 1, "digest": sha256(CC_BY), "canonical": CC_BY, "licences": ["CC-BY-4.0"]},
            {"id": 2, "digest": sha256(SILENCE), "canonical": SILENCE, "licences": []},
        ],
        "decision": [
            {"rights_set_id": 1, "outcome": "permitted_with_conditions"} | A_DECISION,
            {"rights_set_id": 2, "outcome": "not_permitted"}
            | A_DECISION
            | {"rule": "silence", "conditions": []},
        ],
        "segment": [a_segment(FIRST, 1), a_segment(SECOND, 2)],
        "capture": [
            a_capture(FIRST, "/robots.txt", 521705843009028585, kind="site-document", rights_set_id=None),
            a_capture(FIRST + 1, NOTE_PATH, 569825803976554641),
            a_capture(
                FIRST + 2, "/old", -1198940327028040703, kind="redirect", status=301, rights_set_id=None
            ),
            a_capture(SECOND, "/", 7, rights_set_id=2),
        ],
        "refusal": [A_REFUSAL],
        "host_load": [A_LOAD],
        "host_state": [{"host": "example.org", "gap": 1.5, "response_time": 0.2, "failures": 0}],
    },
    "0002": {
        "host_change": [
            {
                "id": 1,
                "host": "example.org",
                "at": NOON,
                "action": "paused",
                "by": "J. Doe",
                "reason": "asked",
            }
        ],
    },
    "0003": {
        "site_document_body": [
            {"digest": sha256(ROBOTS.decode()), "body": ROBOTS, "length": len(ROBOTS)},
        ],
        "site_document": [A_HOST_FILE],
    },
    "0004": {
        "erasure": [an_erasure(1, "erased", NEXT_DAY), an_erasure(2, "rewritten", None)],
        "replaced_object": [{"key": "warc/1.old.warc.gz", "erasure_id": 2, "segment_id": FIRST}],
        "tombstone": [a_tombstone(FIRST + 8, 1, erased_at=NEXT_DAY), a_tombstone(FIRST + 9, 2, **PLACE)],
        "legal_hold": [
            {"id": 1, "scope_kind": "site", "scope_value": "other.example"}
            | {"reason": "a court asked", "placed_by": "J. Doe", "placed_at": NOON}
        ],
    },
    "0005": {
        "visit_tally": [
            {"visit_id": 1, "least": FIRST + 1, "latest": FIRST + 1} | A_TALLY,
            {"visit_id": 2, "least": SECOND, "latest": SECOND} | A_TALLY | {"rights_set_id": 2},
        ],
        "source_entry": [
            AN_ENTRY | {"id": 1, "name": "example.org", "site_id": 1, "run_id": 1},
            AN_ENTRY | {"id": 2, "name": "other.example", "site_id": 2, "run_id": 2},
        ],
        "manifest": [A_MANIFEST],
        "manifest_part": [
            {"manifest_id": 1, "first": FIRST + 1, "last": FIRST + 1, "captures": 1, "ids": b"deflated"}
        ],
        "recall": [
            {"id": 1, "manifest_id": 1, "capture_id": FIRST + 1, "cause": "host-file", "detail": "it changed"}
            | {"noted_at": RECORDED}
        ],
        "recall_acknowledgement": [{"id": 1, "holder": "team", "cursor": 1, "by": "J. Doe", "at": RECORDED}],
        "clock": [{"id": 1, "latest": RECORDED}],
    },
}
# Revision → what it added to the rows of tables that were there.
ADDED: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "0002": {
        "host_state": {"day": "2026-11-20", "day_requests": 3, "held": "paused", "held_since": NOON}
        | {"held_by": "J. Doe", "held_reason": "asked"}
    },
    "0003": {"capture": {"kept": "body"}},
    "0005": {
        "capture": {"recorded_at": RECORDED, "language": "en", "simhash": -7},
        "visit": {"recorded_at": RECORDED, "tallied_at": RECORDED, "recorded_until": RECORDED},
        **{
            table: {"recorded_at": RECORDED}
            for table in ("refusal", "decision", "site_document", "source", "tombstone")
        },
    },
}


def fill(connection: Connection, revision: str) -> dict[str, int]:
    """Write rows of every table that a database of this revision has; return how many there are of each."""
    written = dict(_rows(revision))
    for table, rows in written.items():
        for row in rows:
            _insert(connection, table, row)
    if connection.dialect.name == "postgresql":
        for (sequence,) in connection.execute(text("SELECT relname FROM pg_class WHERE relkind = 'S'")).all():
            connection.execute(text(f"SELECT setval('{sequence}', 100)"))
    return {table: len(rows) for table, rows in written.items()}


def _rows(revision: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for since, tables in ROWS.items():
        for table, rows in tables.items():
            if since <= revision:
                more: dict[str, Any] = {}
                for added, columns in ADDED.items():
                    more |= columns.get(table, {}) if added <= revision else {}
                yield table, [row | more for row in rows]


def _insert(connection: Connection, table: str, row: Mapping[str, Any]) -> None:
    sqlite = connection.dialect.name == "sqlite"
    columns = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(["?" if sqlite else "%s"] * len(row))
    values = tuple(_stored(value, sqlite=sqlite) for value in row.values())
    connection.exec_driver_sql(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)


def _stored(value: Any, *, sqlite: bool) -> Any:
    if isinstance(value, datetime) and sqlite:
        return (value - EPOCH) // timedelta(microseconds=1)
    return json.dumps(value) if isinstance(value, list | dict) else value
