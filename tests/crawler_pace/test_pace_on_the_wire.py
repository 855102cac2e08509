"""The pace that servers see (politeness §7): their access logs are the judge, in the crawl's own hastened seconds."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from paced_crawl import SPEED, Paced, finish
from timed_server import FILES, Asked, Hosts, Reply, gaps, most_at_once, mostly, pages

from crawler import politeness
from provenance import hosts as host_rows
from provenance.database import Database
from provenance.queries import all_rows, runs
from provenance.queries.hosts import holds, host_states
from provenance.records import RunState

SHARED = [f"n{number}.org" for number in range(12)]  # all on one address
BELOW = [f"w{number}.domain.org" for number in range(8)]  # all of one registrable domain
MOVED = ["a.moved.org", "b.moved.org"]
CROSSED = ["here.crossed.org", "there.crossed.org"]


def text(body: str) -> Reply:
    return Reply(body=body, media_type="text/plain")


class Busy:
    """A host that answers one page with 429 the first time."""

    def __init__(self) -> None:
        self._pages = pages(4)
        self._refused = False

    def __call__(self, path: str) -> Reply:
        """Answer, or ask to be left alone."""
        if path == "/2" and not self._refused:
            self._refused = True
            return Reply(status=429, headers=[("Retry-After", "30")])
        return self._pages(path)


def _moved(path: str) -> Reply:
    """A host whose pages lie on the other host of its site."""
    if path == "/robots.txt":
        return Reply(status=404, body="")
    if path == "/":
        return Reply(body="".join(f'<a href="/{number}">' for number in range(1, 4)))
    return Reply(status=302, headers=[("Location", f"http://b.moved.org:{PORT[0]}{path}")])


PORT = [0]
ANSWERS = {
    "slow.org": pages(3, page=Reply(seconds=2.0 / SPEED)),
    "busy.org": Busy(),
    "calm.org": pages(8),
    "delay.org": pages(3, robots=text("User-agent: *\nCrawl-delay: 120\n")),
    "hardly.org": pages(3, robots=text("User-agent: *\nCrawl-delay: 5000\n")),
    "quick.org": pages(3, robots=text("User-agent: *\nCrawl-delay: 1\n")),
    "a.moved.org": _moved,
    "b.moved.org": pages(4, robots=text("User-agent: *\nDisallow: /3\n")),
    **{name: pages(4) for name in SHARED},
    **{name: pages(3) for name in BELOW},
}
OF_THEIR_OWN = {
    "slow.org": 2,
    "busy.org": 3,
    "calm.org": 4,
    "delay.org": 5,
    "quick.org": 6,
}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hosts, Paced, dict[str, Any]]]:
    """One crawl of all these hosts in one process, most of them at the same time."""
    addresses = dict.fromkeys(ANSWERS, "127.0.0.1")
    addresses |= {name: f"127.0.1.{number}" for name, number in OF_THEIR_OWN.items()}
    addresses |= dict.fromkeys(BELOW, "127.0.2.1") | {
        name: f"127.0.3.{i + 1}" for i, name in enumerate(MOVED)
    }
    addresses |= {name: f"127.0.2.{i + 1}" for i, name in enumerate(BELOW)}
    with Hosts(ANSWERS, sorted(set(addresses.values()))) as hosts:
        PORT[0] = hosts.port
        paced = Paced(tmp_path_factory.mktemp("pace"), addresses, hosts.port)
        alone = [f"{name}/" for name in [*SHARED, *OF_THEIR_OWN, "hardly.org", MOVED[0]]]
        job = paced.write("pace", [*alone])
        lines = job.read_text(encoding="utf-8")
        lines = lines.replace(
            f'start = ["http://{MOVED[0]}:{hosts.port}/"]',
            f'start = ["http://{MOVED[0]}:{hosts.port}/", "http://{MOVED[1]}:{hosts.port}/"]',
        )
        below = ", ".join(f'"http://{name}:{hosts.port}/"' for name in BELOW)
        lines += f'[[site]]\nstart = [{below}]\nadmitted_by = "the tests"\n'
        lines += '[[permission]]\nsite = "domain.org"\ngranted_by = "ourselves"\nprivate_addresses = true\n'
        job.write_text(lines + "valid_until = 2999-12-31\n", encoding="utf-8")
        yield hosts, paced, paced.crawl(job)


Crawled = tuple[Hosts, Paced, dict[str, Any]]


def shortest(lines: list[Asked]) -> float:
    """The smallest gap that a server saw, in the crawl's seconds."""
    return min(gaps(lines)) * SPEED


def test_every_host_got_its_whole_gap(crawled: Crawled) -> None:
    """One request at a time, and 5 s from the end of an answer to the next start, robots.txt included."""
    hosts, _, _ = crawled
    for name in ANSWERS:
        lines = hosts.log.of(host=name)
        assert most_at_once(lines) == 1, name
        assert len(lines) < 2 or shortest(lines) >= politeness.HOST.gap, name


def test_v4_a_slow_answer_lengthens_the_next_gap(crawled: Crawled) -> None:
    """The answer takes 2 s: the next request comes 10 s after its end at the earliest."""
    lines = crawled[0].log.of(host="slow.org")
    assert mostly(lines) == ["/robots.txt", "/", "/1", "/2"]
    assert gaps(lines)[-1] * SPEED >= 10.0


def test_v5_retry_after_stops_the_whole_host_and_nobody_else(crawled: Crawled) -> None:
    """429 + Retry-After 30 on a page: nothing for 30 s; the page itself is asked again after that."""
    hosts, _, _ = crawled
    lines = hosts.log.of(host="busy.org")
    refused = next(line for line in lines if line.path == "/2")
    later = [line for line in lines if line.began > refused.began]
    assert min(line.began for line in later) - refused.ended >= 30.0 / SPEED
    assert [line.path for line in lines].count("/2") == 2
    assert set(mostly(lines)) == {"/robots.txt", "/", "/1", "/2", "/3"}
    meanwhile = [
        line for line in hosts.log.of(host="calm.org") if refused.ended < line.began < later[0].began
    ]
    assert len(meanwhile) >= 2


def test_v6_names_on_one_address_share_its_limits(crawled: Crawled) -> None:
    """Twelve hosts in twelve visits: four requests at once at most, half a second between two."""
    lines = crawled[0].log.of(address="127.0.0.1")
    assert {line.host for line in lines} >= set(SHARED)
    assert most_at_once(lines) <= politeness.ADDRESS.max_in_flight
    assert least_for(5, lines) >= 3 * politeness.ADDRESS.gap  # four gaps, less what threads may be late


def test_v6_hosts_of_one_domain_share_its_limits(crawled: Crawled) -> None:
    """Eight hosts on eight addresses: two requests at once at most, a second between two."""
    lines = crawled[0].log.in_domain("domain.org")
    assert {line.host for line in lines} == set(BELOW)
    assert most_at_once(lines) <= politeness.DOMAIN.max_in_flight
    assert least_for(5, lines) >= 3 * politeness.DOMAIN.gap  # four gaps, less what threads may be late


def least_for(starts: int, lines: list[Asked]) -> float:
    """The shortest time in which so many requests came, in the crawl's seconds."""
    began = [line.began for line in lines]
    return min(last - first for first, last in zip(began, began[starts - 1 :], strict=False)) * SPEED


def test_v7_a_redirect_is_a_request_of_its_target(crawled: Crawled) -> None:
    """302 from one host to another: the target's gap holds, and its robots.txt is asked and obeyed."""
    lines = crawled[0].log.of(host="b.moved.org")
    assert lines[0].path == "/robots.txt"
    assert set(mostly(lines)) == {"/robots.txt", "/", "/1", "/2"}
    assert shortest(lines) >= politeness.HOST.gap


def test_v10_crawl_delay_is_a_floor_honoured_in_full(crawled: Crawled) -> None:
    hosts, _, _ = crawled
    assert shortest(hosts.log.of(host="delay.org")) >= 120.0
    assert politeness.HOST.gap <= shortest(hosts.log.of(host="quick.org")) < 120.0


def test_v10_a_crawl_delay_of_more_than_an_hour_parks_the_host(crawled: Crawled) -> None:
    """Nothing but its robots.txt was asked for; a person decides, and is told so."""
    hosts, paced, answer = crawled
    assert [line.path for line in hosts.log.of(host="hardly.org")] == ["/robots.txt"]
    assert answer["code"] == 4
    assert ["hardly.org is parked" in words and "5000 s" in words for words in answer["waits"]] == [True]
    with Database.open(f"sqlite:///{paced.folder / 'provenance.db'}") as database:
        assert {host: hold.by for host, hold in holds(database).items()} == {"hardly.org": "aboveboard"}


def test_what_a_host_taught_us_is_in_the_database(crawled: Crawled) -> None:
    hosts, paced, _ = crawled
    with Database.open(f"sqlite:///{paced.folder / 'provenance.db'}") as database:
        known = host_states(database, ["busy.org", "delay.org", "slow.org"])
    assert known["busy.org"].incidents == 1
    assert known["busy.org"].why == "HTTP 429, Retry-After 30 s"
    assert known["delay.org"].gap == 120.0
    assert known["slow.org"].response_time > 1.0
    asked = [line.path for line in hosts.log.of(host="delay.org")]
    assert known["delay.org"].day_requests == len(asked) == 4 + len(FILES.intersection(asked))


# ---------------------------------------------------------------------- processes that come and go


def _one_host(folder: Path, hosts: Hosts, name: str = "one.org") -> Paced:
    return Paced(folder, {name: "127.0.0.1"}, hosts.port)


@pytest.mark.slow
def test_v3_two_workers_and_a_restart_keep_the_gap(tmp_path: Path) -> None:
    """Two jobs want the same host; one is killed in the middle and started again: the server sees one decent client."""
    with Hosts({"one.org": pages(90)}) as hosts:
        paced = _one_host(tmp_path, hosts)
        first = paced.write("first", ["one.org/"], owner="min_gap_seconds = 1.0")
        second = paced.write("second", ["one.org/"], owner="min_gap_seconds = 1.0")
        killed = paced.begin(first)
        while len(hosts.log.of()) < 40:
            assert killed.poll() is None
            time.sleep(0.01)
        other = paced.begin(second)
        while len(hosts.log.of()) < 70:
            assert killed.poll() is None
            time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        again = paced.begin(first)
        assert [finish(other)["code"], finish(again)["code"]] == [0, 0]
        lines = hosts.log.of()
        assert len(lines) >= 180
        assert most_at_once(lines) == 1
        assert shortest(lines) >= 1.0


def test_v13_everything_blocked_for_hours_waits_in_words_and_uses_no_cpu(tmp_path: Path) -> None:
    """The run says until when and for whom; told to stop, it goes at once and can be resumed."""
    later = Reply(status=503, headers=[("Retry-After", "7200")])
    names = ["one.org", "two.org"]
    with Hosts({name: pages(3, page=later, robots=later) for name in names}) as hosts:
        paced = Paced(tmp_path, dict.fromkeys(names, "127.0.0.1"), hosts.port)
        starts = [f"{name}/" for name in names]
        process = paced.begin(paced.write("patient", starts, job="max_wait_seconds = 100_000"))
        database = Database.open(f"sqlite:///{tmp_path / 'provenance.db'}")
        with database:
            while not (rows := all_rows(database, runs(state=RunState.WAITING))):
                assert process.poll() is None
                time.sleep(0.05)
            assert rows[0].waiting_until is not None
            assert ["Retry-After 7200 s" in words for words in rows[0].waiting_for] == [True, True]
        before = _cpu_ticks(process.pid)
        time.sleep(1.0)  # twenty of the crawl's seconds
        assert _cpu_ticks(process.pid) - before <= 0.3 * os.sysconf("SC_CLK_TCK")
        process.send_signal(signal.SIGINT)
        assert finish(process)["code"] == 130
        assert len(hosts.log.of()) == 2


def test_v13_a_job_that_may_not_wait_so_long_ends_and_says_when_it_is_due(tmp_path: Path) -> None:
    later = Reply(status=503, headers=[("Retry-After", "7200")])
    with Hosts({"one.org": pages(3, robots=later)}) as hosts:
        paced = _one_host(tmp_path, hosts)
        answer = paced.crawl(paced.write("hasty", ["one.org/"], job="max_wait_seconds = 3600"))
    assert answer["code"] == 4
    assert answer["waits"][0].startswith("due at ")
    assert "one.org: HTTP 503, Retry-After 7200 s" in answer["waits"][0]


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_d10_a_person_pauses_a_host_in_the_middle_and_resumes_it(tmp_path: Path) -> None:
    """Within 5 s nothing leaves any more; the run waits in words; resumed, it goes on and loses nothing."""
    with Hosts({"one.org": pages(40)}) as hosts:
        paced = _one_host(tmp_path, hosts)
        process = paced.begin(paced.write("paused", ["one.org/"], owner="min_gap_seconds = 1.0"))
        while len(hosts.log.of()) < 10:
            assert process.poll() is None
            time.sleep(0.01)
        with Database.open(f"sqlite:///{tmp_path / 'provenance.db'}") as database:
            now = datetime.now(UTC)
            host_rows.pause(database, "one.org", by="J. Doe", reason="they called", at=now)
            while not (rows := all_rows(database, runs(state=RunState.WAITING))):
                assert process.poll() is None
                time.sleep(0.02)
            seen = len(hosts.log.of())
            assert "one.org is paused by J. Doe: they called" in rows[0].waiting_for[0]
            time.sleep(0.5)
            assert len(hosts.log.of()) == seen
            host_rows.resume(database, "one.org", by="J. Doe", reason="they agreed", at=now)
        assert finish(process)["code"] == 0
        asked = [path for path in mostly(hosts.log.of()) if path != "/robots.txt"]
        assert sorted(asked) == sorted({"/", *(f"/{number}" for number in range(1, 40))})
        assert shortest(hosts.log.of()) >= 1.0
