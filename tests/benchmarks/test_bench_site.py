"""The bench's own yardstick: what it counts as a page, and that it serves what it counts."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.request import urlopen

import pytest
from bench_site import NGINX, BenchError, BenchSite


@pytest.fixture
def documentation(tmp_path: Path) -> Path:
    """A folder of three pages that are linked, one that is not, and a file that is no page."""
    files = {
        "index.html": '<a href="one.html#top">1</a> <a href="./one.html?q">1</a> <a href="sub/">2</a> <a href="notes.txt">n</a>',
        "one.html": '<a href="absent.html">x</a> <a href="http://elsewhere.example/">y</a> <a href="http://[no">z</a>',
        "sub/index.html": '<a href="../index.html">back</a> <map><area href="../two%20words.html"></map>',
        "two words.html": "",
        "orphan.html": "",
        "notes.txt": "no page",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_pages_are_what_links_lead_to_on_disk(documentation: Path) -> None:
    """Fragments, queries and spellings fold; missing files, other hosts and orphans are no pages."""
    if NGINX is None:
        if os.environ.get("ABOVEBOARD_REQUIRE_SERVICES") == "1":
            pytest.fail("no nginx, and ABOVEBOARD_REQUIRE_SERVICES=1")
        pytest.skip("no nginx")
    with BenchSite(sources={"docs": (documentation, "index.html")}) as site:
        expected = {
            "/",
            "/docs/index.html",
            "/docs/one.html",
            "/docs/sub/",
            "/docs/two%20words.html",
        }
        assert site.pages == expected
        for target in [*expected, "/docs/notes.txt"]:
            with urlopen(site.url.rstrip("/") + target) as answer:
                assert answer.status == 200
        assert sorted(site.pages_served()) == sorted(expected)
        assert len(site.accesses()) == len(expected) + 1


@pytest.mark.skipif(NGINX is None, reason="no nginx")
def test_nothing_installed_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="none of the documentation is installed: docs"):
        BenchSite(sources={"docs": (tmp_path, "index.html")})
