"""The demo site crawled from the outside, and its own table as the judge."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from crawled import DemoCrawl
from outside import Workplace
from selectolax.lexbor import LexborHTMLParser

from crawler.demo.expectations import Fate

_ARCHIVED = {Fate.DOCUMENT, Fate.REDIRECT, Fate.FAILURE, Fate.SITE_DOCUMENT}


def test_every_url_meets_the_fate_that_the_table_foretells(demo_crawl: DemoCrawl) -> None:
    """No archived exchange more, none less, each of its kind."""
    kinds = {row["url"]: row["kind"] for row in demo_crawl.captures}
    archived_refusals = {row["url"] for row in demo_crawl.refusals if row["rule"].startswith("site.http-")}
    foretold = {url: row.fate.value for url, row in demo_crawl.expected.items() if row.fate in _ARCHIVED}
    assert {url: kind for url, kind in kinds.items() if url not in archived_refusals} == foretold


def test_no_exchange_is_archived_twice(demo_crawl: DemoCrawl) -> None:
    assert [
        url for url, count in Counter(row["url"] for row in demo_crawl.captures).items() if count > 1
    ] == []


def test_every_document_has_the_licences_and_the_outcome_that_the_table_foretells(
    demo_crawl: DemoCrawl,
) -> None:
    """Of all things that a crawl says, this is what a data team reads."""
    said = {
        row["url"]: (tuple(row["licences"]), row["outcome"])
        for row in demo_crawl.captures
        if row["kind"] == "document"
    }
    foretold = {
        url: (row.licences, row.outcome)
        for url, row in demo_crawl.expected.items()
        if row.fate is Fate.DOCUMENT
    }
    assert said == foretold


def test_every_refusal_is_on_record_under_its_rule(demo_crawl: DemoCrawl) -> None:
    """A refusal is a result: rule, reason and evidence, as queryable as a document."""
    said = {row["url"]: row["rule"] for row in demo_crawl.refusals}
    foretold = {url: row.rule for url, row in demo_crawl.expected.items() if row.fate is Fate.REFUSED}
    assert said == foretold
    assert [row for row in demo_crawl.refusals if not (row["reason"] and row["evidence"])] == []


def test_rows_have_what_was_promised(demo_crawl: DemoCrawl) -> None:
    """The keys that others build on."""
    promised = (
        "url fetched_at status media_type payload_digest length warc_uri warc_offset warc_length run site licences "
        "rights_set outcome reasons"
    )
    assert [row for row in demo_crawl.captures if not set(promised.split()) <= row.keys()] == []
    promised = "url at rule reason evidence run site"
    assert [row for row in demo_crawl.refusals if not set(promised.split()) <= row.keys()] == []


def test_the_server_saw_one_request_a_url_and_none_that_the_table_does_not_list(
    demo_crawl: DemoCrawl,
) -> None:
    """The access log is the judge: what was refused was never asked for, but where the refusal is the answer."""
    asked = Counter(demo_crawl.origin + line.target for line in demo_crawl.log)
    may_be_asked = {
        url
        for url, row in demo_crawl.expected.items()
        if row.fate in _ARCHIVED or (row.rule or "").startswith("site.http-")
    }
    assert asked == Counter(may_be_asked)


def test_robots_txt_comes_first(demo_crawl: DemoCrawl) -> None:
    assert demo_crawl.log[0].target == "/robots.txt"


def test_every_request_says_who_we_are(demo_crawl: DemoCrawl) -> None:
    """An honest User-Agent and a mailbox, and nothing that would set us apart from one page to the next."""
    agents = {line.headers["User-Agent"] for line in demo_crawl.log}
    assert len(agents) == 1
    assert agents.pop().startswith("Aboveboard/")
    assert {line.headers["From"] for line in demo_crawl.log} == {"demo@example.org"}
    assert {name for line in demo_crawl.log for name in line.headers} == {
        "Host", "User-Agent", "From", "Accept", "Accept-Encoding",
    }  # fmt: skip  # one line, as it goes over the wire


def test_the_summary_is_for_people(demo_crawl: DemoCrawl) -> None:
    """Captured, refused by rule, what needs a person, and where everything lies."""
    said = demo_crawl.ended.err
    documents = sum(row.fate is Fate.DOCUMENT for row in demo_crawl.expected.values())
    assert f"{documents} documents" in said
    for words in ("needs review by a person", "robots.disallow", "site.http-451", "provenance.db", "store"):
        assert words in said


def test_store_and_database_agree(demo_crawl: DemoCrawl) -> None:
    assert demo_crawl.place.verify()["captures"] == len(demo_crawl.captures)


def test_the_demo_is_one_command(place: Workplace) -> None:
    """A newcomer's first command, in an empty folder: it prints where the report is, and the report is there."""
    ended = place.run("demo")
    report = Path(ended.out.strip())
    assert "77 documents" in ended.err
    page = LexborHTMLParser(report.read_bytes())
    assert page.css_first("h1") is not None
    assert "CC-BY-4.0" in page.text()
    assert report.is_relative_to(place.folder)
