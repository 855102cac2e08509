"""A robots.txt grows old: it is asked for again while it holds, judged again when it changed, never served stale.

The crawl's clock is the test's; days pass in the middle of an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from many_hosts import PAGE, Hosts, Raw, Reply, robots, text
from permission_crawl import Crawl, CrawlerProcess, site_of_job

from crawler.archive.reading import Archive
from crawler.archive.store import open_store
from crawler.commands.receipt import Explained
from crawler.permission.file_answer import FileAnswer
from crawler.permission.gate import Gate
from provenance.database import Database
from provenance.queries.explain import receipt

HOUR = 3600.0
OPEN = "User-agent: *\nAllow: /\n"
TAG = '"spring-1"'
DATE = "Fri, 20 Nov 2026 09:30:00 GMT"


class Ageing:
    """A host whose pages are asked for one after the other; before the answer to /3, time passes."""

    def __init__(self, crawl: Crawl, hours: float, *said: Reply | Raw) -> None:
        self._crawl, self._hours = crawl, hours
        self._said = list(said)

    def __call__(self, path: str) -> Reply | Raw:
        """Answer the next robots.txt in the list (the last one for ever), or a page."""
        if path == "/robots.txt":
            return self._said.pop(0) if len(self._said) > 1 else self._said[0]
        if path == "/3":
            self._crawl.advance(self._hours * HOUR)
        return PAGE


def crawled(crawl: Crawl, host: Callable[[str], Reply | Raw], *, code: int = 0, pages: int = 5) -> Hosts:
    """Crawl /1, /2, … of one host, one request at a time."""
    with Hosts({"ages.org": host}) as hosts:
        starts = [hosts.url("ages.org", f"/{number}") for number in range(1, pages + 1)]
        job = site_of_job(*starts, site="ages.org").replace("max_in_flight = 16", "max_in_flight = 1")
        crawl.run(hosts, job, code=code)
    return hosts


def conditions(hosts: Hosts) -> list[dict[str, str]]:
    """Return what made each robots.txt request a conditional one."""
    return [
        {name: value for name, value in line.headers.items() if name.startswith("If-")}
        for line in hosts.log
        if line.path == "/robots.txt"
    ]


@pytest.mark.parametrize(
    ("hours", "fields", "asked"),
    [
        pytest.param(19.1, [], 1, id="a day is its life: not before four fifths of it"),
        pytest.param(19.3, [], 2, id="four fifths of a day have passed"),
        pytest.param(25, [], 2, id="it is too old to be served"),
        pytest.param(0.7, [("Cache-Control", "max-age=60")], 1, id="an hour at least"),
        pytest.param(0.9, [("Cache-Control", "max-age=60")], 2, id="four fifths of an hour"),
        pytest.param(0.9, [("Cache-Control", "no-store")], 2, id="what may not be stored lives an hour"),
        pytest.param(19.3, [("Cache-Control", "max-age=31536000")], 2, id="a day at most"),
    ],
)
def test_a_robots_txt_is_asked_for_again_after_four_fifths_of_its_life(
    crawl: Crawl, hours: float, fields: Sequence[tuple[str, str]], asked: int
) -> None:
    """RFC 9309 §2.4: a day at most; the next look comes before the last moment."""
    hosts = crawled(crawl, Ageing(crawl, hours, text(OPEN, headers=fields)))
    assert hosts.asked("ages.org").count("/robots.txt") == asked
    assert hosts.pages("ages.org") == ["/1", "/2", "/3", "/4", "/5"]


@pytest.mark.parametrize(
    ("sent", "returned"),
    [
        pytest.param([("ETag", TAG)], {"If-None-Match": TAG}, id="entity tag"),
        pytest.param([("ETag", f"W/{TAG}")], {"If-None-Match": f"W/{TAG}"}, id="weak entity tag"),
        pytest.param([("Last-Modified", DATE)], {"If-Modified-Since": DATE}, id="date"),
        pytest.param([("ETag", "no quotes"), ("Last-Modified", "yesterday")], {}, id="neither is one"),
        pytest.param([("Set-Cookie", "seen=1"), ("ETag", TAG)], {"If-None-Match": TAG}, id="never a cookie"),
    ],
)
def test_a_refresh_is_conditional_and_304_renews_what_is_held(
    crawl: Crawl, sent: Sequence[tuple[str, str]], returned: dict[str, str]
) -> None:
    """The validators go out with the refresh of the very file, and with nothing else."""
    fresh = text(OPEN, headers=sent)
    again = Reply(status=304) if returned else fresh
    hosts = crawled(crawl, Ageing(crawl, 20, fresh, again))
    assert conditions(hosts) == [{}, returned]
    assert hosts.pages("ages.org") == ["/1", "/2", "/3", "/4", "/5"]
    kept = {"Host", "User-Agent", "From", "Accept", "Accept-Encoding"}
    assert {name for line in hosts.log for name in line.headers} - kept == set(returned)


def test_a_changed_file_judges_what_waits_and_lists_what_was_fetched(crawl: Crawl) -> None:
    """/5 waited under a file that allowed it; /2 had been fetched: no breach, but a person can find it."""
    closes = text("User-agent: *\nDisallow: /5\nDisallow: /2\n")
    hosts = crawled(crawl, Ageing(crawl, 20, text(OPEN), closes))
    assert hosts.mostly("ages.org") == ["/robots.txt", "/1", "/2", "/3", "/robots.txt", "/4"]
    said = {row.url: (row.rule, row.evidence) for row in crawl.refusals()}
    assert said == {
        hosts.url("ages.org", "/5"): ("robots.disallow", "robots.txt line 2: Disallow: /5"),
        hosts.url("ages.org", "/2"): ("robots.changed", "robots.txt line 3: Disallow: /2"),
    }


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(text("", status=503), id="503"),
        pytest.param(lambda out: None, id="hung up"),
        pytest.param(Reply(body=OPEN.encode("utf-16-le")), id="unreadable"),
        pytest.param(Reply(status=304), id="304 to a question that was not conditional"),
    ],
)
def test_a_refresh_that_fails_closes_the_host_like_a_first_look(crawl: Crawl, later: Reply | Raw) -> None:
    """What was allowed yesterday says nothing of today."""
    hosts = crawled(crawl, Ageing(crawl, 20, text(OPEN), later), code=4)
    assert hosts.mostly("ages.org") == ["/robots.txt", "/1", "/2", "/3", "/robots.txt"]


def test_a_resumed_run_holds_a_changed_file_against_what_it_had_fetched() -> None:
    """The new process asks for robots.txt first, and knows from the archive what was fetched under the old one."""
    gate = Gate("Aboveboard", lambda: 0.0)
    for path in ("/more", "/less"):
        gate.taken(f"http://resumed.org{path}")
    rules = gate.rules("http://resumed.org")
    answer = FileAnswer(
        url="http://resumed.org/robots.txt", status=200, body=b"User-agent: *\nDisallow: /more\n"
    )
    asyncio.run(gate.read(rules, answer, hops=0))
    denied = list(gate.overruled(rules))
    assert [(one.url, one.evidence()) for one in denied] == [
        ("http://resumed.org/more", "robots.txt line 2: Disallow: /more")
    ]
    assert list(gate.overruled(rules)) == []


def test_a_permission_leads_to_the_line_and_to_the_bytes_that_it_stands_in(crawl: Crawl) -> None:
    """An Allow that overrode a Disallow is named with it; after a 304 the bytes are those of the first answer."""
    rules = text("User-agent: *\nDisallow: /\nAllow: /4\nAllow: /3\n", headers=[("ETag", TAG)])
    hosts = crawled(crawl, Ageing(crawl, 20, rules, Reply(status=304)))
    with Database.open(crawl.database) as database:
        archive = Archive(open_store(crawl.store), crawl.folder)
        explained = Explained.of(receipt(database, hosts.url("ages.org", "/4")), archive).to_json()
    [capture] = explained["captures"]
    permission = capture["permission"]
    assert (permission["line_number"], permission["line_text"]) == (3, "Allow: /4")
    assert (permission["overridden_line_number"], permission["overridden_line_text"]) == (2, "Disallow: /")
    assert (permission["robots"]["status"], permission["robots"]["url"]) == (
        200,
        hosts.url("ages.org", "/robots.txt"),
    )
    files = [row for row in crawl.captures() if row.url.endswith("/robots.txt")]
    assert [row.status for row in files] == [200, 304]


def test_v9_a_robots_txt_made_to_keep_us_busy_costs_little(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Half a megabyte of agents over rules, and a gibibyte: at most 50 MiB more than a small one."""
    agents = "".join(f"User-agent: bot{number}\n" for number in range(15_000))
    rules = "".join(f"Disallow: /{number}$\n" for number in range(15_000))
    heavy = text(f"User-agent: *\n{agents}{rules}")
    assert len(heavy.body) > 512 * 1024

    def grown(said: Reply) -> int:
        folder = tmp_path_factory.mktemp("busy")
        place = Crawl(folder, CrawlerProcess(folder / "log"))  # a new one: memory is counted from its start
        with Hosts({"busy.org": robots(said)}) as hosts:
            starts = [hosts.url("busy.org", f"/{number}") for number in range(3)]
            place.run(hosts, site_of_job(*starts, site="busy.org"), code=None)
        asked = sorted(hosts.pages("busy.org"))
        assert asked == ([] if said is heavy else ["/0", "/1", "/2"])
        place.crawler.close()
        return int(place.answer["grown_kib"])

    assert grown(heavy) - grown(text(OPEN)) < 50 * 1024
