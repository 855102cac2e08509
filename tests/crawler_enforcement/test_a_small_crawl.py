"""A whole crawl of a site that sets a trap for each rule; its access log is the judge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from loopback_site import MISSING, LoopbackSite, Reply
from outside import CONTACT, Workplace, job

HOPS = 9
INDEX = (
    "<a href=/open>open</a> <a href=/closed/page>closed</a> <a href=/hop/0>hops</a> <a href=/no/401>401</a>"
    "<a href=/no/402>402</a> <a href=/no/403>403</a> <a href=/no/451>451</a> <a href=/login>log in</a>"
    "<a href=/form>another form</a> <a href='http://127.0.0.2:9/'>elsewhere</a> <a href=/deep/0>deep</a>"
)
LOGIN = "<title>Sign in</title><form action=/in method=post><input name=u><input type=password name=p></form>"
FORBIDDEN = b"<p>the refusal itself, which is nobody's document"


def _answer(path: str) -> Reply:
    if path == "/robots.txt":
        return Reply(body=b"User-agent: *\nDisallow: /closed/\n", media_type="text/plain")
    folder, _, name = path[1:].partition("/")
    if folder == "hop":
        return Reply(status=302, headers=[("Location", f"/hop/{int(name) + 1}")])
    if folder == "no":
        return Reply(status=int(name), body=FORBIDDEN)
    if folder == "deep":
        return Reply(body=f"<a href=/deep/{int(name) + 1}>deeper</a>".encode())
    pages = {
        "/": Reply(body=INDEX.encode()),
        "/open": Reply(body=b"<p>an open page"),
        "/closed/page": Reply(body=b"<p>a closed page"),
        "/login": Reply(body=LOGIN.encode()),
        "/form": Reply(body=b"\x7fELF", media_type="application/x-executable"),
    }
    return pages.get(path, MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallCrawl:
    """What was asked for, and what is held."""

    site: LoopbackSite
    captures: dict[str, dict[str, Any]]
    refusals: dict[str, str]


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> SmallCrawl:
    """The crawl, ended."""
    place = Workplace(tmp_path_factory.mktemp("small"))
    with LoopbackSite(_answer) as site:
        place.run("crawl", place.write(job(site.url, site="max_depth = 3")))
    start = len(site.origin)
    return SmallCrawl(
        site=site,
        captures={row["url"][start:]: row for row in place.captures()},
        refusals={row["url"].removeprefix(site.origin): row["rule"] for row in place.data("--refusals")},
    )


def test_robots_txt_comes_first_and_is_obeyed(crawl: SmallCrawl) -> None:
    assert crawl.site.log.paths()[0] == "/robots.txt"
    assert "/open" in crawl.site.log.paths()
    assert "/closed/page" not in crawl.site.log.paths()
    assert crawl.refusals["/closed/page"] == "robots.disallow"


def test_redirects_end_after_five(crawl: SmallCrawl) -> None:
    assert "/hop/5" in crawl.site.log.paths() or "/hop/4" in crawl.site.log.paths()
    assert "/hop/6" not in crawl.site.log.paths()


def test_depth_ends_where_the_job_says(crawl: SmallCrawl) -> None:
    assert "/deep/2" in crawl.site.log.paths()
    assert "/deep/3" not in crawl.site.log.paths()


@pytest.mark.parametrize("status", [401, 402, 403, 451])
def test_a_refusal_is_no_document(crawl: SmallCrawl, status: int) -> None:
    """Asked once, on record under its rule; of the answer only the head is kept."""
    path = f"/no/{status}"
    assert Counter(crawl.site.log.paths())[path] == 1
    assert crawl.refusals[path] == f"site.http-{status}"
    assert (crawl.captures[path]["kind"], crawl.captures[path]["length"]) == ("failure", 0)


def test_a_page_to_log_in_is_no_document(crawl: SmallCrawl) -> None:
    assert crawl.refusals["/login"].startswith("site.")
    assert crawl.captures["/login"]["kind"] != "document"


def test_a_form_that_nobody_asked_for_is_not_kept(crawl: SmallCrawl) -> None:
    assert crawl.refusals["/form"] == "media"
    assert "/form" not in crawl.captures


def test_every_request_says_who_asks(crawl: SmallCrawl) -> None:
    assert {line.headers["From"] for line in crawl.site.log.lines} == {CONTACT}
    assert all(line.headers["User-Agent"].startswith("Aboveboard/") for line in crawl.site.log.lines)


def test_nothing_leaves_beyond_a_days_budget(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The owner's limit a day: then the crawl ends, and can be resumed."""
    place = Workplace(tmp_path_factory.mktemp("budget"))
    with LoopbackSite(_answer) as site:
        text = job(site.url, in_flight=1, job="max_wait_seconds = 0") + "max_requests_per_day = 4\n"
        place.run("crawl", place.write(text), code=4)
    assert len(site.log) == 4
