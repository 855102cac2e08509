"""A host's own files about rights: asked for before its pages, once while they hold, and applied by path.

TDMRep («a miner must check the file before scraping»), ai.txt, trust.txt; signals §2 (secondary fetches), §7, §10.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from many_hosts import FILES, MISSING, PAGE, Answer, Hosts, Raw, Reply, page, text
from permission_crawl import Crawl, site_of_job
from sqlalchemy import select

from crawler.archive.reading import Archive, read_metadata
from crawler.archive.store import open_store
from crawler.commands.receipt import Explained
from provenance.database import Database
from provenance.models import Origin, SiteDocument, SiteDocumentBody
from provenance.queries.explain import receipt

HOUR = 3600.0
OPEN = text("User-agent: *\nAllow: /\n")
TDM, AI, TRUST = FILES[:3]
RESERVED = Reply(
    body=b'[{"location": "/closed/", "tdm-reservation": 1}]', media_type="application/json; charset=utf-8"
)
NO_TRAINING = text("User-Agent: *\nDisallow: /\n")


def host(files: Mapping[str, Reply | Raw], **more: Reply | Raw) -> Answer:
    """Return a host with these files, and a page at every other path that is none of them."""
    known = {"/robots.txt": OPEN, **dict.fromkeys(FILES, MISSING), **files}
    known |= {f"/{name}": reply for name, reply in more.items()}
    return lambda path: known.get(path, PAGE)


def crawled(crawl: Crawl, answer: Answer, *paths: str, code: int = 0, in_flight: int = 1) -> Hosts:
    """Crawl some pages of one host, one request at a time."""
    with Hosts({"files.org": answer}) as hosts:
        starts = [hosts.url("files.org", path) for path in paths or ("/1", "/2")]
        job = site_of_job(*starts, site="files.org").replace("= 16", f"= {in_flight}")
        crawl.run(hosts, job, code=code)
    return hosts


def documents(crawl: Crawl) -> list[tuple[str, str, bytes | None]]:
    """Return the recorded versions: name, how looking went, what it held."""
    with Database.open(crawl.database) as database, database.reading() as connection:
        query = select(SiteDocument.name, SiteDocument.retrieval, SiteDocumentBody.body)
        query = query.outerjoin(SiteDocumentBody).join(Origin).order_by(SiteDocument.id)
        return [(name, retrieval, body) for name, retrieval, body in connection.execute(query)]


def noted(crawl: Crawl, url: str) -> dict[str, Any]:
    """Return a page's metadata record."""
    with Database.open(crawl.database) as database:
        [capture] = receipt(database, url).captures
    place = capture.place
    archive = Archive(open_store(crawl.store), crawl.folder)
    return read_metadata(archive, place.segment_key, place.metadata_offset, place.metadata_length)


def rights(crawl: Crawl, url: str) -> dict[str, Any]:
    """Return the rights set of a page as it is stored."""
    with Database.open(crawl.database) as database:
        [capture] = receipt(database, url).captures
    assert capture.rights is not None
    stored: dict[str, Any] = json.loads(capture.rights.canonical)
    return stored


def lookups(crawl: Crawl, url: str) -> dict[str, str]:
    """Return how looking for each of the host's files went, as a page's rights set says."""
    looked = rights(crawl, url)["lookups"]
    return {one["document"]: one["retrieval"] for one in looked if "document" in one}


def test_they_are_asked_for_after_robots_txt_and_before_the_first_page(crawl: Crawl) -> None:
    """Once, whatever the number of pages; a second place only after a 404 of the first."""
    hosts = crawled(crawl, host({}), "/1", "/2", "/3")
    assert hosts.asked("files.org") == ["/robots.txt", *FILES, "/1", "/2", "/3"]
    assert lookups(crawl, hosts.url("files.org", "/3")) == {
        "tdmrep.json": "absent",
        "ai.txt": "absent",
        "trust.txt": "absent",
    }


def test_no_page_overtakes_them(crawl: Crawl) -> None:
    """Also where the owner lets us have sixteen requests in flight."""
    hosts = crawled(crawl, host({}), *(f"/{number}" for number in range(9)), in_flight=16)
    asked = hosts.asked("files.org")
    assert asked[0] == "/robots.txt"
    assert set(asked[1:6]) == set(FILES)
    assert len(asked) == 15


def test_a_host_none_of_whose_pages_we_may_fetch_is_not_asked_for_them(crawl: Crawl) -> None:
    """Requests that could change nothing are none of ours to make."""
    closed = text("User-agent: *\nDisallow: /1\nDisallow: /2\n")
    hosts = crawled(crawl, host({"/robots.txt": closed}), code=3)
    assert hosts.asked("files.org") == ["/robots.txt"]


def test_they_are_applied_by_path(crawl: Crawl) -> None:
    """The reservation holds below /closed/; what ai.txt says of everything holds everywhere."""
    files = {TDM: RESERVED, AI: NO_TRAINING}
    hosts = crawled(crawl, host(files), "/open/1", "/closed/1", "/closed/2")
    there = {path: hosts.url("files.org", path) for path in ("/open/1", "/closed/1", "/closed/2", TDM, AI)}
    kinds = {
        path: {one["kind"] for one in rights(crawl, there[path])["statements"]}
        for path in ("/open/1", "/closed/1", "/closed/2")
    }
    assert kinds == {
        "/open/1": {"aitxt.spawning"},
        "/closed/1": {"aitxt.spawning", "tdmrep.file"},
        "/closed/2": {"aitxt.spawning", "tdmrep.file"},
    }
    ids = {row.url: row.id for row in crawl.captures()}
    assert noted(crawl, there["/open/1"])["site_documents"] == {there[AI]: ids[there[AI]]}
    assert noted(crawl, there["/closed/1"])["site_documents"] == {
        there[TDM]: ids[there[TDM]],
        there[AI]: ids[there[AI]],
    }
    with Database.open(crawl.database) as database:
        archive = Archive(open_store(crawl.store), crawl.folder)
        explained = Explained.of(receipt(database, there["/closed/1"]), archive).to_json()
    assert "tdm-reservation" in json.dumps(explained)


SHELL = Reply(body=b"<!doctype html><title>Shop</title><div id=root></div>")


@pytest.mark.parametrize(
    ("said", "retrieval", "held"),
    [
        pytest.param(RESERVED, "ok", True, id="a file"),
        pytest.param(MISSING, "absent", False, id="404"),
        pytest.param(Reply(status=410), "absent", False, id="410"),
        pytest.param(SHELL, "wrong_type", False, id="D7: the site's shell with status 200"),
        pytest.param(text("{"), "malformed", True, id="no JSON"),
        pytest.param(Reply(status=403), "unreachable", False, id="403"),
        pytest.param(Reply(status=500), "unreachable", False, id="500"),
        pytest.param(
            lambda out: out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[]"),
            "unreachable",
            False,
            id="cut short",
        ),
        pytest.param(
            Reply(status=302, headers=[("Location", "http://elsewhere.org/tdmrep.json")]),
            "redirected_cross_host",
            False,
            id="a redirect to another site",
        ),
        pytest.param(
            Reply(status=302, headers=[("Location", TDM)]), "unreachable", False, id="a redirect in a circle"
        ),
        pytest.param(Reply(status=302), "unreachable", False, id="a redirect to nowhere"),
        pytest.param(
            Reply(body=b"[]", headers=[("Content-Encoding", "br")]),
            "unreachable",
            False,
            id="an unknown coding",
        ),
    ],
)
def test_how_looking_went_is_a_fact_and_closes_nothing(
    crawl: Crawl, said: Reply | Raw, retrieval: str, *, held: bool
) -> None:
    """Absent, unreachable, malformed and of the wrong type are never one; pages go on in any case."""
    hosts = crawled(crawl, host({TDM: said}))
    assert hosts.pages("files.org") == ["/1", "/2"]
    assert lookups(crawl, hosts.url("files.org", "/2"))["tdmrep.json"] == retrieval
    [(found, body)] = [(found, body) for name, found, body in documents(crawl) if name == "tdmrep.json"]
    assert found == retrieval
    assert body == (said.body if held and isinstance(said, Reply) else None)


def test_a_redirect_is_followed_inside_the_site(crawl: Crawl) -> None:
    """Over another host of the site, with that host's permission; the bytes are those at its end."""
    with Hosts({}) as hosts:
        moved = Reply(status=301, headers=[("Location", hosts.url("www.files.org", "/tdm"))])
        hosts.answers |= {
            "files.org": host({TDM: moved}),
            "www.files.org": host({}, tdm=RESERVED),
        }
        crawl.run(hosts, site_of_job(hosts.url("files.org", "/closed/1"), site="files.org"))
        statements = rights(crawl, hosts.url("files.org", "/closed/1"))["statements"]
    assert [one["kind"] for one in statements] == ["tdmrep.file"]
    assert hosts.asked("www.files.org") == ["/robots.txt", "/tdm"]


@pytest.mark.parametrize(
    "closed",
    [
        pytest.param(text("User-agent: *\nDisallow: /\n"), id="disallowed there"),
        pytest.param(Reply(status=503), id="its robots.txt unreachable"),
    ],
)
def test_a_redirect_to_where_we_may_not_ask_is_not_followed(crawl: Crawl, closed: Reply) -> None:
    """The file counts as unreachable, and the pages do not wait for it."""
    with Hosts({}) as hosts:
        moved = Reply(status=301, headers=[("Location", hosts.url("www.files.org", "/tdm"))])
        hosts.answers |= {
            "files.org": host({TDM: moved}),
            "www.files.org": host({"/robots.txt": closed}),
        }
        crawl.run(hosts, site_of_job(hosts.url("files.org", "/1"), site="files.org"))
        assert lookups(crawl, hosts.url("files.org", "/1"))["tdmrep.json"] == "unreachable"
    assert hosts.asked("www.files.org") == ["/robots.txt"]


def test_robots_txt_is_obeyed_for_them(crawl: Crawl) -> None:
    """A file that we may not ask for is unreachable, not absent; the refusal is recorded with its line."""
    robots = text("User-agent: *\nDisallow: /.well-known/\n")
    hosts = crawled(crawl, host({"/robots.txt": robots}))
    assert hosts.asked("files.org") == ["/robots.txt", AI, TRUST, "/1", "/2"]
    assert lookups(crawl, hosts.url("files.org", "/1")) == dict.fromkeys(
        ["tdmrep.json", "ai.txt", "trust.txt"], "unreachable"
    )
    assert {row.url.rpartition(":")[2].lstrip("0123456789"): row.rule for row in crawl.refusals()} == (
        dict.fromkeys([path for path in FILES if path.startswith("/.well-known/")], "robots.disallow")
    )


class Ageing:
    """A host whose tdmrep.json answers one thing after the other; before the answer to /3, hours pass."""

    def __init__(self, crawl: Crawl, hours: float, *said: Reply) -> None:
        self._crawl, self._hours, self._said = crawl, hours, list(said)

    def __call__(self, path: str) -> Reply | Raw:
        """Answer the next tdmrep.json in the list (the last one for ever), or a page."""
        if path == "/robots.txt":
            return OPEN
        if path == TDM:
            return self._said.pop(0) if len(self._said) > 1 else self._said[0]
        if path == "/closed/3":
            self._crawl.advance(self._hours * HOUR)
        return MISSING if path in FILES else PAGE


PAGES = [f"/closed/{number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("hours", "fields", "asked"),
    [
        pytest.param(23.9, [], 1, id="a day is its life"),
        pytest.param(24.1, [], 2, id="a day has passed"),
        pytest.param(1.1, [("Cache-Control", "max-age=60")], 2, id="what lives shorter is asked for sooner"),
        pytest.param(0.9, [("Cache-Control", "max-age=60")], 1, id="though not within the hour"),
        pytest.param(24.1, [("Cache-Control", "max-age=31536000")], 2, id="a day at most"),
    ],
)
def test_a_file_is_asked_for_again_when_it_is_too_old(
    crawl: Crawl, hours: float, fields: Sequence[tuple[str, str]], asked: int
) -> None:
    said = Reply(body=RESERVED.body, media_type="application/json", headers=fields)
    hosts = crawled(crawl, Ageing(crawl, hours, said), *PAGES)
    assert hosts.asked("files.org").count(TDM) == asked
    assert hosts.pages("files.org") == PAGES


def test_a_changed_file_holds_from_the_next_page_on(crawl: Crawl) -> None:
    """Signals are those at the time of fetching; both versions are kept, with what was decided under each."""
    later = Reply(body=b"[]", media_type="application/json")
    hosts = crawled(crawl, Ageing(crawl, 25, RESERVED, later), *PAGES)
    kinds = {
        path: [one["kind"] for one in rights(crawl, hosts.url("files.org", path))["statements"]]
        for path in PAGES
    }
    assert kinds == {path: ["tdmrep.file"] if path < "/closed/4" else [] for path in PAGES}
    versions = [(found, body) for name, found, body in documents(crawl) if name == "tdmrep.json"]
    assert versions == [("ok", RESERVED.body), ("ok", b"[]")]


def test_an_unchanged_file_is_confirmed_without_its_bytes(crawl: Crawl) -> None:
    """The next look is conditional; 304 renews what is held."""
    tagged = Reply(body=RESERVED.body, media_type="application/json", headers=[("ETag", '"7"')])
    hosts = crawled(crawl, Ageing(crawl, 25, tagged, Reply(status=304)), *PAGES)
    sent = [line.headers.get("If-None-Match") for line in hosts.log if line.path == TDM]
    assert sent == [None, '"7"']
    [last] = rights(crawl, hosts.url("files.org", "/closed/5"))["statements"]
    assert last["kind"] == "tdmrep.file"
    assert [found for name, found, _ in documents(crawl) if name == "tdmrep.json"] == ["ok"]


def test_a_huge_file_is_read_to_its_limit_and_what_stands_before_it_counts(crawl: Crawl) -> None:
    """Three megabytes: one is read, parsed off the event loop, and kept; the pages go on."""
    rule = '{"location": "/closed/", "tdm-reservation": 1},'
    huge = Reply(body=b"[" + rule.encode() * 65_000 + b"{}]", media_type="application/json")
    assert len(huge.body) > 3_000_000
    hosts = crawled(crawl, host({TDM: huge, AI: text("User-Agent: *\n" + "Disallow: *.jpg\n" * 200_000)}))
    looked = lookups(crawl, hosts.url("files.org", "/2"))
    assert (looked["tdmrep.json"], looked["ai.txt"]) == ("oversize", "oversize")
    assert max(len(body) for _, _, body in documents(crawl) if body) <= 1024 * 1024
    assert max(row.length for row in crawl.captures()) <= 1024 * 1024


def test_every_version_of_robots_txt_is_kept_as_well(crawl: Crawl) -> None:
    """What a permission stands in can be read, and compared, without the archive."""
    crawled(crawl, host({}))
    assert [each for each in documents(crawl) if each[0] == "robots.txt"] == [("robots.txt", "ok", OPEN.body)]


def test_a_link_to_one_of_them_is_not_asked_for_again(crawl: Crawl) -> None:
    hosts = crawled(crawl, host({}, start=page("/robots.txt", AI, TDM, "/2")), "/start")
    assert hosts.asked("files.org").count(AI) == 1
    assert hosts.asked("files.org").count(TDM) == 1
    assert hosts.pages("files.org") == ["/start", "/2"]
