"""What a policy does not let us keep is nowhere: not in the spool, not in the store, not in the database.

Its record stays (decision, statements, links), so that the run can be resumed, verified and explained.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from many_hosts import FILES, MISSING, Answer, Hosts, Reply, text
from permission_crawl import Crawl, site_of_job

from crawler.archive.reading import Archive, read_head, read_metadata, read_payload
from crawler.archive.store import open_store
from crawler.archive.verification import verify
from crawler.commands.receipt import Explained
from provenance import reports
from provenance.database import Database
from provenance.queries.explain import receipt
from provenance.queries.receipts import CaptureReceipt

SECRET = b"a nightingale that nobody may keep"
FIELD = "X-Nightingale"
RESERVED = [("tdm-reservation", "1"), (FIELD, "head")]
LICENCE = b'<a rel=license href="https://creativecommons.org/licenses/by/4.0/">CC BY</a>'
OPEN = text("User-agent: *\nAllow: /\n")


def reserved(*links: str) -> Reply:
    """Return a page whose header reserves it: not permitted."""
    body = b"<!doctype html><title>A page</title><p>" + SECRET + b"</p>" * 10
    return Reply(body=body + "".join(f'<a href="{link}">on</a>' for link in links).encode(), headers=RESERVED)


def site(pages: dict[str, Reply]) -> Answer:
    return lambda path: OPEN if path == "/robots.txt" else MISSING if path in FILES else pages[path]


def capture_of(crawl: Crawl, url: str) -> CaptureReceipt:
    with Database.open(crawl.database) as database:
        [capture] = receipt(database, url).captures
    return capture


def bytes_below(folder: Path) -> bytes:
    """Return everything that any file holds, compressed or not."""
    parts = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            body = file.read_bytes()
            parts += [body, gzip.decompress(body) if file.suffix == ".gz" else b""]
    return b"\0".join(parts)


@pytest.mark.parametrize(
    ("policy", "kept", "head"),
    [
        pytest.param("strict-optin", "headers", True, id="the head alone"),
        pytest.param("cn-strict", "nothing", False, id="the status line alone"),
    ],
)
def test_a_body_that_may_not_be_kept_is_nowhere(crawl: Crawl, policy: str, kept: str, *, head: bool) -> None:
    """A page whose header reserves it leaves its record behind; a licensed one stays whole."""
    free = Reply(body=b"<!doctype html><p>a lapwing that anybody may keep " + LICENCE)
    with Hosts(
        {"kept.org": site({"/": reserved("/free", "/again"), "/again": reserved(), "/free": free})}
    ) as hosts:
        job = site_of_job(hosts.url("kept.org"), site="kept.org")
        crawl.run(hosts, job, policy=policy)
    everything = bytes_below(crawl.folder)
    assert SECRET not in everything
    assert b"a lapwing that anybody may keep" in everything
    assert (f"{FIELD}: head".encode() in everything) is head
    assert {row.url: row.kept for row in crawl.captures() if row.kind == "document"} == {
        hosts.url("kept.org", "/"): kept,
        hosts.url("kept.org", "/again"): kept,
        hosts.url("kept.org", "/free"): "body",
    }


def test_the_record_of_such_a_page_stays(crawl: Crawl) -> None:
    """Its place, its statements, its decision with the clause that was applied, and where it led."""
    with Hosts({"kept.org": site({"/": reserved("/on"), "/on": reserved()})}) as hosts:
        crawl.run(hosts, site_of_job(hosts.url("kept.org"), site="kept.org"))
    assert hosts.pages("kept.org") == ["/", "/on"]
    capture = capture_of(crawl, hosts.url("kept.org"))
    archive, place = Archive(open_store(crawl.store), crawl.folder), capture.place
    where = (place.segment_key, place.offset, place.length)
    assert read_head(archive, *where).startswith(b"HTTP/1.1 200 OK\r\n")
    assert read_payload(archive, *where) == b""
    noted = read_metadata(archive, place.segment_key, place.metadata_offset, place.metadata_length)
    assert noted["outlinks"]["hrefs"] == ["/on"]
    assert [one["statement"]["kind"] for one in noted["observations"]] == ["tdmrep.header"]
    assert noted["retention"] == {"keep": "headers"}
    assert (
        noted["exchange"]["truncated"] == "unspecified"
    )  # WARC-Truncated, with a reason that is not the wire's
    with Database.open(crawl.database) as database:
        found = verify(database, open_store(crawl.store), crawl.folder / "spool")
        summary = reports.summary(database, 1)
        assert "headers" in str(Explained.of(receipt(database, hosts.url("kept.org")), archive).to_json())
    assert found.findings == ()
    assert (summary.captured, summary.not_kept) == (2, {"headers": {"not_permitted": 2}})


def test_an_identical_page_points_at_no_body_that_was_not_kept(crawl: Crawl) -> None:
    """The same bytes, reserved by one header and licensed by another: the second is kept whole, not as a revisit."""
    body = b"<!doctype html><p>" + b"the same lapwing " * 20
    licensed = Reply(
        body=body, headers=[("Link", '<https://creativecommons.org/licenses/by/4.0/>; rel="license"')]
    )
    pages = {"/1": Reply(body=body, headers=RESERVED), "/2": licensed, "/3": licensed}
    with Hosts({"kept.org": site(pages)}) as hosts:
        starts = [hosts.url("kept.org", path) for path in pages]
        crawl.run(hosts, site_of_job(*starts, site="kept.org").replace("= 16", "= 1"))
    rows = {row.url.rpartition("/")[2]: row for row in crawl.captures() if row.kind == "document"}
    assert [rows[name].kept for name in "123"] == ["headers", "body", "body"]
    assert [rows[name].length for name in "123"] == [0, len(body), len(body)]
    archive = Archive(open_store(crawl.store), crawl.folder)
    place = capture_of(crawl, hosts.url("kept.org", "/2")).place
    assert read_payload(archive, place.segment_key, place.offset, place.length) == body


def test_a_run_is_resumed_over_pages_that_were_not_kept(crawl: Crawl) -> None:
    """The one link to the host that is not ready yet stood in a body that is gone: its record has it."""
    later = Reply(status=503, headers=[("Retry-After", "86000")])
    with Hosts({"kept.org": site({}), "late.kept.org": lambda path: later}) as hosts:
        hosts.answers["kept.org"] = site({"/": reserved(hosts.url("late.kept.org", "/"))})
        job = site_of_job(
            hosts.url("kept.org"),
            include=[hosts.url("kept.org"), hosts.url("late.kept.org")],
            site="kept.org",
        )
        crawl.run(hosts, job, code=4)
        first = hosts.asked("kept.org")
        crawl.run(hosts, job, code=4)
    assert hosts.asked("kept.org") == first
    assert "late.kept.org" in crawl.answer["waits"][0]


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        pytest.param(Reply(status=403, body=SECRET), ["http.access"], id="403"),
        pytest.param(
            Reply(status=402, body=SECRET, headers=[("crawler-price", "USD 0.01")]),
            ["http.access", "http.payment"],
            id="H1: 402 with a price",
        ),
        pytest.param(Reply(status=451, body=SECRET), ["http.access"], id="451"),
        pytest.param(
            Reply(body=SECRET, headers=[("cf-mitigated", "challenge")]), ["http.access"], id="H2: a challenge"
        ),
    ],
)
def test_an_answer_that_turns_us_away_states_something(crawl: Crawl, answer: Reply, kinds: list[str]) -> None:
    """Signals §15: it is no document, its body is discarded, nothing is paid; what it states is decided like the rest."""
    with Hosts({"no.org": site({"/": answer})}) as hosts:
        crawl.run(hosts, site_of_job(hosts.url("no.org"), site="no.org"), code=None)
    assert SECRET not in bytes_below(crawl.folder)
    capture = capture_of(crawl, hosts.url("no.org"))
    assert capture.kind == "failure"
    assert capture.rights is not None
    [decision] = capture.decisions
    assert decision.outcome == "not_permitted"
    archive, place = Archive(open_store(crawl.store), crawl.folder), capture.place
    noted: dict[str, Any] = read_metadata(
        archive, place.segment_key, place.metadata_offset, place.metadata_length
    )
    assert sorted(one["statement"]["kind"] for one in noted["observations"]) == kinds
