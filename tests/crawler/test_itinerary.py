"""What a visit means to ask for: scopes, limits, each URL once."""

from __future__ import annotations

import pytest
from sending import JOB

from crawler import job as jobs
from crawler import urls
from crawler.frontier.itinerary import Errand, Itinerary

SITE = 'start = ["http://127.0.0.1/"]'


def itinerary(*sections: str) -> Itinerary:
    """Return the itinerary of ``[[site]]`` sections of example.org."""
    written = "".join(f'[[site]]\nadmitted_by = "me"\n{section}\n' for section in sections)
    head = JOB.partition("[[site]]")[0]
    (grouped,) = jobs.parse(head + written, name="job.toml").sites().values()
    return Itinerary(grouped)


def queued(visit: Itinerary) -> list[str]:
    """Return what is queued, in order, origin by origin."""
    return [
        stop.target.url
        for queue in visit.queues.values()
        for line in (queue.errands, queue.pages)
        for stop in line
    ]


DOCS = 'start = ["https://docs.example.org/3/"]'


@pytest.mark.parametrize(
    ("section", "url", "inside"),
    [
        pytest.param(DOCS, "https://docs.example.org/", True, id="the start URL's host, all of it"),
        pytest.param(DOCS, "http://docs.example.org/a", True, id="and over the other scheme"),
        pytest.param(DOCS, "https://docs.example.org:8443/", False, id="but not on another port"),
        pytest.param(DOCS, "https://www.example.org/", False, id="nor another host of the site"),
        pytest.param(
            DOCS, "https://docs.example.org.evil.example/", False, id="nor a name that begins alike"
        ),
        pytest.param(
            'start = ["http://example.org:8000/"]', "https://example.org:8000/", False, id="an odd port"
        ),
        pytest.param(
            f'{DOCS}\ninclude = ["https://docs.example.org/3/"]',
            "https://docs.example.org/3/a",
            True,
            id="a prefix",
        ),
        pytest.param(
            f'{DOCS}\ninclude = ["https://docs.example.org/3/"]',
            "https://docs.example.org/2/",
            False,
            id="beside it",
        ),
        pytest.param(
            f'{DOCS}\ninclude = ["https://docs.example.org/3/"]',
            "http://docs.example.org/3/",
            False,
            id="its scheme",
        ),
    ],
)
def test_a_scope_is_what_the_job_says(section: str, url: str, *, inside: bool) -> None:
    visit = itinerary(section)
    assert visit.offer(url) is inside
    assert queued(visit) == ([url] if inside else [])


def test_a_dot_segment_does_not_lead_out_of_a_prefix() -> None:
    """What is offered is canonical: the prefix is compared to where a URL really leads."""
    visit = itinerary(f'{DOCS}\ninclude = ["https://docs.example.org/3/"]')
    for escape in ("https://docs.example.org/3/../2/", "https://docs.example.org/3/%2e%2e/2/"):
        assert not visit.offer(urls.parse(escape).url)


def test_a_url_is_queued_once() -> None:
    visit = itinerary(DOCS)
    assert [visit.offer("https://docs.example.org/a") for _ in range(2)] == [True, True]
    assert len(visit) == 1


def test_two_sections_are_two_scopes_of_one_visit() -> None:
    """Decision 28: each with its own limits."""
    visit = itinerary(f"{DOCS}\nmax_depth = 0", 'start = ["https://www.example.org/"]\nmax_depth = 5')
    visit.offer("https://docs.example.org/a", depth=1)
    visit.offer("https://www.example.org/a", depth=1)
    assert queued(visit) == ["https://www.example.org/a"]
    assert visit.not_asked == {"limit.depth": 1}


@pytest.mark.parametrize(("depth", "asked"), [(0, True), (2, True), (3, False)])
def test_depth_ends_where_the_job_says(depth: int, *, asked: bool) -> None:
    visit = itinerary(f"{DOCS}\nmax_depth = 2")
    assert visit.offer("https://docs.example.org/a", depth=depth)
    assert bool(len(visit)) is asked


@pytest.mark.parametrize(
    ("limit", "asked", "received", "rule"),
    [
        pytest.param("max_pages = 2", 2, 0, "limit.pages", id="pages"),
        pytest.param("max_bytes = 1000", 1, 1000, "limit.bytes", id="bytes"),
    ],
)
def test_what_a_limit_ends_is_counted_under_it(limit: str, asked: int, received: int, rule: str) -> None:
    """Nobody refused these URLs: they are no refusals, and they are not lost from the account."""
    visit = itinerary(f"{DOCS}\n{limit}")
    for number in range(5):
        visit.offer(f"https://docs.example.org/{number}")
    visit.drop_beyond_limits()
    assert len(visit) == 5
    visit.scopes[0].asked, visit.scopes[0].received = asked, received
    visit.drop_beyond_limits()
    assert len(visit) == 0
    assert visit.not_asked == {rule: 5}


@pytest.mark.parametrize(
    ("path", "media", "wanted"),
    [
        pytest.param("a", "", True, id="a page"),
        pytest.param("a.html", "", True, id="HTML"),
        pytest.param("a.pdf", "", True, id="PDF"),
        pytest.param("a.zip", "", False, id="an archive"),
        pytest.param("a.ZIP", "", False, id="in capitals"),
        pytest.param("a.zip?x=1", "", False, id="with a query"),
        pytest.param("a?file=b.zip", "", True, id="a page whose query names one"),
        pytest.param("a.zip/b", "", True, id="a page below one"),
        pytest.param("a.png", "", False, id="an image"),
        pytest.param("a.png", 'media = ["text/html", "image/png"]', True, id="an image, by choice"),
    ],
)
def test_links_to_what_is_no_document_are_left_alone(path: str, media: str, *, wanted: bool) -> None:
    visit = itinerary(f"{DOCS}\n{media}")
    assert visit.offer(f"https://docs.example.org/{path}")
    assert bool(len(visit)) is wanted
    assert visit.not_asked == ({} if wanted else {"media": 1})


def test_errands_go_before_pages_and_once() -> None:
    visit = itinerary(DOCS)
    visit.offer("https://docs.example.org/a")
    for _ in range(2):
        visit.errand(urls.parse("https://docs.example.org/sitemap.xml"), Errand.SITEMAP, via=None)
    assert queued(visit) == ["https://docs.example.org/sitemap.xml", "https://docs.example.org/a"]


def test_a_stop_that_was_not_answered_is_next_again() -> None:
    visit = itinerary(DOCS)
    for name in "ab":
        visit.offer(f"https://docs.example.org/{name}")
    line = visit.queue("https://docs.example.org").line()
    visit.again(line.popleft())
    assert [stop.target.path for stop in line] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("hrefs", "found"),
    [
        pytest.param(
            ["a", "a#x", "./a", "../3/a"], ["https://docs.example.org/3/a"], id="one place, four spellings"
        ),
        pytest.param(
            ["?p=1", "?p=2"],
            ["https://docs.example.org/3/b?p=1", "https://docs.example.org/3/b?p=2"],
            id="queries",
        ),
        pytest.param(["#top", ""], [], id="the page itself"),
        pytest.param(["javascript:0", "mailto:a@b.example", "tel:1", "data:,x"], [], id="no pages"),
        pytest.param(["http://[::1", "http://u:p@docs.example.org/", "http://a b/"], [], id="unusable"),
        pytest.param(
            ["//www.example.org/x"], ["https://www.example.org/x"], id="elsewhere: the scope decides later"
        ),
    ],
)
def test_a_pages_links_become_urls_once(hrefs: list[str], found: list[str]) -> None:
    visit = itinerary(DOCS)
    base = "https://docs.example.org/3/b"
    visit.offer(base)
    links = []
    for url in visit.new_links(base, hrefs):
        links.append(url)
        visit.offer(url)
    assert links == found
    assert list(visit.new_links(base, hrefs)) == []
