"""A data team forgets: on request, for good, provably, and never to be fetched again.  The server's log is the judge."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from outside import Workplace

from crawler.demo import DemoServer
from crawler.demo.job import job_text
from provenance.database import Database
from provenance.erasures import Scope, ScopeKind, hide

CHECK = Path(__file__).with_name("check_certificate.py")
WHY = ("--reason", "GDPR art. 17", "--requested-by", "A. Nonymous")
PAGE, FOLDER = "backlist/harbour.html", "books/"


@pytest.fixture
def server() -> Iterator[DemoServer]:
    """The demo site, for a crawl and another one after it."""
    with DemoServer() as running:
        yield running


@pytest.fixture
def crawled(place: Workplace, server: DemoServer) -> Workplace:
    """A folder that holds the demo site."""
    place.run("crawl", place.write(job_text(server.url)))
    return place


def asked_again(place: Workplace, server: DemoServer, *, code: int) -> Counter[str]:
    """Crawl again; return how often the server was asked for which URL."""
    before = len(server.log)
    place.run("crawl", "job.toml", code=code)
    return Counter(server.url.rstrip("/") + line.target for line in server.log[before:])


def urls(place: Workplace) -> set[str]:
    return {row["url"] for row in place.captures()}


def answers(place: Workplace, site: str) -> str:
    """Return everything that the program says of what it holds."""
    asked = [
        ("query", "--kind", "all", "--format", "jsonl"),
        ("query", "--usage", "ai-input", "--policy", "observe", "--format", "jsonl"),
        ("query", "--refusals", "--format", "jsonl"),
        ("decide", "--policy", "observe", "--format", "jsonl"),
        ("decide", "--policy", "observe", "--compare", "strict-optin", "--format", "jsonl"),
        *(("report", site, "--output", "-", "--format", form) for form in ("html", "json", "csv")),
    ]
    return "\n".join(place.ask(*arguments) for arguments in asked)


def archived(place: Workplace) -> bytes:
    """Return what lies in store and spool, uncompressed."""
    files = [file for file in (place.folder / "aboveboard-data").rglob("*") if file.is_file()]
    return b"\0".join(
        gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for file in files
        if {"store", "spool"} & set(file.parts)
    )


def certificate(place: Workplace, erasure: int) -> dict[str, Any]:
    """Have an erasure certified, and checked by a script that knows nothing of us."""
    file = place.folder / f"certificate-{erasure}.json"
    place.ask("erasure", "certificate", str(erasure), "--output", str(file))
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    checked = subprocess.run(
        [sys.executable, "-I", str(CHECK), str(file), told["public_key"]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    return told


def test_a_team_forgets_a_page_and_a_folder(crawled: Workplace, server: DemoServer) -> None:
    """Look first, mind a legal hold, erase, verify, have it certified, crawl again: it is not fetched."""
    place, page, folder = crawled, server.url + PAGE, server.url + FOLDER
    before = urls(place)
    doomed = {url for url in before if url == page or url.startswith(folder)}
    assert len(doomed) > 2

    seen = json.loads(place.ask("erase", "--prefix", folder, *WHY, "--dry-run", "--format", "json"))
    assert seen["plan"]["captures"] == len(doomed) - 1
    place.ask("hold", "place", "--prefix", folder, "--reason", "case 7", "--by", "J. Doe")
    said = place.run("erase", "--site", "127.0.0.1", *WHY, "--yes", code=1).err
    assert "legal hold 1" in said
    assert "J. Doe" in said
    place.ask("hold", "lift", "1")
    assert urls(place) == before

    for number, scope in enumerate([("--url", page), ("--prefix", folder)], start=1):
        done = json.loads(place.ask("erase", *scope, *WHY, "--yes", "--format", "json"))
        assert (done["erasure"]["id"], done["waits_for"]) == (number, None)
    assert urls(place) == before - doomed
    assert place.verify()["captures"] == len(before - doomed)
    kept = archived(place)
    assert [url for url in doomed if f"WARC-Target-URI: {url}\r\n".encode() in kept] == []

    told = [certificate(place, number) for number in (1, 2)]
    assert [one["scope"]["value"] for one in told] == [page, folder]
    assert sum(one["erased"]["exchanges"] for one in told) == len(doomed)
    assert {one["facts"]["proof"]["hits"] for one in told} == {0}
    assert {operator["contact"] for one in told for operator in one["operators"]} == {"demo@example.org"}

    asked = asked_again(place, server, code=0)
    assert doomed & asked.keys() == set()
    assert asked[f"{server.url}robots.txt"] == 1
    refused = {row["url"] for row in place.data("--refusals", "--rule", "erasure.suppressed")}
    assert page in refused
    assert {url for url in refused if url != page and not url.startswith(folder)} == set()
    assert urls(place) == before - doomed
    place.verify()


def test_what_is_to_be_forgotten_is_in_no_answer_from_the_first_moment(
    crawled: Workplace, server: DemoServer
) -> None:
    """Its bytes may still lie there; no query, receipt, decision or report meets them.  Then its whole site goes."""
    page, host = server.url + PAGE, "127.0.0.1"
    assert page in answers(crawled, host)
    [row] = crawled.data("--prefix", page)
    [site] = crawled.data("--sites")
    with Database.open(f"sqlite:///{crawled.folder}/aboveboard-data/provenance.db") as database:
        scope = Scope.parse(ScopeKind.URL, page)
        hide(database, scope, reason="r", requested_by="x", at=datetime.now(UTC), suppresses=True)
    said = answers(crawled, host)
    assert page not in said
    assert row["payload_digest"] not in said
    [fewer] = crawled.data("--sites")
    assert (fewer["captures"], fewer["bytes"]) == (site["captures"] - 1, site["bytes"] - row["length"])
    assert "erasure 1" in crawled.run("explain", page, code=2).err
    assert "nothing is known" in crawled.run("explain", row["payload_digest"], code=2).err
    assert f"WARC-Target-URI: {page}\r\n".encode() in archived(crawled)
    crawled.ask("recover")
    assert f"WARC-Target-URI: {page}\r\n".encode() not in archived(crawled)
    crawled.verify()

    crawled.ask("erase", "--site", host, *WHY, "--yes")
    assert urls(crawled) == set()
    assert [
        file for file in (crawled.folder / "aboveboard-data" / "store").rglob("*") if file.is_file()
    ] == []
    assert certificate(crawled, 2)["facts"]["proof"]["hits"] == 0
    assert asked_again(crawled, server, code=3) == Counter(), "not even its robots.txt"
    [refused] = crawled.data("--refusals", "--rule", "erasure.suppressed")
    assert refused["evidence"] == f"erasure 2: site {host}"
    crawled.verify()
