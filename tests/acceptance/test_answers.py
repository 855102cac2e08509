"""What one can ask afterwards, and meanwhile: the receipt, the plan, the runs, the log, the pipe."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from crawled import DemoCrawl
from loopback_site import FILES, LoopbackSite, Reply, tree
from outside import Workplace, environment, finish, heard, job, wait_until


def _payload(place: dict[str, Any]) -> bytes:
    """Return the response record at a place of a receipt, read without any code of ours."""
    with Path(unquote(urlsplit(place["warc_uri"]).path)).open("rb") as segment:
        segment.seek(place["offset"])
        return gzip.decompress(segment.read(place["length"]))


def _receipt(crawl: DemoCrawl, path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(crawl.place.ask("explain", crawl.origin + path, "--format", "json"))
    return found


def test_a_receipt_answers_who_asked_who_permitted_what_was_stated_and_what_was_decided(
    demo_crawl: DemoCrawl,
) -> None:
    """As data: everything that design and requirements want a document to answer."""
    (capture,) = _receipt(demo_crawl, "/essays/on-copying.html")["captures"]
    assert capture["run"]["user_agent"] == demo_crawl.log[0].headers["User-Agent"]
    assert capture["run"]["contact"] == "demo@example.org"
    assert capture["admissions"][0]["basis"]
    assert f"User-Agent: {capture['run']['user_agent']}" in capture["request_head"]
    assert capture["permission"]["granted"] is True
    assert capture["permission"]["robots"]["url"] == f"{demo_crawl.origin}/robots.txt"
    assert (
        {row["statement"]["kind"] for row in capture["observations"]}
        == {
            "licence.link",
            "robots.ai_agent_disallow",
            "aitxt.spawning",  # it keeps pictures from training: recorded for the page, and no part of its decision
        }
    )
    assert capture["rights"]["licences"] == ["CC-BY-4.0"]
    (decision,) = capture["decisions"]
    assert (decision["outcome"], decision["usage"]) == ("needs_review", "ai-train-gen")
    assert decision["reasons"]


@pytest.mark.parametrize(
    "path",
    [
        "/essays/on-copying.html",
        "/journal/quiet-hours.html",
        "/books/hedgerow-songs.html",
        "/media/readings.txt",
    ],
)
def test_every_raw_text_stands_in_the_archived_bytes(demo_crawl: DemoCrawl, path: str) -> None:
    """A statement's raw text is found again where the receipt says: in the page's record, or in robots.txt's."""
    (capture,) = _receipt(demo_crawl, path)["captures"]
    said = {f"{demo_crawl.origin}{path}": capture["place"]}
    for name in ("/robots.txt", "/ai.txt"):
        (file,) = _receipt(demo_crawl, name)["captures"]
        said[f"{demo_crawl.origin}{name}"] = file["place"]
    assert said[f"{demo_crawl.origin}/robots.txt"] == capture["permission"]["robots"]["place"]
    assert capture["observations"]
    for observation in capture["observations"]:
        assert observation["source"]["locator"]
        kept = _payload(said[observation["source"]["url"]]).decode()
        assert all(line in kept for line in observation["raw"].splitlines()), observation


def test_a_permission_names_its_line_and_where_the_file_lies(demo_crawl: DemoCrawl) -> None:
    """A longer Allow overrides a Disallow: both lines are named, and both stand in the archived robots.txt."""
    (capture,) = _receipt(demo_crawl, "/private/press-kit.html")["captures"]
    permission = capture["permission"]
    assert permission["line_text"].startswith("Allow: /private/press-kit")
    assert permission["overridden_line_text"] == "Disallow: /private/"
    _, _, body = _payload(permission["robots"]["place"]).split(b"\r\n\r\n", 2)
    lines = body.decode().splitlines()
    assert lines[permission["line_number"] - 1] == permission["line_text"]
    assert lines[permission["overridden_line_number"] - 1] == permission["overridden_line_text"]


def test_a_refusal_has_a_receipt_as_well(demo_crawl: DemoCrawl) -> None:
    found = _receipt(demo_crawl, "/private/ledger.html")
    assert found["captures"] == []
    (refusal,) = found["refusals"]
    assert refusal["rule"] == "robots.disallow"
    assert refusal["permission"]["line_text"] == "Disallow: /private/"


def test_a_receipt_reads_like_one(demo_crawl: DemoCrawl) -> None:
    """As text: fetch, identity, permission, statements with their place and raw text, decision, bytes."""
    said = demo_crawl.place.ask("explain", f"{demo_crawl.origin}/journal/given-and-kept.html")
    for label in [
        "fetched",
        "payload",
        "asked",
        "as",
        "admitted",
        "permission",
        "stated",
        "rights",
        "decided",
        "because",
        "bytes",
    ]:
        assert f" {label} " in said or f"  {label}" in said
    for words in ("robots.txt", "CC-BY-4.0", "noai", "needs_review", "warc.gz at", "sha256:"):
        assert words in said


def test_a_digest_is_explained_as_a_url_is(demo_crawl: DemoCrawl) -> None:
    """Two addresses, the same bytes: both are told."""
    notice = [row for row in demo_crawl.captures if row["url"].endswith("/press/notice.html")]
    found = json.loads(demo_crawl.place.ask("explain", notice[0]["payload_digest"], "--format", "json"))
    assert {row["url"].rpartition("/")[2] for row in found["captures"]} == {"notice.html", "notice-copy.html"}


def test_the_report_of_a_site_is_one_file(demo_crawl: DemoCrawl) -> None:
    """HTML for people, JSON for programs: the same counts as the rows."""
    data = json.loads(demo_crawl.place.ask("report", "127.0.0.1", "--format", "json"))
    documents = [row for row in demo_crawl.captures if row["kind"] == "document"]
    assert str(len(documents)) in json.dumps(data)
    page = demo_crawl.place.folder / "site.html"
    demo_crawl.place.ask("report", "127.0.0.1", "--output", str(page))
    text = page.read_text(encoding="utf-8")
    assert "CC-BY-SA-4.0" in text
    assert 'src="http' not in text  # one file: nothing is loaded from anywhere


def test_the_log_is_one_object_a_line(demo_crawl: DemoCrawl) -> None:
    lines = (demo_crawl.place.folder / "crawl.log").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all({"event", "level", "timestamp"} <= json.loads(line).keys() for line in lines)


def test_answers_go_through_pipes(demo_crawl: DemoCrawl) -> None:
    """Rows on standard output and nothing else; a reader that has enough is no error."""
    command = f"{sys.executable} -m crawler query --format jsonl | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=demo_crawl.place.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    row, code = done.stdout.splitlines()
    assert json.loads(row)["url"].startswith(demo_crawl.origin)
    assert code == "0"
    assert done.stderr == ""


def test_a_plan_asks_for_site_documents_only(place: Workplace) -> None:
    """It says what would be asked for and refused, and at what pace; then the crawl itself is a new run."""

    def with_sitemap(path: str) -> Reply:
        if path != "/sitemap.xml":
            robots = f"User-agent: *\nDisallow: /3.html\nCrawl-delay: 1\nSitemap: {site.origin}/sitemap.xml\n"
            return tree(4, robots=robots)(path)
        places = "".join(f"<url><loc>{site.origin}/{page}.html</loc></url>" for page in (1, 2, 3))
        return Reply(body=f"<urlset>{places}</urlset>".encode(), media_type="application/xml")

    with LoopbackSite(with_sitemap) as site:
        planned = place.run("crawl", place.write(job(site.url)), "--plan")
        assert site.log.mostly() == ["/robots.txt", "/sitemap.xml"]
        assert set(site.log.paths()) == {"/robots.txt", "/sitemap.xml", *FILES}
    row = next(line for line in planned.err.splitlines() if site.origin in line)
    assert [words.strip() for words in row.strip("│ ").split("│")] == [
        site.origin, "available", "tdmrep.json: absent", "3", "1 robots.disallow", "at least 1 s",
    ]  # fmt: skip  # a row of the table
    assert {row["kind"] for row in place.captures()} == {"site-document"}


def test_a_run_that_waits_says_for_what_and_until_when(place: Workplace) -> None:
    """Off a terminal in plain lines; and while it waits it can be stopped."""
    place.ask("db", "upgrade")
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        process = place.start("crawl", place.write(job(f"http://127.0.0.1:{nobody.getsockname()[1]}/")))
        said = heard("waiting: 127.0.0.1 due at", process)
        wait_until(lambda: [row["state"] for row in place.runs()] == ["waiting"], process, look=0.3)
        (run,) = place.runs()
        process.send_signal(signal.SIGINT)
        stopped = finish(process)
    assert stopped.code == 130
    assert "127.0.0.1: due at" in run["waiting_for"][0]
    assert "\x1b" not in said + stopped.err
    assert [row["state"] for row in place.runs()] == ["interrupted"]
