"""The views are an interface: their names, columns, types and what a row looks like stay as they are here."""

from __future__ import annotations

import json

import pytest
from recorded_site import ORIGIN, sha256
from sqlalchemy import text

from provenance.database import Database

INSTANT, BIG = "timestamp with time zone", "bigint"
VIEWS = {
    "v_captures": {
        "capture": BIG,
        "url": "text",
        "site": "text",
        "run": "integer",
        "kind": "text",
        "status": "smallint",
        "media_type": "text",
        "language": "text",
        "length": BIG,
        "payload_digest": "text",
        "rights_set": "integer",
        "fetched_at": INSTANT,
        "recorded_at": INSTANT,
        "kept": "text",
        "truncated": "text",
        "is_revisit": "boolean",
        "simhash": BIG,
        "warc_uri": "text",
        "warc_offset": BIG,
        "warc_length": BIG,
        "usage": "text",
        "policy": "text",
        "outcome": "text",
        "rule": "text",
    },
    "v_rights": {"rights_set": "integer", "digest": "text", "licences": "json", "statements": "text"},
    "v_decisions": {
        "rights_set": "integer",
        "policy": "text",
        "policy_digest": "text",
        "usage": "text",
        "outcome": "text",
        "rule": "text",
        "reasons": "json",
        "conditions": "json",
        "conflicts": "json",
        "enforces": "json",
        "recorded_at": INSTANT,
    },
    "v_refusals": {
        "refusal": BIG,
        "url": "text",
        "site": "text",
        "run": "integer",
        "refused_at": INSTANT,
        "rule": "text",
        "reason": "text",
        "evidence": "text",
        "recorded_at": INSTANT,
    },
}
# What SQLite returns for a value: it has no booleans, instants or JSON of its own.
STORED = {"text": "text", "json": "text", INSTANT: "text", "boolean": "integer"}


def asked(database: Database, query: str) -> list[dict[str, object]]:
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_these_columns_of_these_types(world: Database, view: str) -> None:
    if world.is_sqlite:
        [row, *_] = asked(world, f"SELECT * FROM {view} LIMIT 1")
        assert list(row) == list(VIEWS[view])
        for name, kind in VIEWS[view].items():
            kinds = {
                one["kind"] for one in asked(world, f"SELECT DISTINCT typeof({name}) AS kind FROM {view}")
            }
            assert kinds <= {STORED.get(kind, "integer"), "null"}, name
        return
    found = asked(
        world,
        "SELECT column_name, data_type, col_description(table_name::regclass, ordinal_position) AS words"
        f" FROM information_schema.columns WHERE table_name = '{view}' ORDER BY ordinal_position",
    )
    assert {str(row["column_name"]): row["data_type"] for row in found} == VIEWS[view]
    assert [row["column_name"] for row in found if not row["words"]] == []
    [told] = asked(world, f"SELECT obj_description('{view}'::regclass) AS words")
    assert told["words"]


def test_a_capture_reads_like_this(world: Database) -> None:
    [row] = asked(world, "SELECT * FROM v_captures WHERE url LIKE '%/encyclopedia.html'")
    fetched, recorded = row.pop("fetched_at"), row.pop("recorded_at")
    assert str(fetched).replace(" ", "T").startswith("2026-11-20T12:00:36")
    assert recorded is not None
    if world.is_sqlite:
        assert fetched == "2026-11-20T12:00:36.000000Z"
    rights_set = row.pop("rights_set")
    assert row == {
        "capture": (1 << 24) + 6,
        "url": f"{ORIGIN}/encyclopedia.html",
        "site": "example.org",
        "run": 1,
        "kind": "document",
        "status": 200,
        "media_type": "text/html",
        "language": None,
        "length": 40_000,
        "payload_digest": f"sha256:{sha256('/encyclopedia.html').hex()}",
        "kept": "body",
        "truncated": None,
        "is_revisit": False,
        "simhash": None,
        "warc_uri": "s3://corpus/warc/example.org/1/1-0.warc.gz",
        "warc_offset": 6_700,
        "warc_length": 500,
        "usage": "ai-train-gen",
        "policy": "strict-optin",
        "outcome": "permitted_with_conditions",
        "rule": "licence",
    }
    [stated] = asked(world, f"SELECT * FROM v_rights WHERE rights_set = {rights_set}")
    licences = stated["licences"]
    assert (json.loads(licences) if isinstance(licences, str) else licences) == ["CC-BY-SA-4.0"]
    assert json.loads(str(stated["statements"]))["statements"][0]["licence"] == "CC-BY-SA-4.0"
    [decided] = asked(world, f"SELECT * FROM v_decisions WHERE rights_set = {rights_set}")
    assert (decided["policy"], decided["outcome"]) == ("strict-optin", "permitted_with_conditions")
    assert str(decided["policy_digest"]).startswith("sha256:")


def test_a_refusal_reads_like_this(world: Database) -> None:
    [row] = asked(world, "SELECT * FROM v_refusals WHERE rule = 'site.http-403' AND site = 'example.org'")
    told = {name: row[name] for name in ("url", "site", "run", "rule", "reason", "evidence")}
    assert told == {
        "url": f"{ORIGIN}/members/",
        "site": "example.org",
        "run": 1,
        "rule": "site.http-403",
        "reason": "The site forbids the address.",
        "evidence": "HTTP/1.1 403 Forbidden",
    }
    assert str(row["refused_at"]).replace(" ", "T").startswith("2026-11-20T12:01:08")


def test_views_hold_what_the_questions_hold(world: Database) -> None:
    """As many rows as there are captures and refusals, and none twice."""
    for view, table in (("v_captures", "capture"), ("v_refusals", "refusal"), ("v_rights", "rights_set")):
        [row] = asked(
            world, f"SELECT (SELECT count(*) FROM {view}) AS seen, (SELECT count(*) FROM {table}) AS held"
        )
        assert row["seen"] == row["held"] != 0
