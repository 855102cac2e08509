"""A documentation site, served from disk: every page once, and every byte found again by another WARC reader."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from loopback_site import FILES, MISSING, LoopbackSite, Reply
from outside import Workplace, job
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]  # warcio has no types

INSTALLED = Path("/usr/share/doc")
ENOUGH = range(100, 400)  # pages


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsCrawl:
    """What was served, what was asked for, what is held."""

    origin: str
    files: Mapping[str, bytes]  # by URL
    asked: Counter[str]
    rows: list[dict[str, Any]]
    place: Workplace


def _files(made: Path) -> Mapping[str, bytes]:
    """Return the pages of an installed manual, or else of one that we write, by path below ``/docs/``."""
    folders = Counter(path.parent for path in INSTALLED.rglob("*.html") if path.is_file())
    for folder, pages in sorted(folders.items()):
        if pages in ENOUGH:
            return {f"/docs/{quote(path.name)}": path.read_bytes() for path in sorted(folder.glob("*.html"))}
    for number in range(ENOUGH[0]):
        (made / f"{number}.html").write_text(
            f'<!doctype html><title>{number}</title><p>Part {number}. <a href="{number + 1}.html">On</a>\n'
        )
    return {f"/docs/{path.name}": path.read_bytes() for path in sorted(made.glob("*.html"))}


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DocsCrawl]:
    """A crawl of the manual; its pages are found by links and by a sitemap."""
    place = Workplace(tmp_path_factory.mktemp("docs"))
    files = _files(tmp_path_factory.mktemp("manual"))

    def answer(path: str) -> Reply:
        if path == "/robots.txt":
            return Reply(
                body=f"User-agent: *\nSitemap: {site.origin}/sitemap.xml\n".encode(), media_type="text/plain"
            )
        if path == "/sitemap.xml":
            places = "".join(f"<url><loc>{site.origin}{page}</loc></url>" for page in files)
            return Reply(body=f"<urlset>{places}</urlset>".encode(), media_type="application/xml")
        body = files.get(path) or files.get(quote(unquote(path)))
        return Reply(body=body) if body is not None else MISSING

    with LoopbackSite(answer) as site:
        start = f"{site.origin}{next(iter(files))}"
        text = job(start, in_flight=16, site=f'include = ["{site.origin}/docs/"]')
        place.run("crawl", place.write(text))
        yield DocsCrawl(
            origin=site.origin,
            files={site.origin + path: body for path, body in files.items()},
            asked=site.log.times(),
            rows=place.captures(),
            place=place,
        )


def test_every_file_on_disk_is_captured_once(docs: DocsCrawl) -> None:
    captured = Counter(row["url"] for row in docs.rows if row["kind"] == "document")
    assert captured == Counter(docs.files.keys())


def test_the_server_saw_one_request_a_url(docs: DocsCrawl) -> None:
    assert [url for url, times in docs.asked.items() if times > 1] == []
    aside = FILES | {"/robots.txt"}
    assert docs.asked.keys() == {row["url"] for row in docs.rows if urlsplit(row["url"]).path not in aside}


def test_rows_files_and_a_second_reader_agree_on_every_digest(docs: DocsCrawl) -> None:
    """Warcio reads what it did not write: each payload is the file's bytes, under the row's digest."""
    read: dict[str, str] = {}
    for segment in sorted({row["warc_uri"] for row in docs.rows}):
        with Path(unquote(urlsplit(segment).path)).open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                if record.rec_type == "response":
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    read[url] = f"sha256:{hashlib.sha256(record.content_stream().read()).hexdigest()}"
                elif record.rec_type == "revisit":
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    read[url] = read[record.rec_headers.get_header("WARC-Refers-To-Target-URI")]
    assert {row["url"]: row["payload_digest"] for row in docs.rows} == read
    on_disk = {url: f"sha256:{hashlib.sha256(body).hexdigest()}" for url, body in docs.files.items()}
    assert {url: read[url] for url in docs.files} == on_disk


def test_a_row_says_where_its_record_lies(docs: DocsCrawl) -> None:
    """One range read: the member at the row's place is that URL's response, or says whose payload it repeats."""
    for row in docs.rows[::10]:
        with Path(unquote(urlsplit(row["warc_uri"]).path)).open("rb") as stream:
            stream.seek(row["warc_offset"])
            record = next(iter(ArchiveIterator(stream)))
            assert record.rec_type in {"response", "revisit"}
            assert record.rec_headers.get_header("WARC-Target-URI") == row["url"]


def test_verify_reads_everything_back(docs: DocsCrawl) -> None:
    assert docs.place.verify()["captures"] == len(docs.rows)
