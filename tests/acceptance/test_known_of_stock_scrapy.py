"""What stock Scrapy 2.14 to 2.19 was measured to get wrong, each held against us by the server's log (C-ROBOTS, C-RATE)."""

from __future__ import annotations

import time

import pytest
from loopback_site import FILES, LoopbackSite, Reply
from outside import Workplace, job
from protego import Protego

from crawler.run import effective_settings
from licences.robots import allowed

NO_WAITING = "max_wait_seconds = 0"
CLOSED = b"User-agent: *\nDisallow: /closed/\n"


def _starts(text: str, origin: str, *paths: str) -> str:
    """Return the job with more start URLs."""
    urls = ", ".join(f'"{origin}{path}"' for path in paths)
    return text.replace(f'start = ["{origin}/"]', f"start = [{urls}]")


def test_nothing_closed_is_asked_for_while_robots_txt_is_still_loading(place: Workplace) -> None:
    """Stock: 2 to 4 of 6 first requests to a disallowed path leave before its robots.txt is read."""

    def slow_robots(path: str) -> Reply:
        if path == "/robots.txt":
            time.sleep(0.5)
            return Reply(body=CLOSED, media_type="text/plain")
        return Reply(body=b"<p>a page")

    with LoopbackSite(slow_robots) as site:
        text = _starts(job(site.url, in_flight=16), site.origin, *(f"/closed/{n}" for n in range(6)))
        place.run("crawl", place.write(text), code=3)
        assert site.log.paths() == ["/robots.txt"]


@pytest.mark.parametrize("status", [500, 503, 429, 401], ids=str)
def test_an_error_page_is_no_robots_txt(place: Workplace, status: int) -> None:
    """Stock: the body of any status is parsed as rules, and «Allow: /» in an error page opens the site."""

    def inviting_error(path: str) -> Reply:
        robots = Reply(status=status, body=b"User-agent: *\nAllow: /\n", media_type="text/plain")
        return robots if path == "/robots.txt" else Reply(body=b"<p>a page")

    with LoopbackSite(inviting_error) as site:
        ended = 3 if status == 401 else 4
        place.run("crawl", place.write(job(site.url, job=NO_WAITING)), code=ended)
        assert set(site.log.paths()) == {"/robots.txt"}


def test_a_failing_page_is_not_asked_for_again_at_once(place: Workplace) -> None:
    """Stock: three requests within 10 ms.  Ours goes back to the frontier, which leaves the host alone first."""

    def failing(path: str) -> Reply:
        return (
            Reply(status=404)
            if path in {"/robots.txt", *FILES}
            else Reply(status=503, headers=[("Retry-After", "300")])
        )

    with LoopbackSite(failing) as site:
        place.run("crawl", place.write(job(site.url, job=NO_WAITING)), code=4)
        assert site.log.mostly() == ["/robots.txt", "/"]


def test_a_start_url_outside_the_scope_is_not_asked_for_unasked(place: Workplace) -> None:
    """Stock: start URLs outside ``allowed_domains`` are fetched, and their robots.txt never is."""
    with LoopbackSite(lambda _: Reply(body=b"<p>a page")) as site:
        text = job(site.url, site=f'include = ["{site.origin}/inside/"]')
        place.run("crawl", place.write(_starts(text, site.origin, "/inside/", "/outside/")))
        assert sorted(site.log.mostly()) == ["/inside/", "/robots.txt"]


def test_a_redirect_to_another_host_keeps_neither_slot_nor_permission(place: Workplace) -> None:
    """Stock: a hop is sent on the old host's slot.  Ours leaves the scope, so it is on record and not sent."""
    with LoopbackSite(lambda _: Reply(body=b"<p>busy"), address="127.0.0.2") as other:

        def leading_away(path: str) -> Reply:
            away = Reply(status=302, headers=[("Location", other.url)])
            return Reply(status=404) if path == "/robots.txt" else away

        with LoopbackSite(leading_away) as site:
            place.run("crawl", place.write(job(site.url)), code=3)
            assert len(other.log) == 0
            assert [row["rule"] for row in place.data("--refusals")] == ["scope"]


def test_nothing_listens_that_executes_what_it_is_sent() -> None:
    """Stock: RemoteControl and the telnet console run by default."""
    settings = effective_settings()
    assert not settings.getbool("REMOTE_CONTROL_ENABLED")
    assert not settings.getbool("TELNETCONSOLE_ENABLED")
    assert settings.getdict("EXTENSIONS_BASE") == {}
    assert settings.getdict("EXTENSIONS") == {}


@pytest.mark.parametrize(
    ("robots", "token"),
    [
        pytest.param(
            "User-agent: OurBot\nCrawl-delay: 5\nUser-agent: y\nDisallow: /", "OurBot", id="a split group"
        ),
        pytest.param("User-agent: OurBot/1.0\nDisallow: /", "OurBot", id="a version behind the name"),
        pytest.param("\ufeffUser-agent: *\nDisallow: /", "OurBot", id="a byte order mark"),
    ],
)
def test_what_protego_alone_would_open_stays_closed(robots: str, token: str) -> None:
    """Why our matcher decides: each of these is closed by RFC 9309, and opened by the stock parser."""
    url = "https://example.org/page"
    assert Protego.parse(robots).can_fetch(url, token)
    assert not allowed(robots.encode(), token, url)
