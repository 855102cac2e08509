"""What the demo's pages state comes, by the rights package alone, to what its table expects.

No crawler stands between: where a crawl disagrees with the table, this says on which side the fault is.
"""

from __future__ import annotations

import gzip

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.demo import Expectation, Fate, expectations
from crawler.demo.responses import answers
from crawler.representation import charset_of
from licences.observation import Observation
from licences.observers import observe
from licences.policy import decide, load
from licences.representation import Representation
from licences.rights import RightsSet
from licences.robots import RobotsDocument
from licences.site_documents import SITE_DOCUMENTS
from licences.vocabulary import Usage

ORIGIN = "http://127.0.0.1:8000"
ANSWERS = answers(ORIGIN)
ROBOTS = RobotsDocument.parse(ANSWERS["/robots.txt"].body)
HOST_FILES = [
    (ORIGIN + path, document)
    for kind in SITE_DOCUMENTS
    for path in kind.paths
    if path in ANSWERS and (document := kind.parse(ANSWERS[path].body, truncated=False).document) is not None
]
OURS = [row for row in expectations(ORIGIN).values() if row.url.startswith(ORIGIN)]


def stated(url: str) -> tuple[Observation, ...]:
    """Return all that is stated about a page: by itself, by its headers, by robots.txt."""
    answer = ANSWERS[url.removeprefix(ORIGIN)]
    content_type = dict(answer.headers)["Content-Type"]
    body = gzip.decompress(answer.body) if ("Content-Encoding", "gzip") in answer.headers else answer.body
    page = Representation(
        url=url,
        status=answer.status,
        headers=answer.headers,
        media_type=content_type.partition(";")[0],
        body=body,
        tree=LexborHTMLParser(body.decode(charset_of(body, content_type), "replace"))
        if "html" in content_type
        else None,
    )
    said = observe(page, product_token="Aboveboard")
    said += ROBOTS.observe(url, f"{ORIGIN}/robots.txt", product_token="Aboveboard")
    for place, document in HOST_FILES:
        said += document.observe(url, place, media_type=page.media_type)
    return said


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.url.removeprefix(ORIGIN)) for row in OURS if row.fate is Fate.DOCUMENT]
)
def test_a_page_states_what_the_table_says(row: Expectation) -> None:
    """Licences and outcome, for the demo's usage under the demo's policy."""
    rights = RightsSet.of(stated(row.url))
    decision = decide(rights, Usage.AI_TRAIN_GEN, load("strict-optin"))
    assert (rights.licences, decision.outcome.value) == (row.licences, row.outcome)
    assert decision.reasons


@pytest.mark.parametrize("row", [pytest.param(row, id=row.url.removeprefix(ORIGIN)) for row in OURS])
def test_robots_txt_closes_what_the_table_says_and_names_the_line(row: Expectation) -> None:
    access = ROBOTS.access("Aboveboard", row.url)
    assert access.allowed == (row.rule != "robots.disallow")
    if not access.allowed:
        assert (access.line or "").startswith("Disallow: ")


def test_an_allow_that_overrides_is_shown_with_what_it_overrode() -> None:
    access = ROBOTS.access("Aboveboard", f"{ORIGIN}/private/press-kit.html")
    assert (access.line, access.overridden_line) == ("Allow: /private/press-kit.html", "Disallow: /private/")
