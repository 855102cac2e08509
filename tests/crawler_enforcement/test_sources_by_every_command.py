"""Whichever command crawls: a revoked site is asked for nothing; and what a crawl records of its source and documents."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from loopback_site import MISSING, LoopbackSite, Reply
from outside import REPOSITORY, Workplace, finish, job

from provenance.admissions import revoke
from provenance.database import Database

SITE = "127.0.0.1"
TEXT = " ".join(f"word{number % 97}" for number in range(300))


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


def _answer(path: str) -> Reply:
    if path == "/robots.txt":
        return Reply(body=b"User-agent: *\nAllow: /\n", media_type="text/plain")
    pages = {
        "/": Reply(body=f"<html lang=de-AT><p>{TEXT}<a href=/kurz>kurz</a>".encode()),
        "/kurz": Reply(body=b"<p>too little to tell by", headers=[("Content-Language", "en, fr")]),
    }
    return pages.get(path, MISSING)


def revoked(place: Workplace) -> None:
    with Database.open(f"sqlite:///{place.folder}/aboveboard-data/provenance.db") as database:
        revoke(database, SITE, by="R. Roe", reason="its owner called")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param(["crawler", "crawl", "job.toml"], 3, id="crawl"),
        pytest.param(["crawler", "crawl", "job.toml", "--plan"], 3, id="a plan"),
        pytest.param(["scrapy", "crawl", "site", "-a", "job=job.toml"], 0, id="scrapy's own"),
    ],
)
def test_no_command_goes_around_the_register(place: Workplace, command: list[str], code: int) -> None:
    (place.folder / "scrapy.cfg").write_bytes((REPOSITORY / "scrapy.cfg").read_bytes())
    revoked(place)
    with LoopbackSite(_answer) as site:
        place.write(job(site.url))
        ended = finish(place.begin(*command))
        assert ended.code == code, ended
        assert site.log.paths() == []
    assert [row["rule"] for row in place.data("--refusals")] == ["source.revoked"]


def test_a_url_on_the_command_line_is_bound_as_well(place: Workplace) -> None:
    """And is told why, with the way back."""
    revoked(place)
    with LoopbackSite(_answer) as site:
        ended = place.run("crawl", site.url, "--contact", "crawler@example.org", code=3)
        assert site.log.paths() == []
    assert "its source was revoked; 'aboveboard source admit' admits it again" in ended.err


def test_a_crawl_records_its_source_and_its_documents_language_and_fingerprint(place: Workplace) -> None:
    with LoopbackSite(_answer) as site:
        place.run("crawl", place.write(job(site.url)))
        url = site.url
    shown = json.loads(place.ask("source", "show", SITE, "--format", "jsonl"))
    assert (shown["stands"]["state"], shown["stands"]["by"], shown["documents"]) == (
        "in-force",
        "the tests",
        2,
    )
    assert [run["documents"] for run in shown["runs"]] == [2]
    assert f"{SITE}#1 is in-force, by the tests: our own" in place.ask("explain", url)
    with sqlite3.connect(place.folder / "aboveboard-data" / "provenance.db") as connection:
        kept = connection.execute("SELECT path, language, simhash FROM capture WHERE kind = 'document'")
        rows = {path: (language, simhash) for path, language, simhash in kept}
    connection.close()
    assert rows["/"][0] == "de-at"
    assert isinstance(rows["/"][1], int)
    assert rows["/kurz"] == ("en", None)
