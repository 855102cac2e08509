"""What a policy lets us keep for so long goes when its time is over, by the machinery of erasing; nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from many_hosts import FILES, Hosts, Reply, robots, text
from permission_crawl import Crawl, site_of_job
from sqlalchemy import update
from typer.testing import CliRunner

from crawler.archive.store import open_store
from crawler.archive.verification import verify
from crawler.cli import app
from crawler.commands import retaining
from provenance.database import Database
from provenance.erasures import Scope, ScopeKind, place_hold
from provenance.models import Policy
from provenance.retaining import overdue

HOST = "keeps.org"
POLICY = "licence-first"  # no signal: the body for 180 days; permitted: without an end
SILENT = Reply(body=b"<!doctype html><p>a nightingale that may stay for 180 days")
LICENSED = Reply(
    body=b'<!doctype html><p>a lapwing <a rel=license href="https://creativecommons.org/licenses/by/4.0/">CC BY</a>'
)
OPEN = text("User-agent: *\nAllow: /\n")
Typed = Callable[..., str]


def crawled(crawl: Crawl, hosts: Hosts) -> None:
    """Crawl one page that says nothing and one that is licensed."""
    starts = [hosts.url(HOST, path) for path in ("/silent", "/licensed")]
    crawl.run(hosts, site_of_job(*starts, site=HOST), policy=POLICY)


def hosts_of() -> Hosts:
    return Hosts({HOST: robots(OPEN, {"/silent": SILENT, "/licensed": LICENSED})})


@pytest.fixture
def after(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type ``aboveboard retain`` so many days after the crawl."""

    def retain(days: float, *arguments: str, code: int = 0) -> str:
        then = datetime.now(UTC) + timedelta(days=days)
        at = partial(lambda database, _now, *, site: overdue(database, then, site=site))
        monkeypatch.setattr(retaining, "overdue", at)  # what day it is; the rest is real
        places = ("--database", crawl.database, "--store", crawl.store)
        ended = CliRunner().invoke(app, ["retain", *places, *arguments])
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        assert ended.exit_code == code, ended.output
        return ended.output

    return retain


def documents(crawl: Crawl) -> set[str]:
    return {row.url.rpartition("/")[2] for row in crawl.captures() if row.kind == "document"}


def test_what_is_over_its_time_goes_and_everything_else_stays(crawl: Crawl, after: Typed) -> None:
    """Not a day too early; store and database agree after it; the page may be fetched anew."""
    with hosts_of() as hosts:
        crawled(crawl, hosts)
        assert "no document is over its time" in after(179.9)
        assert "1 documents older than 180 days" in after(180.1, "--dry-run")
        assert documents(crawl) == {"silent", "licensed"}
        assert "erased: erasure 1" in after(180.1)
        assert documents(crawl) == {"licensed"}
        with Database.open(crawl.database) as database:
            assert verify(database, open_store(crawl.store), crawl.folder / "spool").findings == ()
        before = len(hosts.log)
        crawled(crawl, hosts)
        asked = {line.path for line in hosts.log[before:] if line.path not in FILES}
    assert asked == {"/robots.txt", "/silent", "/licensed"}
    assert "no document is over its time" in after(179)


def test_a_legal_hold_outlasts_a_policy(crawl: Crawl, after: Typed) -> None:
    """What is on hold stays, with its reason told; what is not goes in its own time."""
    with hosts_of() as hosts:
        crawled(crawl, hosts)
    with Database.open(crawl.database) as database:
        scope = Scope.parse(ScopeKind.URL, hosts.url(HOST, "/silent"))
        place_hold(database, scope, reason="case 7", placed_by="J. Doe", at=datetime.now(UTC))
    said = after(200)
    assert "1 more stay: legal hold 1" in said
    assert "case 7" in said
    assert documents(crawl) == {"silent", "licensed"}


def test_a_program_reads_what_went(crawl: Crawl, after: Typed) -> None:
    with hosts_of() as hosts:
        crawled(crawl, hosts)
    assert json.loads(after(200, "--site", "other.org", "--format", "json")) == {"due": [], "unsettled": []}
    [row] = json.loads(after(200, "--site", HOST, "--format", "json"))["due"]
    assert (row["site"], row["policy"], row["seconds"]) == (HOST, POLICY, 180 * 86_400)
    assert (row["documents"], row["held"], row["erasure"], row["waits_for"]) == (1, 0, 1, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"text": "no TOML at all"}, "runs under policy licence-first", id="a policy of another age"
        ),
        pytest.param(None, "would decide otherwise", id="a decision that this release would not make"),
    ],
)
def test_where_nobody_knows_the_clause_a_person_decides(
    crawl: Crawl, after: Typed, changes: dict[str, str] | None, words: str
) -> None:
    """Doubt erases nothing, and is told."""
    with hosts_of() as hosts:
        crawled(crawl, hosts)
    with Database.open(crawl.database) as database, database.writing() as connection:
        if changes is None:
            connection.exec_driver_sql("UPDATE decision SET rule = 'novel'")
        else:
            connection.execute(update(Policy).values(changes))
    said = after(200, code=1)
    assert "left for a person" in said
    assert words in said
    assert documents(crawl) == {"silent", "licensed"}
