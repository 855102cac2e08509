"""Names and certificates that are not what they seem: no request reaches such a host, and the others are crawled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from certificates import DAY, Authority
from hostile_crawl import impatiently
from hostile_server import Answer, HostileServer, page
from loopback_site import FILES
from outside import Ended, Workplace, job

pytestmark = pytest.mark.slow

GOOD = ("good.example", "xn--bcher-kva.example")
# host: words with which the crawl says what keeps it from there
KEPT_AWAY = {
    "wrong-name.example": "certificate is for another name",
    "expired.example": "certificate cannot be trusted",
    "self-signed.example": "certificate cannot be trusted",
    "plain-on-tls.example": "",
    "tls-on-plain.example": "",
    "nowhere.example": "no address",
    "nobody-listens.example": "",
}
REFUSED = ("private.example", "mixed.example", "metadata.example")


def _answers(origin: str) -> Mapping[str, Answer]:
    del origin
    return {"/": page(b"<p>a page"), "/robots.txt": page(b"", media="text/plain")}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesCrawl:
    """A crawl that has ended, and what each host's server saw."""

    place: Workplace
    ended: Ended
    seen: Mapping[str, list[str]]
    captures: list[dict[str, Any]]
    refusals: list[dict[str, Any]]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NamesCrawl]:
    """One job of all hosts; only some of their owners are on record."""
    place = Workplace(tmp_path_factory.mktemp("names"))
    authority = Authority(place.folder)
    contexts = {
        "good.example": authority.context("good.example"),
        "xn--bcher-kva.example": None,
        "wrong-name.example": authority.context("another.example"),
        "expired.example": authority.context("expired.example", ends=-DAY),
        "self-signed.example": authority.context("self-signed.example", self_signed=True),
        "plain-on-tls.example": None,
        "tls-on-plain.example": authority.context("tls-on-plain.example"),
        "private.example": None,
        "mixed.example": None,
        "metadata.example": None,
    }
    addresses = dict.fromkeys([*contexts, "nobody-listens.example"], "127.0.0.1")
    addresses |= {"mixed.example": "127.0.0.1 192.168.0.1", "metadata.example": "169.254.169.254"}
    place.environ |= {"HOSTILE_NAMES": json.dumps(addresses), "SSL_CERT_FILE": str(authority.file)}
    with ExitStack() as stack:
        servers = {
            host: stack.enter_context(HostileServer(_answers, tls=context))
            for host, context in contexts.items()
        }
        ports = {host: server.port for host, server in servers.items()}
        ports |= {"nowhere.example": 80, "nobody-listens.example": 1}
        speaks_tls = {host for host, context in contexts.items() if context} ^ {
            "plain-on-tls.example",
            "tls-on-plain.example",
        }
        urls = {
            host: f"{'https' if host in speaks_tls else 'http'}://{host}:{port}/"
            for host, port in ports.items()
        }
        owned = job(*(url for host, url in urls.items() if host not in REFUSED), job="max_wait_seconds = 5")
        sites = "".join(
            f'[[site]]\nstart = ["{urls[host]}"]\nadmitted_by = "the tests"\n' for host in REFUSED
        )
        text = (owned + sites).replace("http://xn--bcher-kva.example", "http://b\u00fccher.example")
        ended = impatiently(place, "crawl", place.write(text))
        assert place.runs(), ended.err
        yield NamesCrawl(
            place=place,
            ended=ended,
            seen={host: server.paths() for host, server in servers.items()},
            captures=place.captures(),
            refusals=place.data("--refusals"),
        )


def test_the_crawl_ends_and_can_be_resumed(names: NamesCrawl) -> None:
    """What cannot be had now is left for later, and said so; nothing looks like a fault of ours."""
    assert names.ended.code == 4, names.ended.err
    assert "Traceback" not in names.ended.err
    assert names.place.verify()["captures"] == len(names.captures)


@pytest.mark.parametrize("host", GOOD)
def test_a_good_host_is_crawled_beside_them(names: NamesCrawl, host: str) -> None:
    """Over verified TLS, and under an internationalised name on an odd port."""
    assert names.seen[host] == ["/robots.txt", *sorted(FILES, key=names.seen[host].index), "/"]
    assert [
        row["kind"] for row in names.captures if f"//{host}:" in row["url"] and row["url"].endswith("/")
    ] == ["document"]


@pytest.mark.parametrize(("host", "words"), KEPT_AWAY.items())
def test_a_host_that_is_not_who_it_says_gets_no_request(names: NamesCrawl, host: str, words: str) -> None:
    """Not even for its robots.txt, where the connection is not the one that we meant."""
    assert [path for path in names.seen.get(host, []) if path != "/robots.txt"] == []
    said = [line for line in names.ended.err.splitlines() if line.startswith("waits") and host in line]
    assert said, names.ended.err
    assert words in said[-1]
    assert [row for row in names.captures if f"//{host}:" in row["url"]] == []


@pytest.mark.parametrize("host", REFUSED)
def test_a_name_that_leads_inside_is_refused(names: NamesCrawl, host: str) -> None:
    """Also where only one of its addresses does."""
    assert names.seen[host] == []
    assert [row["rule"] for row in names.refusals if f"//{host}:" in row["url"]] == ["address"]
