"""No request leaves for a site whose source is out of force; the server's own log is the judge (C-SRC)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from many_hosts import FILES, MISSING, Hosts, Raw, Reply, page, robots, text
from permission_crawl import Crawl, site_of_job
from sqlalchemy import update

from crawler import urls
from crawler.permission.gate import Gate
from crawler.permission.sources import SourceList
from provenance import sources
from provenance.admissions import admit, revoke
from provenance.database import Database
from provenance.models import SourceEntry
from provenance.queries.crawling import runs_named

OPEN = text("User-agent: *\nAllow: /\n")
SITE, OTHER = "quiet.org", "open.org"
DAY = timedelta(days=1)


def revoked(crawl: Crawl, site: str = SITE) -> None:
    with Database.open(crawl.database) as database:
        revoke(database, site, by="R. Roe", reason="its owner called")


def admitted(crawl: Crawl, site: str = SITE, **when: datetime) -> None:
    with Database.open(crawl.database) as database:
        admit(database, site, by="J. Doe", basis="its terms", **when)


def rows_before(crawl: Crawl, site: str = SITE) -> list[sources.SourceEntry]:
    with Database.open(crawl.database) as database:
        return sources.entries(database, name=site)


def turned_away(crawl: Crawl, rule: str) -> list[str]:
    return sorted(row.url for row in crawl.refusals() if row.rule == rule)


def job_of(hosts: Hosts, *paths: str, host: str = SITE, site: str = SITE, more: str = "") -> str:
    starts = [hosts.url(host, path) for path in paths]
    return site_of_job(*starts, site=site, more=more).replace("max_in_flight = 16", "max_in_flight = 1")


def end(crawl: Crawl, how: str) -> str:
    """Take the site out of force; return the rule by which it is refused then."""
    now = datetime.now(UTC)
    if how == "revoked":
        revoked(crawl)
    elif how == "not-begun":
        admitted(crawl, valid_from=now + DAY)
    else:
        admitted(crawl)
        with Database.open(crawl.database) as database, database.writing() as connection:
            connection.execute(update(SourceEntry).values(valid_from=now - 2 * DAY, valid_until=now - DAY))
    return f"source.{how}"


@pytest.mark.parametrize("how", ["revoked", "expired", "not-begun"])
def test_a_site_out_of_force_is_asked_for_nothing_and_others_go_on(crawl: Crawl, how: str) -> None:
    """Not even robots.txt; each start page is a refusal with its rule and the way back."""
    with Hosts({SITE: robots(OPEN), OTHER: robots(OPEN)}) as hosts:
        rule = end(crawl, how)
        crawl.run(hosts, job_of(hosts, "/a", "/b"), job_of(hosts, "/x", host=OTHER, site=OTHER))
        assert turned_away(crawl, rule) == [hosts.url(SITE, "/a"), hosts.url(SITE, "/b")]
    assert hosts.asked(SITE) == []
    assert hosts.pages(OTHER) == ["/x"]
    [evidence] = {row.evidence for row in crawl.refusals() if row.rule == rule}
    assert f"aboveboard source admit {SITE}" in evidence


def test_where_nothing_else_is_left_the_crawl_says_that_everything_was_refused(crawl: Crawl) -> None:
    with Hosts({SITE: robots(OPEN)}) as hosts:
        revoked(crawl)
        crawl.run(hosts, job_of(hosts, "/a", more=f'sitemaps = ["{hosts.url(SITE, "/map.xml")}"]'), code=3)
    assert hosts.log == []


def test_a_run_opens_the_register_once(crawl: Crawl) -> None:
    """Who admitted it, on what basis, by which run; a second run adds nothing."""
    with Hosts({SITE: robots(OPEN)}) as hosts:
        crawl.run(hosts, job_of(hosts, "/a"))
        crawl.run(hosts, job_of(hosts, "/a"))
    [entry] = rows_before(crawl)
    with Database.open(crawl.database) as database:
        first = runs_named(database, "permission")[-1].id
    assert (entry.by, entry.basis, entry.run_id, entry.valid_until) == ("the tests", "our own", first, None)


def test_a_job_cannot_lift_a_revocation_and_a_person_can(crawl: Crawl) -> None:
    """Whatever the job file says of who admits the site, and until when."""
    with Hosts({SITE: robots(OPEN)}) as hosts:
        crawl.run(hosts, job_of(hosts, "/a"))
        before = len(hosts.log)
        revoked(crawl)
        crawl.run(hosts, job_of(hosts, "/a", more="admitted_until = 2099-12-31"), code=3)
        assert len(hosts.log) == before
        admitted(crawl)
        crawl.run(hosts, job_of(hosts, "/a"))
    assert hosts.pages(SITE) == ["/a", "/a"]


def test_a_job_does_not_outlast_the_register(crawl: Crawl) -> None:
    with Hosts({SITE: robots(OPEN)}) as hosts:
        rule = end(crawl, "expired")
        crawl.run(hosts, job_of(hosts, "/a", more="admitted_until = 2099-12-31"), code=3)
        assert turned_away(crawl, rule) == [hosts.url(SITE, "/a")]
    assert hosts.log == []


@pytest.mark.parametrize("is_known", [True, False], ids=["in the register", "new"])
def test_the_jobs_own_end_binds_its_run(crawl: Crawl, is_known: bool) -> None:
    """Also where the register would admit the site for longer."""
    if is_known:
        admitted(crawl)
    with Hosts({SITE: robots(OPEN)}) as hosts:
        crawl.run(hosts, job_of(hosts, "/a", more="admitted_until = 2020-01-01"), code=3)
        assert turned_away(crawl, "source.expired") == [hosts.url(SITE, "/a")]
    assert hosts.log == []
    assert len(rows_before(crawl)) == is_known, "what was never in force is no entry"


def test_the_jobs_end_is_the_entrys(crawl: Crawl) -> None:
    """The last day is a whole day, UTC."""
    with Hosts({SITE: robots(OPEN)}) as hosts:
        crawl.run(hosts, job_of(hosts, "/a", more="admitted_until = 2099-12-30"))
    [entry] = rows_before(crawl)
    assert entry.valid_until == datetime(2099, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_what_ends_while_a_crawl_runs_is_asked_for_no_more(crawl: Crawl, how: str) -> None:
    """A chain of pages without an end: it ends where the crawl hears of it, a few pages later."""
    chain: list[int] = []

    def answer(path: str) -> Reply | Raw:
        if path == "/robots.txt":
            return OPEN
        if path in FILES:
            return MISSING
        number = int(path.rpartition("/")[2])
        chain.append(number)
        if number == 3 and how == "revoked":
            revoked(crawl)
        elif number == 3:
            admitted(crawl, valid_until=datetime.now(UTC) + timedelta(seconds=2))
        if number > 3:
            time.sleep(0.1)  # so that the chain is no race: some dozens of pages, not thousands
        return page(f"/chain/{number + 1}")

    with Hosts({SITE: answer}) as hosts:
        crawl.run(hosts, job_of(hosts, "/chain/1", more="max_depth = 500"))
        assert turned_away(crawl, f"source.{how}") == [hosts.url(SITE, f"/chain/{max(chain) + 1}")]


def test_a_resumed_run_is_bound_as_well(crawl: Crawl) -> None:
    """What an unfinished run left in its queue stays there: the archive is read, the site is not."""
    closed = Reply(status=503)
    with Hosts({SITE: robots(OPEN, {"/a": page("/b"), "/b": closed})}) as hosts:
        crawl.run(hosts, job_of(hosts, "/a"), code=4)
        before = len(hosts.log)
        revoked(crawl)
        crawl.run(hosts, job_of(hosts, "/a"), code=None)
        assert turned_away(crawl, "source.revoked") == [hosts.url(SITE, "/b")]
        assert len(hosts.log) == before


@pytest.mark.parametrize("host", ["www.quiet.org", "QUIET.org", "quiet.org.", "a.b.quiet.org"])
def test_every_name_of_the_site_is_meant(crawl: Crawl, host: str) -> None:
    """Hosts below it, and other spellings of it."""
    name = host.lower().rstrip(".")
    with Hosts({name: robots(OPEN)}) as hosts:
        revoked(crawl)
        crawl.run(hosts, job_of(hosts, "/a", host=host), code=3)
        assert turned_away(crawl, "source.revoked") == [hosts.url(name, "/a")]
    assert hosts.log == []


def test_an_address_is_a_site_of_its_own(crawl: Crawl) -> None:
    with Hosts({}) as hosts:
        revoked(crawl, "127.0.0.1")
        crawl.run(hosts, job_of(hosts, "/a", host="127.0.0.1", site="127.0.0.1"), code=3)
    assert hosts.log == []


def test_no_redirect_leads_there(crawl: Crawl) -> None:
    """A robots.txt that redirects to a revoked site sends nobody there: it is unreachable."""
    with Hosts({SITE: robots(OPEN), OTHER: lambda _: there}) as hosts:
        there = Reply(status=301, headers=[("Location", hosts.url(SITE, "/robots.txt"))])
        revoked(crawl)
        crawl.run(hosts, job_of(hosts, "/a", host=OTHER, site=OTHER), code=4)
    assert hosts.asked(SITE) == []
    assert hosts.asked(OTHER) == ["/robots.txt"]


def test_no_sitemap_and_no_include_leads_there(crawl: Crawl) -> None:
    """A sitemap elsewhere is an errand, and one to a revoked site is not run."""
    with Hosts({SITE: robots(OPEN), OTHER: robots(OPEN)}) as hosts:
        revoked(crawl)
        more = f'sitemaps = ["{hosts.url(SITE, "/map.xml")}"]'
        crawl.run(hosts, job_of(hosts, "/a", host=OTHER, site=OTHER, more=more))
        assert turned_away(crawl, "source.revoked") == [hosts.url(SITE, "/map.xml")]
    assert hosts.asked(SITE) == []
    assert hosts.pages(OTHER) == ["/a"]


def listed(tmp_path: Path, wall: float | None = None) -> tuple[SourceList, Database]:
    database = Database.open(f"sqlite:///{tmp_path}/provenance.db")
    return SourceList(time.time if wall is None else lambda: wall), database


def test_the_gate_denies_first_of_all(tmp_path: Path) -> None:
    """Also for whoever comes without the frontier, and before robots.txt was read."""
    register, database = listed(tmp_path)
    with database:
        revoke(database, SITE, by="R. Roe", reason="its owner called")
        assert register.refresh(database)
        assert not register.refresh(database)
    gate = Gate("Aboveboard", lambda: 0.0, sources=register)
    for path in ("/x", "/robots.txt"):
        target = urls.parse(f"https://www.{SITE}{path}")
        assert gate.ask(target).record.rule == "source.revoked"
        assert gate.ask(target, is_file=True).record.rule == "source.revoked"
    denied = gate.no_robots(urls.parse(f"https://{SITE}/robots.txt"))
    assert denied is not None
    assert denied.record.rule == "source.revoked"
    assert gate.ask(urls.parse("https://other.org/x")).record.rule == "robots.unreachable"


def test_an_address_in_another_wrapping_is_the_same(tmp_path: Path) -> None:
    """RFC 4291 §2.5.5.2: an IPv4 address inside an IPv6 one leads to the same host."""
    register, database = listed(tmp_path)
    with database:
        revoke(database, "192.0.2.7", by="R. Roe", reason="its owner called")
        register.refresh(database)
    for host in ("192.0.2.7", "[::ffff:192.0.2.7]", "[::FFFF:c000:207]"):
        denied = register.denial(urls.parse(f"http://{host}/"))
        assert denied is not None, host
        assert denied.record.rule == "source.revoked"
    assert register.denial(urls.parse("http://[2001:db8::1]/")) is None


def test_a_site_of_the_run_needs_an_entry(tmp_path: Path) -> None:
    """And a host of nobody's visit needs none, as long as nothing stands against it."""
    register, database = listed(tmp_path)
    register.bind({SITE: None})
    assert register.closed(SITE) is None, "nobody has read the register"
    with database:
        register.refresh(database)
        closed = register.closed(SITE)
        assert closed is not None
        assert closed.rule == "source.unregistered"
        assert register.closed(OTHER) is None
        admit(database, SITE, by="J. Doe", basis="its terms")
        register.refresh(database)
    assert register.closed(SITE) is None
