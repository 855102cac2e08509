"""N5, N6: the same three facts in robots.txt matching, on the wire and on the public page; none typed by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from many_hosts import Hosts, robots, text
from permission_crawl import Crawl, site_of_job
from selectolax.lexbor import LexborHTMLParser
from typer.testing import CliRunner

from crawler import job as jobs
from crawler.bot_page import BotPage
from crawler.cli import app
from crawler.job_text import TEMPLATE
from licences.vocabulary import Usage

JOB = """
[job]
name = "page"
purpose = "{purpose}"
[operator]
name = "Example Research"
contact = "crawler@example.org"
info_url = "https://example.org/bot"
token = "ExampleBot"
{more}
[[site]]
start = ["https://example.org/"]
admitted_by = "the tests"
"""
ADDRESSES = 'addresses = ["192.0.2.0/28", "2001:db8::/48"]'


def job(purpose: str = "ai-train-gen", more: str = "") -> jobs.Job:
    return jobs.parse(JOB.format(purpose=purpose, more=more), name="job.toml")


def test_token_and_user_agent_on_the_page_are_those_that_a_server_received(crawl: Crawl) -> None:
    """The job that was crawled with is the job that the page is written from; its sample keeps us out."""
    with Hosts({}) as hosts:
        hosts.answers["open.org"] = robots(text("User-agent: *\nDisallow:\n"))
        crawl.run(hosts, site_of_job(hosts.url("open.org"), site="open.org"))
        page = BotPage.of(jobs.load(crawl.folder / "job.toml")[0])
        hosts.answers["closed.org"] = robots(text(page.block_all + "\nUser-agent: *\nAllow: /\n"))
        crawl.run(hosts, site_of_job(hosts.url("closed.org"), site="closed.org"), code=3)
    told = LexborHTMLParser(page.to_html()).body
    assert told is not None
    for line in hosts.log:
        assert line.headers["User-Agent"] == page.user_agent
        assert line.headers["From"] == page.contact
        for fact in (line.headers["User-Agent"], line.headers["From"], page.block_all.strip()):
            assert fact in told.text()
    assert page.user_agent.partition("/")[0] == page.product_token
    assert hosts.mostly("open.org") == ["/robots.txt", "/"]
    assert hosts.asked("closed.org") == ["/robots.txt"]


@pytest.mark.parametrize("purpose", [usage.value for usage in Usage])
def test_the_purpose_is_told_in_plain_words(purpose: str) -> None:
    """«AI training», in those words, where it is that."""
    page = BotPage.of(job(purpose)).to_html()
    assert f"<code>{purpose}</code>" in page
    assert ("AI training" in page) is purpose.startswith("ai-train")


def test_addresses_are_published_as_client_ranges() -> None:
    """draft-illyes-webbotauth-jafar-00: version, token, time, and one prefix an entry."""
    page = BotPage.of(job(more=ADDRESSES))
    now = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    ranges = page.client_ranges(now)
    assert ranges is not None
    assert ranges == {
        "formatVersion": "1.0",
        "synctoken": ranges["synctoken"],
        "creationTime": "2026-11-22T09:30:00Z",
        "prefixes": [{"ipv4Prefix": "192.0.2.0/28"}, {"ipv6Prefix": "2001:db8::/48"}],
    }
    link = LexborHTMLParser(page.to_html()).css_first("head > link[rel='client-ranges']")
    assert link is not None
    assert link.attributes["href"] == "client-ranges.json"


def test_without_addresses_the_page_says_so() -> None:
    page = BotPage.of(job())
    assert page.client_ranges(datetime.now(UTC)) is None
    assert "No addresses are published" in page.to_html()
    assert "client-ranges" not in page.to_html()


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("Example Bot", id="a space"),
        pytest.param("Example2", id="a digit"),
        pytest.param("GPTBot", id="another crawler's"),
        pytest.param("claudebot", id="another crawler's, in other letters"),
        pytest.param("Scrapy", id="the framework's"),
        pytest.param("Mozilla", id="every browser's"),
        pytest.param("bot", id="everybody's"),
        pytest.param("", id="nobody's"),
    ],
)
def test_a_product_token_is_our_own(token: str) -> None:
    """RFC 9309 §2.2.1: letters, hyphen, underscore; and it names one operator."""
    with pytest.raises(jobs.JobError, match=r"\[operator\] token"):
        jobs.parse(JOB.format(purpose="tdm", more="").replace("ExampleBot", token), name="job.toml")


@pytest.mark.parametrize("address", ["192.0.2.1/28", "example.org", "192.0.2.0/33"])
def test_an_address_is_a_network(address: str) -> None:
    with pytest.raises(jobs.JobError, match=r"\[operator\] addresses: write a network such as"):
        job(more=f'addresses = ["{address}"]')


def test_the_command_writes_the_page_and_its_addresses(tmp_path: Path) -> None:
    """Two files that belong together, from a job file."""
    file = tmp_path / "job.toml"
    file.write_text(JOB.format(purpose="ai-train", more=ADDRESSES), encoding="utf-8")
    answer = CliRunner().invoke(app, ["identity", str(file), "--output", str(tmp_path / "bot.html")])
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "bot.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len(json.loads((tmp_path / "client-ranges.json").read_text(encoding="utf-8"))["prefixes"]) == 2
    answer = CliRunner().invoke(app, ["identity", str(file), "--format", "json"])
    told = json.loads(answer.stdout)
    assert told["product_token"] == "ExampleBot"
    assert told["client_ranges"]["formatVersion"] == "1.0"


def test_what_comes_from_the_job_is_text_on_the_page() -> None:
    """An operator may be called what they like."""
    text_of_job = JOB.format(purpose="tdm", more="").replace("Example Research", "<script>alert(1)</script>")
    assert "<script" not in BotPage.of(jobs.parse(text_of_job, name="job.toml")).to_html()


def test_the_template_of_a_job_makes_a_page() -> None:
    assert BotPage.of(jobs.parse(TEMPLATE.format(name="job.toml"), name="job.toml")).to_html()
