"""What was erased is not fetched again; the server's own log is the judge, robots.txt and the other files included."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from many_hosts import FILES, MISSING, PAGE, Hosts, Raw, Reply, page, robots, text
from permission_crawl import Crawl, site_of_job

from crawler import urls
from crawler.permission.gate import Gate
from crawler.permission.suppression import SuppressionList
from provenance.database import Database
from provenance.erasures import ErasureRecord, Scope, ScopeKind, hide

OPEN = text("User-agent: *\nAllow: /\n")
HOST = "gone.org"


def erased(database: str, kind: ScopeKind, value: str, *, suppresses: bool = True) -> ErasureRecord:
    """Ask for an erasure; its first phase is what hides, and what forbids."""
    with Database.open(database) as opened:
        return hide(
            opened,
            Scope.parse(kind, value),
            reason="their author asked",
            requested_by="J. Doe",
            at=datetime.now(UTC),
            suppresses=suppresses,
        )


def job_of(hosts: Hosts, *paths: str, more: str = "") -> str:
    """Return one site with some start pages of the host, asked for one after the other."""
    starts = [hosts.url(HOST, path) for path in paths]
    return site_of_job(*starts, site=HOST, more=more).replace("max_in_flight = 16", "max_in_flight = 1")


def suppressed(crawl: Crawl, hosts: Hosts) -> list[str]:
    """Return the paths that were refused because they were erased."""
    prefix = hosts.url(HOST, "")
    return sorted(
        row.url.removeprefix(prefix) for row in crawl.refusals() if row.rule == "erasure.suppressed"
    )


@pytest.mark.parametrize(
    ("kind", "path", "left"),
    [
        pytest.param(ScopeKind.URL, "/a/1", ["/robots.txt", "/a/2", "/b"], id="a URL: exactly this one"),
        pytest.param(ScopeKind.PREFIX, "/a/", ["/robots.txt", "/b"], id="a prefix: whatever begins so"),
        pytest.param(ScopeKind.PREFIX, "/", [], id="a whole origin: not even its robots.txt"),
        pytest.param(ScopeKind.SITE, None, [], id="a site: not even its robots.txt"),
        pytest.param(ScopeKind.URL, "/robots.txt", [], id="its robots.txt: then nobody may ask for anything"),
    ],
)
def test_what_was_erased_is_not_asked_for_again(
    crawl: Crawl, kind: ScopeKind, path: str | None, left: list[str]
) -> None:
    """Erased between two runs: the second one asks for what is left, and has the rest on record with its rule."""
    pages = ["/a/1", "/a/2", "/b"]
    with Hosts({HOST: robots(OPEN)}) as hosts:
        crawl.run(hosts, job_of(hosts, *pages))
        before = len(hosts.log)
        erasure = erased(crawl.database, kind, HOST if path is None else hosts.url(HOST, path))
        crawl.run(hosts, job_of(hosts, *pages), code=0 if left else 3)
        asked = [line.path for line in hosts.log[before:]]
    assert [one for one in asked if one not in FILES] == left
    assert bool(asked) == bool(left), "the host's other files about rights are not asked for either"
    assert suppressed(crawl, hosts) == [one for one in pages if one not in left]
    [evidence] = {row.evidence.partition("erasure ")[2] for row in crawl.refusals()}
    assert evidence == f"{erasure.id}: {erasure.scope}"


def test_for_pages_that_were_erased_no_robots_txt_is_asked(crawl: Crawl) -> None:
    """The host would be asked for nothing else: so it is left in peace."""
    Database.open(crawl.database).close()
    with Hosts({HOST: robots(OPEN)}) as hosts:
        erased(crawl.database, ScopeKind.PREFIX, hosts.url(HOST, "/a/"))
        crawl.run(hosts, job_of(hosts, "/a/1", "/a/2"), code=3)
    assert hosts.log == []
    assert suppressed(crawl, hosts) == ["/a/1", "/a/2"]


def test_what_is_erased_while_a_crawl_runs_is_asked_for_no_more(crawl: Crawl) -> None:
    """A chain of pages without an end: it ends where the crawl hears of the erasure, a few pages later."""
    chain: list[int] = []

    def answer(path: str) -> Reply | Raw:
        if path == "/robots.txt":
            return OPEN
        if path in FILES:
            return MISSING
        number = int(path.rpartition("/")[2])
        chain.append(number)
        if number == 3:
            erased(crawl.database, ScopeKind.PREFIX, hosts.url(HOST, "/chain/"))
        if number > 3:
            time.sleep(0.1)  # so that the chain is no race: some dozens of pages, not thousands
        return page(f"/chain/{number + 1}")

    with Hosts({HOST: answer}) as hosts:
        crawl.run(hosts, job_of(hosts, "/chain/1", more="max_depth = 500"))
    assert suppressed(crawl, hosts) == [f"/chain/{max(chain) + 1}"]


def test_what_its_time_took_may_be_fetched_anew(crawl: Crawl) -> None:
    """An erasure that enforces retention forbids nothing: its scope is no wish of anybody's."""
    with Hosts({HOST: robots(OPEN)}) as hosts:
        crawl.run(hosts, job_of(hosts, "/a"))
        erased(crawl.database, ScopeKind.URL, hosts.url(HOST, "/a"), suppresses=False)
        crawl.run(hosts, job_of(hosts, "/a"))
    assert hosts.pages(HOST) == ["/a", "/a"]


def test_a_payload_that_was_erased_forbids_the_addresses_it_was_found_at(crawl: Crawl) -> None:
    """Nobody knows a payload before fetching it."""
    with Hosts({HOST: robots(OPEN, {"/1": PAGE, "/2": page("/3"), "/3": PAGE})}) as hosts:
        crawl.run(hosts, job_of(hosts, "/1", "/2"))
        digest = next(row.payload_digest for row in crawl.captures() if row.url.endswith("/1"))
        erased(crawl.database, ScopeKind.DIGEST, digest)
        before = len(hosts.log)
        crawl.run(hosts, job_of(hosts, "/1", "/2"))
        asked = [line.path for line in hosts.log[before:] if line.path not in FILES]
    assert asked == ["/robots.txt", "/2"]
    assert suppressed(crawl, hosts) == ["/1", "/3"]


def test_a_robots_txt_that_leads_to_what_was_erased_is_unreachable(crawl: Crawl) -> None:
    """A hop is a request like any other."""
    away = "elsewhere.gone.org"
    with Hosts({away: robots(OPEN), HOST: lambda path: there}) as hosts:
        there = Reply(status=301, headers=[("Location", hosts.url(away, "/robots.txt"))])
        Database.open(crawl.database).close()
        erased(crawl.database, ScopeKind.PREFIX, hosts.url(away, "/"))
        crawl.run(hosts, job_of(hosts, "/a"), code=4)
    assert hosts.asked(away) == []
    assert hosts.asked(HOST) == ["/robots.txt"]


def test_the_gate_denies_what_was_erased_first_of_all(tmp_path: Path) -> None:
    """Also for whoever comes without the frontier, and before robots.txt was read."""
    url = f"sqlite:///{tmp_path}/provenance.db"
    entries = SuppressionList()
    with Database.open(url) as database:
        erased(url, ScopeKind.SITE, HOST)
        entries.refresh(database)
    gate = Gate("Aboveboard", lambda: 0.0, entries)
    assert gate.ask(urls.parse(f"https://{HOST}/x")).record.rule == "erasure.suppressed"
    assert (
        gate.ask(urls.parse(f"https://{HOST}/tdmrep.json"), is_file=True).record.rule == "erasure.suppressed"
    )
    assert gate.ask(urls.parse("https://other.org/x")).record.rule == "robots.unreachable"
    rules = gate.rules(f"https://{HOST}")
    gate.close_if_erased(rules)
    assert rules.closed == "erasure.suppressed"


def test_a_list_that_grew_is_taken_over_once(tmp_path: Path) -> None:
    """Every few seconds one small question; the entries are read when its answer changed."""
    url = f"sqlite:///{tmp_path}/provenance.db"
    entries, gate = SuppressionList(), Gate("Aboveboard", lambda: 0.0)
    with Database.open(url) as database:
        assert entries.refresh(database)
        assert not entries.refresh(database)
        erased(url, ScopeKind.SITE, HOST)
        assert entries.refresh(database)
        assert not entries.refresh(database)
    assert entries.covering(f"https://www.{HOST}/x") is not None
    assert entries.covering("https://other.org/x") is None
    assert gate.barred(urls.parse(f"https://{HOST}/x")) is None, "a gate without a database knows of none"
