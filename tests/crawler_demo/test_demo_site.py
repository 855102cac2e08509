"""The demo site is a believable whole: every link leads somewhere, and every row of expectations is reachable."""

from __future__ import annotations

import gzip
import re
import tomllib
from collections import deque
from collections.abc import Iterator, Mapping
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.demo import DemoServer, Expectation, Fate, expectations, job_text
from crawler.demo.job import MAX_DEPTH
from crawler.demo.responses import Answer, answers
from licences.site_documents import SITE_DOCUMENTS

ORIGIN = "http://127.0.0.1:8000"
ROWS = expectations(ORIGIN)
ANSWERS = answers(ORIGIN)
LEAVES = frozenset({Fate.REFUSED, Fate.NOT_ASKED, Fate.UNSEEN})


def links(url: str, answer: Answer) -> Iterator[str]:
    """Yield the absolute URLs an answer names, read by nothing of ours: a second opinion."""
    location = dict(answer.headers).get("Location")
    if location:
        yield urljoin(url, location)
    body = gzip.decompress(answer.body) if answer.body.startswith(b"\x1f\x8b") else answer.body
    if url.endswith("robots.txt"):
        yield from re.findall(r"(?m)^Sitemap: (\S+)$", body.decode())
    elif url.endswith((".xml", ".xml.gz")):
        text = body.decode()
        yield from (
            urljoin(url, found)
            for found in re.findall(r"<(?:loc|link)>([^<]+)<|<link rel=\"alternate\" href=\"([^\"]+)\"", text)
            for found in found
            if found
        )
    elif "html" in answer.headers[0][1]:
        yield from page_links(url, LexborHTMLParser(body))


def page_links(url: str, tree: LexborHTMLParser) -> Iterator[str]:
    base = tree.css_first("base[href]")
    resolved = urljoin(url, base.attributes["href"]) if base else url
    for element in tree.css("a[href], link[rel=alternate][href]"):
        href = (element.attributes["href"] or "").strip()
        try:
            yield urldefrag(urljoin(resolved, href)).url.removesuffix("?").replace("é", "%C3%A9")
        except ValueError:
            yield href  # no address at all: a row names it as it is written


def walk() -> Mapping[str, int]:
    """Return every URL that a crawler comes to know, with its depth: links from ``/`` count, machine files do not."""
    depths = {f"{ORIGIN}/": 0, f"{ORIGIN}/robots.txt": 0} | {
        f"{ORIGIN}{path}": 0
        for kind in SITE_DOCUMENTS
        for number, path in enumerate(kind.paths)
        if number == 0 or kind.paths[0] not in ANSWERS  # a second place is asked where the first has none
    }
    waiting = deque(depths)
    while waiting:
        url = waiting.popleft()
        row, answer = ROWS.get(url), ANSWERS.get(url.removeprefix(ORIGIN))
        if row is None or row.fate in LEAVES or answer is None:
            continue
        step = not url.endswith((".txt", ".xml", ".gz"))
        for found in links(url, answer):
            if found not in depths:
                depths[found] = depths[url] + step
                waiting.append(found)
    return depths


KNOWN = walk()


def test_every_link_has_an_expectation() -> None:
    assert sorted(KNOWN.keys() - ROWS.keys()) == []


@pytest.mark.parametrize("row", [pytest.param(row, id=row.url.removeprefix(ORIGIN)) for row in ROWS.values()])
def test_an_expectation_is_a_whole_sentence(row: Expectation) -> None:
    """Documents have an outcome, refusals a rule; what is to be found can be found."""
    assert (row.outcome is not None) == (row.fate is Fate.DOCUMENT)
    assert (row.rule is not None) == (row.fate in {Fate.REFUSED, Fate.NOT_ASKED})
    assert row.case
    assert list(row.licences) == sorted(row.licences)
    if row.fate is not Fate.UNSEEN:
        assert row.url in KNOWN


@pytest.mark.parametrize(
    ("fate", "statuses"),
    [
        pytest.param(Fate.DOCUMENT, {200}, id="documents"),
        pytest.param(Fate.SITE_DOCUMENT, {200, 404}, id="site documents"),
        pytest.param(Fate.REDIRECT, {301, 302, 307}, id="redirects"),
        pytest.param(Fate.FAILURE, {404, 410, 500}, id="failures"),
    ],
)
def test_fates_follow_from_what_the_server_answers(fate: Fate, statuses: set[int]) -> None:
    targets = [row.url.removeprefix(ORIGIN) for row in ROWS.values() if row.fate is fate]
    assert {ANSWERS[target].status if target in ANSWERS else 404 for target in targets} == statuses


def test_refusals_by_the_site_are_what_their_rule_says() -> None:
    by_status = {
        row.url: int(row.rule[-3:]) for row in ROWS.values() if row.rule and row.rule.startswith("site.http-")
    }
    assert {url: ANSWERS[url.removeprefix(ORIGIN)].status for url in by_status} == by_status


def test_depth_refuses_only_the_foot_of_the_stairs() -> None:
    """All else lies within the job's max_depth, by the shortest way."""
    here = {url: depth for url, depth in KNOWN.items() if url.startswith(ORIGIN)}
    assert {url for url, depth in here.items() if depth > MAX_DEPTH} == {f"{ORIGIN}/stairs/7.html"}
    assert ROWS[f"{ORIGIN}/stairs/7.html"].rule == "limit.depth"


@pytest.mark.parametrize(
    "rule",
    [
        "robots.disallow",
        "scope",
        "site.http-401",
        "site.http-402",
        "site.http-403",
        "site.http-451",
        "media",
        "limit.depth",
    ],
)
def test_every_rule_is_shown(rule: str) -> None:
    assert rule in {row.rule for row in ROWS.values()}


@pytest.mark.parametrize(
    "outcome", ["permitted", "permitted_with_conditions", "not_permitted", "needs_review"]
)
def test_every_outcome_is_shown(outcome: str) -> None:
    assert outcome in {row.outcome for row in ROWS.values()}


def test_pages_are_small_and_speak_several_languages() -> None:
    pages = [answer for answer in ANSWERS.values() if answer.body[:9] == b"<!doctype"]
    assert max(len(page.body) for page in pages) < 4096
    tongues = {found for page in pages for found in re.findall(rb'<html lang="([a-zA-Z-]+)"', page.body)}
    assert tongues >= {b"en", b"de", b"fr", b"es", b"zh-Hans", b"ja", b"ar"}


def test_two_pages_are_the_same_bytes() -> None:
    """So that the archive has a revisit to write."""
    assert ANSWERS["/press/notice.html"].body == ANSWERS["/press/notice-copy.html"].body


def test_the_job_names_the_server_and_only_it(site: DemoServer) -> None:
    job = tomllib.loads(job_text(site.url))
    assert job["site"][0]["start"] == job["site"][0]["include"] == [site.url]
    assert job["permission"][0]["site"] == urlsplit(site.url).hostname
    assert (job["job"]["purpose"], job["job"]["policy"]) == ("ai-train-gen", "strict-optin")
