"""Every statement is held against the archived bytes, whatever its observer said (`explain --verify`)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_crawl import NOON, ORIGIN, SmallCrawl

from crawler.archive import Revisit, Store, open_store
from crawler.archive.errors import ObjectMissing
from crawler.archive.reading import Archive
from crawler.evidence import Checked, Evidence, Standing
from provenance.database import Database
from provenance.queries.explain import receipt

ROOT = Path(__file__).parents[2]
PAGE = b'<p>a</p><p><a rel="license" href="/terms">Our terms</a></p>'
FILE = b"User-agent: GPTBot\nDisallow: /\n"


def observation(locator: str, raw: str, url: str = f"{ORIGIN}/1") -> dict[str, Any]:
    """An observation as a metadata record has it; what it states does not matter here."""
    statement = {
        "kind": "licence.link",
        "protocol": "HTML rel=license",
        "usage": "ai-train",
        "verdict": "unknown",
        "legal_effect": "notice",
    }
    return {
        "statement": statement,
        "source": {"channel": "html_link", "url": url, "locator": locator},
        "raw": raw,
    }


LINK = '<a rel="license" href="/terms">Our terms</a>'
PATH = "html > body > p:nth-of-type(2) > a"


Check = Callable[..., tuple[Checked, ...]]


@pytest.fixture
def check(sqlite: Database, directory_store: Store, spool_dir: Path) -> Check:
    """Archive a file of the host and a page with these observations, and hold them against the bytes."""

    def archived(*observations: dict[str, Any], **noted: Any) -> tuple[Checked, ...]:
        noted["observations"] = observations
        crawl = SmallCrawl.begin(sqlite, spool_dir)
        crawl.open_segment()
        crawl.page(FILE)
        crawl.page(PAGE, **noted)
        crawl.page(PAGE, revisit_of=Revisit(url=f"{ORIGIN}/1", fetched_at=NOON), **noted)
        crawl.commit()
        crawl.finish(directory_store)
        evidence = Evidence(sqlite, Archive(directory_store, spool_dir))
        (asked,) = receipt(sqlite, f"{ORIGIN}/1").captures
        (again,) = receipt(sqlite, f"{ORIGIN}/2").captures
        alike = [one.standing for one in evidence.check(again)]
        assert alike == [one.standing for one in evidence.check(asked)]
        return evidence.check(asked)

    return archived


@pytest.mark.parametrize(
    ("locator", "raw", "standing"),
    [
        pytest.param(PATH, LINK, Standing.FOUND, id="where it was seen"),
        pytest.param(PATH, LINK.replace("Our", "No"), Standing.NOT_FOUND, id="other words"),
        pytest.param("html > body > p", LINK, Standing.NOT_FOUND, id="another place"),
        pytest.param("Content-Type[0]", "text/html", Standing.FOUND, id="a header"),
        pytest.param("X-Robots-Tag[0]", "noai", Standing.NOT_FOUND, id="a header that never came"),
    ],
)
def test_a_statement_stands_or_does_not(check: Check, locator: str, raw: str, standing: Standing) -> None:
    """The page and the unchanged page that points to it are read alike; a lie is found."""
    (one,) = check(observation(locator, raw))
    assert one.standing is standing
    assert one.is_finding is (standing is Standing.NOT_FOUND)


def test_a_hosts_file_is_found_by_its_capture(check: Check) -> None:
    """A statement of robots.txt is held against the very robots.txt that spoke then."""
    file, strange = f"{ORIGIN}/robots.txt", f"{ORIGIN}/ai.txt"
    first = 1 << 24  # the first capture of the first visit
    found, changed, unknown = check(
        observation("line 1, line 2", "User-agent: GPTBot\nDisallow: /", file),
        observation("line 2", "Disallow: /private", file),
        observation("line 1", "User-agent: *", strange),
        site_documents={file: first, strange: first + 99},
    )
    assert (found.standing, changed.standing) == (Standing.FOUND, Standing.NOT_FOUND)
    assert unknown.standing is Standing.UNREADABLE
    assert unknown.is_finding


def test_bytes_that_are_gone_are_a_finding(
    check: Check, sqlite: Database, directory_store: Store, spool_dir: Path, tmp_path: Path
) -> None:
    """Nothing can be shown without the bytes, and nobody pretends."""
    check(observation(PATH, LINK))
    (asked,) = receipt(sqlite, f"{ORIGIN}/1").captures
    with pytest.raises(ObjectMissing):
        Evidence(sqlite, Archive(open_store((tmp_path / "elsewhere").as_uri()), spool_dir)).check(asked)


def test_a_statement_of_another_release_is_a_finding_and_no_fault(check: Check) -> None:
    """Its words are on record; whether they stand there, this release cannot say."""
    later = observation(PATH, LINK)
    later["statement"]["usage"] = "a usage of the day after tomorrow"
    unread, found = check(later, observation(PATH, LINK))
    assert (unread.standing, found.standing) == (Standing.UNREADABLE, Standing.FOUND)
    assert unread.is_finding


def explain(tmp_path: Path, *options: str, reader: bool = True) -> subprocess.CompletedProcess[str]:
    """Run ``aboveboard explain`` over what was archived, read by somebody or by nobody any more."""
    command = [sys.executable, "-m", "crawler", "explain", f"{ORIGIN}/1", *options]
    command += ["--database", f"sqlite:///{tmp_path}/provenance.db", "--store", (tmp_path / "store").as_uri()]
    read, write = os.pipe()
    with os.fdopen(read) as out, os.fdopen(write, "wb") as into:
        if not reader:
            out.close()
        done = subprocess.run(
            command, stdout=into, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False, timeout=60
        )
        into.close()
        return subprocess.CompletedProcess(
            command, done.returncode, out.read() if reader else "", done.stderr
        )


@pytest.mark.parametrize(
    ("options", "raw", "code"),
    [
        pytest.param([], LINK, 0, id="asked for the receipt"),
        pytest.param(["--verify"], "other words", 1, id="something does not"),
        pytest.param(["--verify", "--format", "json"], "other words", 1, id="for a program"),
    ],
)
def test_a_reader_who_leaves_changes_nothing_of_what_was_found(
    check: Check, tmp_path: Path, options: list[str], raw: str, code: int
) -> None:
    """``aboveboard explain URL | head -1``: the exit code is the answer's, not the pipe's."""
    check(observation(PATH, raw))
    done = explain(tmp_path, *options, reader=False)
    assert (done.returncode, done.stderr) == (code, "")


def test_an_archive_that_is_gone_is_told_beside_the_receipt(check: Check, tmp_path: Path) -> None:
    """What the database knows is still told; that the rest cannot be read is a finding."""
    check(observation(PATH, LINK))
    for segment in (tmp_path / "store").rglob("*.warc.gz"):
        segment.unlink()
    done = explain(tmp_path, "--verify")
    assert done.returncode == 1
    assert f"document: {ORIGIN}/1\n" in done.stdout
    assert "unreadable: 1 of 1 exchanges" in done.stdout
