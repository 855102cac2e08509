"""V1, V2, V8: nothing is asked of a host before its robots.txt was read, whatever answers in its place.

Each row of the state table meets a seed, a redirect's target and a sitemap; the server's access log is the judge.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pytest
from many_hosts import PAGE, Hosts, Raw, Reply, page, robots, text
from permission_crawl import Crawl, CrawlerProcess, site_of_job

from provenance.queries import RefusalRow

CLOSED = "User-agent: *\nDisallow: /\n"
OPEN = "User-agent: *\nAllow: /\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def raw(*parts: bytes) -> Raw:
    def write(out: BinaryIO) -> None:
        out.writelines(parts)

    return write


def endless(begin: bytes, *, head: bytes = HEAD) -> Raw:
    """Return an answer that goes on for as long as somebody reads."""

    def write(out: BinaryIO) -> None:
        out.write(head + b"\r\n" + begin)
        out.writelines(b"# and so on " * 5461 + b"...." for _ in range(1 << 14))

    return write


def hanging(seconds: float) -> Raw:
    """Return an answer that does not come."""

    def write(out: BinaryIO) -> None:
        threading.Event().wait(seconds)

    return write


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what answers for robots.txt, and whether pages are asked for then."""

    name: str
    said: Any
    released: bool = False


def answered(status: int, **fields: Any) -> Reply:
    return Reply(status=status, body=OPEN.encode(), media_type="text/plain", **fields)


CHALLENGE = (
    b"<title>Just a moment...</title><p>Checking your browser</p><script>window._cf_chl_opt={}</script>"
)
GZIPPED = gzip.compress((OPEN + "# filler\n" * 5000 + "Disallow: /\n").encode())
ROWS = (
    Row("open", text(OPEN), released=True),
    Row("closed", text(CLOSED)),
    Row("empty", text(""), released=True),
    Row("web-page", PAGE, released=True),
    Row("bom", Reply(body=b"\xef\xbb\xbf" + CLOSED.encode())),
    Row("utf-16", Reply(body=CLOSED.encode("utf-16"))),
    Row("utf-16-open", Reply(body=OPEN.encode("utf-16")), released=True),
    Row("nul", Reply(body=OPEN.encode("utf-16-le"))),
    Row("gibibyte", endless(CLOSED.encode(), head=HEAD + b"Content-Length: 1073741824\r\n")),
    Row("never-ending", endless(CLOSED.encode())),
    Row("never-ending-open", endless(OPEN.encode()), released=True),
    Row("gzip", Reply(body=gzip.compress(CLOSED.encode()), headers=[("Content-Encoding", "gzip")])),
    Row("gzip-torn", Reply(body=GZIPPED[:-60], headers=[("Content-Encoding", "gzip")])),
    Row("coding-unknown", Reply(body=OPEN.encode(), headers=[("Content-Encoding", "br")])),
    Row("cut-short", raw(HEAD + b"Content-Length: 500\r\n\r\n" + OPEN.encode())),
    Row("not-found", answered(404), released=True),
    Row("gone", answered(410), released=True),
    Row("bad-request", answered(400), released=True),
    *(Row(f"refused-{status}", answered(status)) for status in (401, 402, 403, 407, 451)),
    Row("challenge", answered(200, headers=[("cf-mitigated", "challenge")])),
    Row("challenge-amazon", answered(202, headers=[("x-amzn-waf-action", "challenge")])),
    Row("challenge-page", Reply(body=CHALLENGE)),
    *(Row(f"later-{status}", answered(status)) for status in (408, 425, 429, 500, 502, 503, 504, 599)),
    Row("not-modified", answered(304)),
    Row("choices", answered(300)),
    Row("nowhere", answered(302)),
    Row("ftp", answered(301, headers=[("Location", "ftp://example.org/robots.txt")])),
    Row("loop", answered(302, headers=[("Location", "/robots.txt")])),
    Row("private", answered(302, headers=[("Location", "http://127.0.0.1:9/robots.txt")])),
    Row("hung-up", raw()),
    Row("no-http", raw(b"SSH-2.0-OpenSSH_9.9\r\n")),
    Row("hangs", hanging(5.0)),
)
PLACES = ("seed", "to", "map")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One crawl of all rows."""

    hosts: Hosts
    refusals: list[RefusalRow]


@pytest.fixture(scope="module")
def table(crawler_process: CrawlerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    """All rows, crawled by one process: a site each, with one host that is open and three that answer as the row says."""
    crawl = Crawl(tmp_path_factory.mktemp("states"), crawler_process)
    crawl.set_up["robots_timeout"] = 2.0
    with Hosts({}) as hosts:
        sites = []
        for row in ROWS:
            site = f"{row.name}.org"
            there = {place: hosts.url(f"{place}.{site}", "/page") for place in PLACES}
            says = text(f"{OPEN}Sitemap: {there['map']}\n")
            moved = Reply(status=302, headers=[("Location", there["to"])])
            hosts.answers[f"www.{site}"] = robots(says, {"/start": page(), "/moved": moved})
            hosts.answers |= {f"{place}.{site}": robots(row.said) for place in PLACES}
            starts = [hosts.url(f"www.{site}", "/start"), hosts.url(f"www.{site}", "/moved"), there["seed"]]
            include = [hosts.url(f"{place}.{site}") for place in ("www", *PLACES)]
            sites.append(site_of_job(*starts, include=include, site=site))
        crawl.run(hosts, *sites, code=4)
        yield Table(hosts=hosts, refusals=crawl.refusals())


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_v1_a_page_is_asked_for_only_where_robots_txt_was_read_or_is_absent(
    table: Table, row: Row, place: str
) -> None:
    """No status, no encoding, no trick of a server turns «unknown» into «allowed»."""
    host = f"{place}.{row.name}.org"
    assert table.hosts.asked(host)[:1] == ["/robots.txt"]
    assert table.hosts.pages(host).count("/page") == (1 if row.released else 0)


def test_the_open_host_of_each_site_was_crawled(table: Table) -> None:
    """One host's doubt is not another's: the rest of the site goes on."""
    assert {row.name: sorted(table.hosts.pages(f"www.{row.name}.org")) for row in ROWS} == {
        row.name: ["/moved", "/start"] for row in ROWS
    }


def test_a_robots_txt_is_asked_for_once_and_followed_over_five_redirects_at_most(table: Table) -> None:
    """An unreachable one is looked at later, not again and again."""
    assert {row.name: table.hosts.asked(f"seed.{row.name}.org").count("/robots.txt") for row in ROWS} == {
        row.name: 6 if row.name == "loop" else 1 for row in ROWS
    }


@pytest.mark.parametrize(
    ("name", "rule", "evidence"),
    [
        pytest.param("closed", "robots.disallow", "robots.txt line 2: Disallow: /", id="the line"),
        pytest.param("utf-16", "robots.disallow", "robots.txt line 2: Disallow: /", id="UTF-16"),
        pytest.param("refused-403", "robots.deny-all", "deny_all", id="the state"),
        pytest.param("challenge", "robots.deny-all", "deny_all", id="a challenge is a no"),
    ],
)
def test_a_refusal_says_on_what_it_stands(table: Table, name: str, rule: str, evidence: str) -> None:
    """Line and text, or the state that stood in for them."""
    found = [row for row in table.refusals if row.url == table.hosts.url(f"seed.{name}.org", "/page")]
    assert [(row.rule, evidence in row.evidence) for row in found] == [(rule, True)]


def test_v2_a_seed_is_judged_by_its_own_host_and_a_redirected_robots_txt_is_obeyed(crawl: Crawl) -> None:
    """The file may lie on any host: its rules are those of the host that was asked."""
    elsewhere = "files.seeds.org"
    with Hosts({}) as hosts:
        moved = Reply(status=301, headers=[("Location", hosts.url(elsewhere, "/robots.txt"))])
        hosts.answers |= {
            "www.seeds.org": robots(moved),
            elsewhere: robots(text("User-agent: *\nDisallow: /no\n")),
        }
        starts = [hosts.url("www.seeds.org", path) for path in ("/yes", "/no")]
        crawl.run(hosts, site_of_job(*starts, site="seeds.org"))
    assert hosts.mostly("www.seeds.org") == ["/robots.txt", "/yes"]
    assert hosts.asked(elsewhere) == ["/robots.txt"]
    [refusal] = crawl.refusals()
    assert (refusal.rule, refusal.evidence) == ("robots.disallow", "robots.txt line 2: Disallow: /no")


def test_v8_a_robots_txt_that_hangs_holds_up_nobody_else(crawl: Crawl) -> None:
    """It hangs until every page of the others has been fetched: they do not wait for it."""
    others_done = threading.Event()
    pages = {f"/{number}" for number in range(40)}
    left = set(pages)
    crawl.set_up["robots_timeout"] = 50.0

    def hang(out: BinaryIO) -> None:
        assert others_done.wait(40)
        out.write(HEAD + b"\r\n" + CLOSED.encode())

    def other(path: str) -> Reply:
        left.discard(path)
        if not left:
            others_done.set()
        return text(OPEN) if path == "/robots.txt" else PAGE

    with Hosts({"slow.org": robots(hang), "quick.org": other}) as hosts:
        quick = site_of_job(*(hosts.url("quick.org", path) for path in sorted(pages)), site="quick.org")
        crawl.run(hosts, site_of_job(hosts.url("slow.org"), site="slow.org"), quick)
    assert set(hosts.pages("quick.org")) == pages
    assert hosts.pages("slow.org") == []


def test_a_robots_txt_is_read_from_no_machine_that_no_crawl_may_reach(crawl: Crawl) -> None:
    """The owner's word for private addresses reaches as far as the site; a redirect elsewhere meets the guard."""
    with Hosts({}) as hosts:
        moved = Reply(status=302, headers=[("Location", hosts.url("inside.net", "/robots.txt"))])
        hosts.answers |= {"open.org": robots(moved), "inside.net": robots(text(OPEN))}
        crawl.run(hosts, site_of_job(hosts.url("open.org"), site="open.org"), code=4)
    assert hosts.asked("inside.net") == []
    assert hosts.pages("open.org") == []
    [refusal] = crawl.refusals()
    assert (refusal.rule, refusal.url) == ("address", hosts.url("inside.net", "/robots.txt"))
    assert "loopback" in refusal.evidence
