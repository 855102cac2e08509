"""R-HOSTLOAD: what we say a host saw of us is what its own access log says, line by line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import pytest
from many_hosts import FILES, PAGE, Hosts, Reply, page, robots, text
from permission_crawl import Crawl, CrawlerProcess, site_of_job
from typer.testing import CliRunner

from crawler.cli import app
from crawler.demo import DemoServer
from crawler.demo.job import job_text


def host_load(crawl: Crawl, domain: str) -> list[dict[str, str]]:
    """Return the lines of ``report DOMAIN --format hostload``."""
    command = ["report", domain, "--format", "hostload", "--database", crawl.database]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 0, answer.output
    return list(csv.DictReader(io.StringIO(answer.stdout)))


def test_every_line_of_the_demo_servers_log_is_in_the_file(
    crawler_process: CrawlerProcess, crawl: Crawl
) -> None:
    """The same requests with the same answers, none more, each before the server had read it, and their number."""
    with DemoServer() as server:
        (crawl.folder / "job.toml").write_text(job_text(server.url), encoding="utf-8")
        (crawl.folder / "set-up.json").write_text('{"hosts": {}}', encoding="utf-8")
        crawler_process.crawl(crawl.folder)
        log = server.log
    lines = host_load(crawl, "127.0.0.1")
    requests = [line for line in lines if line["line"] == "request"]
    assert Counter((line["path"], int(line["status"])) for line in requests) == Counter(
        (line.target, line.status) for line in log
    )
    arrived = {line.target: line.at for line in log}
    late = [line for line in requests if line["at"] > arrived[line["path"]].isoformat()]
    assert late == []
    hours = [line for line in lines if line["line"] == "hour"]
    assert sum(int(line["requests"]) for line in hours) == len(log)
    assert [line["requests"] for line in hours] == [line["listed"] for line in hours]
    assert sum(int(line["received_bytes"]) for line in hours) > 0


def test_a_pause_and_what_was_answered_are_on_the_hours_line(crawl: Crawl) -> None:
    """A 429 counts in its hour although its request has no line of its own; the pause says why."""
    busy: dict[str, Any] = {"/": page("/a"), "/a": Reply(status=429, headers=[("Retry-After", "86000")])}
    with Hosts({"busy.org": robots(text("User-agent: *\nAllow: /\n"), busy)}) as hosts:
        job = site_of_job(hosts.url("busy.org"), site="busy.org")
        crawl.run(hosts, job.replace("max_in_flight = 16", "max_in_flight = 1"), code=4)
    [hour, *requests] = host_load(crawl, "busy.org")
    assert (hour["requests"], hour["listed"], hour["answers_429"], hour["max_in_flight"]) == (
        "8",
        "7",
        "1",
        "1",
    )
    assert "429" in hour["pauses"]
    assert [(line["path"], line["status"]) for line in requests] == [
        ("/robots.txt", "200"),
        *((path, "404") for path in FILES),
        ("/", "200"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["nowhere.org"], "nothing is known of nowhere.org", id="a site that nobody visited"),
        pytest.param(["--all"], "one site's", id="all sites in one file"),
    ],
)
def test_a_question_without_an_answer_is_told_so(crawl: Crawl, arguments: list[str], words: str) -> None:
    with Hosts({"seen.org": robots(text(""), {"/": PAGE})}) as hosts:
        crawl.run(hosts, site_of_job(hosts.url("seen.org"), site="seen.org"))
    answer = CliRunner().invoke(
        app, ["report", *arguments, "--format", "hostload", "--database", crawl.database]
    )
    assert answer.exit_code != 0
    assert words in answer.output + str(answer.exception)
