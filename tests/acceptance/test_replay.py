"""What we archive belongs to the tools of others: replayed by pywb from the bucket, read by their validators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from outside import Workplace
from services.replay import replaying
from services.s3 import ACCESS_KEY, SECRET_KEY, S3Server

from crawler.archive import Store, open_store
from crawler.archive.surt import surt
from crawler.demo import DemoServer
from crawler.demo.job import job_text

PREFIX = "replayed"
WARCAT = Path(__file__).with_name("warcat_verify.py")
pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The demo site, crawled twice into a bucket; its server is gone."""

    origin: str
    folder: Path
    environ: dict[str, str]  # what an SDK wants to know to reach the bucket
    archive: str  # "s3://bucket/prefix/"
    store: Store
    segments: list[Path]  # fetched, in the order of the runs

    @property
    def indexes(self) -> list[bytes]:
        """The index beside each segment, fetched."""
        keys = [key for key, _ in self.store.keys("warc/") if key.endswith(".cdxj")]
        return [self.store.open(key).read() for key in keys]

    @property
    def index(self) -> bytes:
        """Both indexes merged, as ``sort --merge`` does it."""
        return b"".join(sorted(line for each in self.indexes for line in each.splitlines(keepends=True)))


@pytest.fixture(scope="module")
def archived(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archived]:
    environ = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    url = s3_server.store_url(PREFIX)
    place = Workplace(tmp_path_factory.mktemp("replay"), environ | {"ABOVEBOARD_STORE": url})
    with DemoServer() as server:
        media = 'max_depth = 6\nmedia = ["text/html", "application/xhtml+xml", "image/png"]'
        wanted = job_text(server.url).replace("max_depth = 6", media)
        job = place.write(wanted.replace('policy = "strict-optin"', 'policy = "observe"'))  # keeps all bodies
        place.run("crawl", job, "--quiet")
        place.run("crawl", job, "--quiet", "--new")
        origin = server.url.rstrip("/")
    found = json.loads(place.run("verify", "--format", "json").out)
    assert found["findings"] == []
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        store = open_store(url)
        segments = []
        for key, _ in store.keys("warc/"):
            if key.endswith(".warc.gz"):
                segments.append(place.folder / key.rpartition("/")[2])
                segments[-1].write_bytes(store.open(key).read())
        yield Archived(
            origin=origin,
            folder=place.folder,
            environ=environ,
            archive=f"s3://{s3_server.bucket}/{PREFIX}/",
            store=store,
            segments=segments,
        )


def test_others_find_every_record_valid(archived: Archived) -> None:
    """Each digest by warcio and FastWARC, each field by warcat: those that WARC 1.1 asks for."""
    for segment in archived.segments:
        for checker in ("warcio", "fastwarc"):
            command = [Path(sys.executable).with_name(checker), "check", segment]
            checked = subprocess.run(command, capture_output=True, text=True, check=False)
            assert checked.returncode == 0, checked.stdout + checked.stderr
        validated = subprocess.run(
            [sys.executable, WARCAT, segment], capture_output=True, text=True, check=False
        )
        assert validated.returncode == 0, validated.stdout + validated.stderr
        assert validated.stdout.endswith(" records, 0 problems\n")


def test_our_index_is_the_one_that_pywb_makes(archived: Archived, pywb: Path) -> None:
    """But for the file's name, the status of revisits, and answers of refusals, of which only the head is there."""
    for segment, ours in zip(archived.segments, archived.indexes, strict=True):
        command = [pywb / "python", pywb / "cdx-indexer", "--cdxj", "--sort", segment]
        theirs = subprocess.run(command, capture_output=True, check=True).stdout
        mine, others = _entries(ours), _entries(theirs)
        assert mine.items() <= others.items()
        assert {others[offset][2]["status"] for offset in others.keys() - mine.keys()} == {
            "401",
            "402",
            "403",
            "451",
        }


def test_our_keys_are_the_ones_that_pywb_asks_for(pywb: Path) -> None:
    """A key of other rules is never found; the judge is the canonicaliser that replay tools share."""
    awkward = [
        "",
        "/",
        "//a",
        "/./b",
        "/a/../b",
        "/../b",
        "/A/",
        "/a%20b",
        "/%C3%A9",
        "/%2541",
        "/a%",
        "/x;y=1",
        "/é",
    ]
    awkward += ["/a?", "/a?b", "/a?b=2&a=1", "/a?B&b=&b", "/a?x=%26&y=+", "/a?sid=" + "0" * 32, "/a?q=?&r=/"]
    awkward += [
        "/(S(" + "a" * 24 + "))/x.aspx",
        "/a?z=1&PHPSESSID=" + "f" * 32 + "&b=2",
        "/a&b=c|d",
        "/a?cfid=1&cftoken=2",
    ]
    hosts = [
        "http://127.0.0.1:8080",
        "https://www.example.org",
        "https://example.org:8443",
        "http://[::1]:81",
    ]
    urls = [host + quote(path, safe="/%?&=;+()|") for host in hosts for path in awkward]
    asked = subprocess.run(
        [pywb / "python", "-c", "import sys, surt\nfor line in sys.stdin: print(surt.surt(line.strip()))"],
        input="\n".join(urls), capture_output=True, text=True, check=True,
    )  # fmt: skip  # one call
    assert [surt(url) for url in urls] == asked.stdout.splitlines()


@pytest.mark.browser
@pytest.mark.skipif(
    not Path("/usr/bin/chromium").exists() and "CI" not in os.environ, reason="no Chromium here"
)
def test_a_site_is_replayed_from_the_bucket_in_a_browser(archived: Archived, pywb: Path) -> None:
    """Pages, an image, a redirect, addresses and texts beyond ASCII; the second run's pages are revisits."""
    playwright = pytest.importorskip("playwright.sync_api")
    first, second = (max(line.split()[1].decode() for line in each.splitlines()) for each in archived.indexes)
    folder = archived.folder / "pywb"
    with (
        replaying(pywb, folder, archived.index, archived.archive, archived.environ) as replay,
        playwright.sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1000, "height": 700})
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))

        def look(at: str, path: str) -> str:
            answer = tab.goto(f"{replay}{at}/{archived.origin}{path}")
            assert answer is not None
            assert answer.ok, f"{path}: {answer.status} {answer.text()[:500]}"
            return str(tab.locator("body").inner_text())

        for at in (first, second):
            assert "Lapwing" in look(at, "/")
            assert any("\u4e00" <= each <= "\u9fff" for each in look(at, "/zh/"))
            assert "Caf" in look(at, "/workshop/caf%C3%A9.html")
            look(at, "/shop/catalogue-1998.html")
            assert tab.url.endswith("/books/")
            look(at, "/books/one-picture.html")
            assert tab.evaluate("document.querySelector('img').naturalWidth") == 8
            tab.screenshot(path=folder / f"one-picture-{at}.png")
            look(at, "/")
            tab.screenshot(path=folder / f"home-{at}.png", full_page=True)
        tab.locator("a", has_text="books").first.click()
        assert "/books/" in tab.url
        assert [
            url for url in asked if not url.startswith((replay.rpartition("site/")[0], "data:", "blob:"))
        ] == []
        browser.close()


def test_the_second_run_of_an_unchanged_site_is_revisits(archived: Archived) -> None:
    """Every page whose body is worth it; replay tools are told by the media type that is theirs for it."""
    first, second = (Counter(entry[2]["mime"] for entry in _parsed(each)) for each in archived.indexes)
    assert first["warc/revisit"] < 5
    assert first["text/html"] > 50
    assert second["warc/revisit"] >= first["text/html"] - second["text/html"] > 40


def _parsed(index: bytes) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (key, at, json.loads(rest))
        for key, at, rest in (line.split(" ", 2) for line in index.decode("ascii").splitlines())
    ]


def _entries(index: bytes) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return an index by offset, without what the two need not agree on."""
    entries = {}
    for key, at, found in _parsed(index):
        del found["filename"]
        if found["mime"] == "warc/revisit":
            found.pop("status", None)
        entries[found["offset"]] = (key, at, found)
    return entries
