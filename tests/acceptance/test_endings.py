"""How a crawl ends, in exit codes and in words that a person can act on."""

from __future__ import annotations

import hashlib
import resource
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing

import pytest
from loopback_site import Log, LoopbackSite, Reply, tree, tree_links, tree_urls
from outside import Workplace, finish, job, wait_until

from crawler.cli import main

NO_WAITING = "max_wait_seconds = 0"


def _refused(
    place: Workplace,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """Return what a crawl says that must not begin: in this process, because nothing of it gets to a reactor."""
    monkeypatch.chdir(place.folder)
    monkeypatch.setattr("sys.argv", ["aboveboard", "crawl", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    return said.err


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        pytest.param(None, ["http://127.0.0.1:9/"], "--contact", id="no contact, no crawl"),
        pytest.param(
            None,
            ["https://user@127.0.0.1:9/", "--contact", "a@example.org"],
            "no URL to start from",
            id="an unusable URL",
        ),
        pytest.param(None, ["ftp://127.0.0.1/", "--contact", "a@example.org"], "ftp", id="no web address"),
        pytest.param(
            job("http://127.0.0.1:9/").replace("contact", "# contact"),
            ["job.toml"],
            "job.toml: [operator] contact",
            id="a job without a contact",
        ),
        pytest.param(None, ["other.toml"], "aboveboard init", id="no such job"),
        pytest.param(
            job("http://127.0.0.1:9/", job='policy = "anything-goes"'),
            ["job.toml"],
            "anything-goes",
            id="no such policy",
        ),
        pytest.param(
            job("http://127.0.0.1:9/"),
            ["job.toml", "--store", "file:///dev/null/store"],
            "/dev/null/store",
            id="a store that cannot be",
        ),
        pytest.param(
            job("http://127.0.0.1:9/"),
            ["job.toml", "--database", "sqlite:////dev/null/provenance.db"],
            "/dev/null",
            id="a database that cannot be",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_with_what_to_write_instead(  # noqa: PLR0917  # pytest reads its fixtures from them
    place: Workplace,
    text: str | None,
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 2 and a sentence."""
    if text is not None:
        place.write(text)
    said = _refused(place, arguments, monkeypatch, capsys)
    assert words in said


def test_limits_end_a_site_where_the_job_says(place: Workplace) -> None:
    """Pages, depth and bytes, each on a site of its own; what was not asked for is counted, not refused."""
    log = Log()
    with ExitStack() as stack:
        pages, depth, volume = (
            stack.enter_context(LoopbackSite(tree(60), address=f"127.0.0.{number}", log=log))
            for number in (1, 2, 3)
        )
        limits = {pages.url: "max_pages = 7", depth.url: "max_depth = 2", volume.url: "max_bytes = 6000"}
        ended = place.run("crawl", place.write(job(*limits, in_flight=1, limits=limits)))
    asked = Counter(url.rpartition("/")[0] for url in log.times())
    assert asked[pages.origin] == 7
    near = {link for page in (0, *tree_links(0, 60)) for link in tree_links(page, 60)} | {0}
    assert asked[depth.origin] == len(near)
    lengths = [row["length"] for row in place.data("--site", "127.0.0.3")]
    assert (
        6000 <= sum(lengths) < 6000 + 2 * max(lengths)
    )  # the last one, and one that had left before it was counted
    for limit in ("limit.pages", "limit.depth", "limit.bytes"):
        assert limit in ended.err
    assert {row["rule"] for row in place.data("--refusals")} <= {"robots.disallow"}


def test_a_limit_holds_for_the_run_not_for_the_process(place: Workplace) -> None:
    """Interrupted after some pages, the run still ends at the same number of pages, or of bytes."""
    log = Log()
    with ExitStack() as stack:
        pages, volume = (
            stack.enter_context(LoopbackSite(tree(60), address=f"127.0.0.{number}", log=log))
            for number in (1, 2)
        )
        limits = {pages.url: "max_pages = 30", volume.url: "max_bytes = 25000"}
        command = ("crawl", place.write(job(*limits, in_flight=1, limits=limits)))
        process = place.start(*command)
        wait_until(lambda: len(log) > 20, process)
        process.terminate()
        finish(process)
        place.run(*command)
    assert len(place.data("--site", "127.0.0.1")) == 30
    lengths = [row["length"] for row in place.data("--site", "127.0.0.2")]
    assert 25000 <= sum(lengths) < 25000 + 3 * max(lengths)


def test_time_is_a_limit_that_can_be_resumed(place: Workplace) -> None:
    """The next start goes on with the same run."""
    with LoopbackSite(tree(30)) as site:
        command = ("crawl", place.write(job(site.url, job="max_time_seconds = 0.01")))
        ended = place.run(*command, code=4)
        assert "the same command goes on" in ended.err
        assert len(site.log.times()) < 30
        assert [row["state"] for row in place.runs()] == ["interrupted"]


def test_everything_refused_is_an_exit_code_of_its_own(place: Workplace) -> None:
    """The site said no to all of it: nothing but robots.txt was asked for, and each refusal names its line."""
    with LoopbackSite(tree(5, robots="User-agent: *\nDisallow: /\n")) as site:
        ended = place.run("crawl", place.write(job(site.url)), code=3)
        assert site.log.paths() == ["/robots.txt"]
    assert "refused" in ended.err
    assert [row["evidence"] for row in place.data("--refusals")] == ["robots.txt line 2: Disallow: /"]
    assert [row["state"] for row in place.runs()] == ["finished"]


def test_a_host_that_is_not_there_is_waited_for_as_long_as_the_job_says(place: Workplace) -> None:
    """Unreachable is not absent: the run stays unfinished, and says until when it would wait."""
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        ended = place.run("crawl", place.write(job(url, job=NO_WAITING)), code=4)
    assert "127.0.0.1 due at 20" in ended.err
    assert "refused" in ended.err
    assert place.captures() == []


def test_runs_are_resumed_begun_and_begun_again_as_the_rules_say(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """robots.txt fails at first: an unfinished run; what then happens depends on the job file and on the run."""
    answer, trouble = tree(4), [True]

    def first_ill_then_well(path: str) -> Reply:
        return Reply(status=503) if trouble[0] else answer(path)

    with LoopbackSite(first_ill_then_well) as site:
        text = job(site.url, job=NO_WAITING)
        place.run("crawl", place.write(text), code=4)
        assert set(site.log.paths()) == {"/robots.txt"}  # unreachable robots.txt: nothing else is asked for

        place.write(text.replace("our own", "our own, and nobody else's"))
        refused = _refused(place, ["job.toml"], monkeypatch, capsys)
        assert "--resume" in refused
        assert "--new" in refused

        trouble[0] = False
        assert "(resumed)" in place.run("crawl", "job.toml", "--resume").err
        assert {row["url"] for row in place.data()} == tree_urls(site.origin, 4)
        assert (
            "run 2" in place.run("crawl", place.write(text)).err
        )  # finished: a new run, also under another file
    assert [(row["id"], row["state"], row["documents"]) for row in place.runs()] == [
        (2, "finished", 4),
        (1, "finished", 4),
    ]


def _heavy(pages: int) -> Callable[[str], Reply]:
    """Answer with pages that no coding makes small."""
    answer = tree(pages)

    def heavy(path: str) -> Reply:
        reply = answer(path)
        if path == "/robots.txt":
            return reply
        noise = "".join(hashlib.sha256(f"{path} {number}".encode()).hexdigest() for number in range(500))
        return Reply(status=reply.status, body=reply.body + noise.encode())

    return heavy


def test_a_full_disk_stops_the_crawl_in_words_and_loses_nothing(place: Workplace) -> None:
    """No file may grow beyond a megabyte; the segment does.  With room again the same command completes the run."""
    place.ask("db", "upgrade")
    with LoopbackSite(_heavy(120)) as site:
        command = ("crawl", place.write(job(site.url)))
        process = place.start(*command)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        stopped = finish(process)
        assert stopped.code == 4, stopped
        assert "Traceback" not in stopped.err
        assert "same command" in stopped.err
        assert len(place.data()) < 120
        assert [row["state"] for row in place.runs()] == ["interrupted"]

        place.run(*command)
        assert Counter(row["url"] for row in place.data()) == Counter(tree_urls(site.origin, 120))
        place.verify()


def test_a_run_is_seen_while_it_runs_and_a_busy_database_only_delays_it(place: Workplace) -> None:
    """Another process holds the write lock while the site is asked: nothing is lost."""
    stuck, freed, answer = threading.Event(), threading.Event(), tree(30)

    def held(path: str) -> Reply:
        if path == "/2.html":
            stuck.set()
            freed.wait(60)
        return answer(path)

    with LoopbackSite(held) as site:
        process = place.start("crawl", place.write(job(site.url, in_flight=1)))
        wait_until(stuck.is_set, process)
        assert [(row["state"], row["exit_code"]) for row in place.runs()] == [("running", None)]
        file = place.folder / "aboveboard-data" / "provenance.db"
        with closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            freed.set()
            wait_until(lambda: len(site.log.times()) == 30, process)
            other.execute("ROLLBACK")
        assert finish(process).code == 0
    assert [(row["state"], row["exit_code"], row["documents"]) for row in place.runs()] == [
        ("finished", 0, 30)
    ]
    place.verify()
