"""The report as a page: self-contained, readable by everybody, and deaf to what the web wants it to do."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest
from changing_site import SITE, changing_runs
from recorded_site import ATTRIBUTE, LATER, SCRIPT
from selectolax.lexbor import LexborHTMLParser

from provenance.database import Database
from provenance.reports import compile_dossier, write_html
from provenance.reports.html import html_of
from provenance.reports.words import OUTCOMES, REFUSAL_RULES


@pytest.fixture(scope="module")
def pages(sqlite_world: str) -> dict[str, str]:
    """The pages of both sites."""
    with Database.open(sqlite_world, upgrade=False) as database:
        return {
            site: html_of(compile_dossier(database, site, now=LATER))
            for site in ("example.org", "hostile.example")
        }


@pytest.fixture
def example(pages: dict[str, str]) -> LexborHTMLParser:
    return LexborHTMLParser(pages["example.org"])


@pytest.fixture
def hostile(pages: dict[str, str]) -> LexborHTMLParser:
    return LexborHTMLParser(pages["hostile.example"])


@pytest.fixture(scope="module")
def changing_page(tmp_path_factory: pytest.TempPathFactory) -> LexborHTMLParser:
    """The page of the site that changes its mind."""
    with Database.open(f"sqlite:///{tmp_path_factory.mktemp('changes')}/provenance.db") as database:
        changing_runs(database)
        return LexborHTMLParser(html_of(compile_dossier(database, SITE, now=LATER)))


def test_what_the_web_wrote_stays_text(pages: dict[str, str], hostile: LexborHTMLParser) -> None:
    """A script in a URL, a licence, a media type, a line of robots.txt, a host, a pause, a reason, a permission."""
    assert pages["hostile.example"].count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 8
    assert not hostile.css("script, iframe, object, embed, img, form, base, link")
    assert SCRIPT in hostile.body.text()


def test_no_attribute_is_broken_out_of(hostile: LexborHTMLParser) -> None:
    handlers = [name for node in hostile.css("*") for name in node.attributes if name.startswith("on")]
    assert handlers == []
    assert any(ATTRIBUTE in (node.attributes["href"] or "") for node in hostile.css("a[href]"))


def test_only_web_addresses_become_links(hostile: LexborHTMLParser) -> None:
    """``javascript:`` is shown, never linked; a link tells nobody where its reader came from."""
    links = hostile.css("a[href]")
    assert {
        (link.attributes["href"] or "").partition(":")[0]
        for link in links
        if "#" not in (link.attributes["href"] or "")
    } <= {
        "http",
        "https",
    }
    outward = [link for link in links if (link.attributes["href"] or "").startswith("http")]
    assert all("noreferrer" in (link.attributes.get("rel") or "") for link in outward)


def test_control_characters_are_spelt_out(pages: dict[str, str]) -> None:
    assert r"\x1b[31mred\x1b[0m" in pages["hostile.example"]
    assert "\x1b" not in pages["hostile.example"]


def test_the_file_needs_nothing_else(example: LexborHTMLParser, pages: dict[str, str]) -> None:
    """No request leaves when it is opened; a policy of its own says so to the browser, too."""
    assert not example.css("[src], link, script")
    style = example.css_first("style").text()
    assert "url(" not in style
    assert "@import" not in style
    policy = example.css_first('meta[http-equiv="Content-Security-Policy"]').attributes["content"] or ""
    assert policy.startswith("default-src 'none'")


def test_the_outline_has_no_gap(example: LexborHTMLParser) -> None:
    levels = [int((node.tag or "")[1]) for node in example.css("h1, h2, h3, h4, h5, h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_every_jump_arrives(example: LexborHTMLParser) -> None:
    targets = {node.attributes["id"] for node in example.css("[id]")}
    jumps = [(node.attributes["href"] or "")[1:] for node in example.css('nav a[href^="#"]')]
    assert jumps
    assert set(jumps) <= targets


def test_every_chart_has_words_and_every_table_heads(example: LexborHTMLParser) -> None:
    """A drawing is either named and described, or decoration beside a figure that stands in the text."""
    ids = {node.attributes["id"] for node in example.css("[id]")}
    for drawing in example.css("svg"):
        named = (drawing.attributes.get("aria-labelledby") or "").split()
        assert drawing.attributes.get("aria-hidden") == "true" or (named and set(named) <= ids)
    for table in example.css("table"):
        assert table.css("thead th[scope=col]")
        assert table.css("tbody th[scope=row]")


def test_a_chart_is_drawn_inside_its_frame(example: LexborHTMLParser) -> None:
    for stack in example.css(".stack"):
        widths = [float(node.attributes["width"] or 0) for node in stack.css("rect")]
        assert sum(widths) == pytest.approx(100, abs=0.01)
    for span in example.css(".span rect"):
        start, width = (float(span.attributes[name] or 0) for name in ("x", "width"))
        assert 0 <= start < start + width <= 100.01
    for bar in example.css(".requests rect, .gaps rect"):
        top, height = float(bar.attributes["y"] or 0), float(bar.attributes["height"] or 0)
        assert 0 <= top <= top + height <= 100.01


def test_it_reads_in_the_dark_on_paper_and_on_a_phone(pages: dict[str, str]) -> None:
    assert "prefers-color-scheme: dark" in pages["example.org"]
    assert "@media print" in pages["example.org"]
    assert 'name="viewport"' in pages["example.org"]


@pytest.mark.parametrize("site", ["example.org", "hostile.example"])
def test_nothing_pronounces_a_verdict_of_law(pages: dict[str, str], site: str) -> None:
    """Observation, decision, conclusion: never «legal», «licensed» or «safe»."""
    text = LexborHTMLParser(pages[site]).body.text()
    assert not re.findall(
        r"\b(?:is|are|was|be) (?:legal|licensed|safe|lawful|compliant)\b", text, re.IGNORECASE
    )
    assert not any(re.search(r"\b(?:legal|licensed|safe)\b", words) for words in OUTCOMES.values())
    assert "robots.disallow" in REFUSAL_RULES


def test_the_page_is_written_where_asked(sqlite_world: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("reports") / "new folder" / "example.html"
    with Database.open(sqlite_world, upgrade=False) as database:
        assert write_html(database, "example.org", place) == place
    assert place.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_what_changed_stands_line_by_line(changing_page: LexborHTMLParser) -> None:
    """Added and removed are told by their sign, not by colour alone; the file is escaped like everything else."""
    blocks = changing_page.css(".diff pre")
    assert len(blocks) == 3
    assert all(block.attributes.get("tabindex") == "0" for block in blocks)
    for line in changing_page.css(".diff .added, .diff .removed"):
        assert line.text()[0] == ("+" if "added" in (line.attributes["class"] or "") else "-")
    assert "+Disallow: /drafts/" in blocks[0].text() + blocks[1].text()


def test_history_is_drawn_only_where_there_is_some(
    changing_page: LexborHTMLParser, hostile: LexborHTMLParser
) -> None:
    assert changing_page.css("#timeline .span rect")
    assert not hostile.css("#timeline .span")


def test_states_of_files_are_words(changing_page: LexborHTMLParser) -> None:
    rows = [row.text() for row in changing_page.css("#timeline tbody tr") if "tdmrep.json" in row.text()]
    assert [any(word in row for row in rows) for word in ("absent", "read", "malformed")] == [True] * 3


@pytest.mark.browser
@pytest.mark.skipif(
    not Path("/usr/bin/chromium").exists() and "CI" not in os.environ, reason="no Chromium here"
)
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_the_window(sqlite_world: str, tmp_path: Path, width: int) -> None:
    """In a real browser: tables scroll in their own frames, the page never sideways, and nothing is asked for."""
    playwright = pytest.importorskip("playwright.sync_api")
    with Database.open(sqlite_world, upgrade=False) as database:
        page = write_html(database, "hostile.example", tmp_path / "page.html")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": 800})
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert asked == [page.as_uri()]
        browser.close()
