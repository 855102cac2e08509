"""Every statement is held against the archived bytes, whatever its observer said (`explain --verify`)."""

from __future__ import annotations

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
