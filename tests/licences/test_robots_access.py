"""RFC 9309: may we request this URL, and which line says so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from golden import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from protego import Protego

from licences.robots import LIMIT, RobotsDocument, RobotsFlag, allowed

ORIGIN = "https://example.org"


@pytest.mark.parametrize("case", cases("rfc9309"))
def test_the_deciding_line_is_named(case: dict[str, Any]) -> None:
    """Access is what the case says, by the line it says; the bare matcher agrees unless only we are bound."""
    token, body = case.get("token", "OurBot"), case["robots_txt"].encode()
    document = RobotsDocument.parse(body)
    for ask in case["ask"]:
        answer = document.access(token, ORIGIN + ask["url"])
        assert answer.allowed is ask["allowed"], ask
        assert answer.line_number == ask.get("line"), ask
        assert answer.overridden_line_number == ask.get("overridden"), ask
        assert allowed(body, token, ORIGIN + ask["url"]) is (ask["allowed"] or "ours" in ask), ask


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        pytest.param(
            b"Disallow :  /a # drafts\r\n", "Disallow :  /a # drafts", id="with its comment, without its end"
        ),
        pytest.param(b"Disallow: /a #\xff\0", "Disallow: /a #\ufffd\ufffd", id="as a database can keep it"),
    ],
)
def test_the_line_is_kept_as_it_stands(rule: bytes, line: str) -> None:
    assert RobotsDocument.parse(b"User-agent: *\n" + rule).access("OurBot", ORIGIN + "/a").line == line


def test_an_octet_that_is_no_utf_8_matches_itself() -> None:
    """A Latin-1 file still closes what its server serves under that octet."""
    body = "User-agent: *\nDisallow: /caf\xe9".encode("latin-1")
    assert not allowed(body, "OurBot", ORIGIN + "/caf%E9")
    assert allowed(body, "OurBot", ORIGIN + "/caf%C3%A9")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/" + "a" * 5000, id="all of it matches"),
        pytest.param("/" + "a" * 59 + "b" * 5000, id="the last part is missing"),
    ],
)
def test_many_wildcards_do_not_backtrack(path: str) -> None:
    """R13: the parts of a pattern are walked once; a matcher that backtracks would never come back."""
    body = b"User-agent: *\nDisallow: /" + b"*a" * 60
    assert allowed(body, "OurBot", ORIGIN + path) is ("b" in path)


def test_fifteen_thousand_agents_over_as_many_rules() -> None:
    """V9 of our politeness rules: cost grows with the file, not with agents times rules."""
    agents = "".join(f"User-agent: bot{number}\n" for number in range(15_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(15_000))
    document = RobotsDocument.parse((agents + rules).encode())
    assert not document.access("bot14999", ORIGIN + "/14999x").allowed
    assert document.access("bot14999", ORIGIN + "/x").allowed
    assert len(document.groups) == 1


def test_a_file_made_to_keep_us_busy_closes_its_own_site() -> None:
    """Patterns beyond what an honest file has are not tried one by one: they close what they begin with."""
    denials = "".join(f"Disallow: /x/*{number}a\n" for number in range(2500))
    allowances = "".join(f"Allow: /x/*{number}bb\n" for number in range(2500))
    document = RobotsDocument.parse(f"User-agent: *\n{denials}{allowances}".encode())
    assert not document.access("OurBot", ORIGIN + "/x/2400a").allowed
    assert not document.access("OurBot", ORIGIN + "/x/unnamed").allowed
    assert document.access("OurBot", ORIGIN + "/x/2400bb").allowed
    assert document.access("OurBot", ORIGIN + "/y").line_number is None


def test_a_file_beyond_the_limit_is_cut_at_its_last_complete_line() -> None:
    """RFC 9309 §2.5: what was read counts, half a rule does not."""
    head = b"User-agent: *\nDisallow: /closed\n"
    body = head + b"#" * (LIMIT - len(head) - len(b"\nDisallow: /")) + b"\nDisallow: /half/of/it\n"
    for read in (body, body[:LIMIT]):
        document = RobotsDocument.parse(read)
        assert RobotsFlag.TRUNCATED in document.flags
        assert not document.access("OurBot", ORIGIN + "/closed").allowed
        assert document.access("OurBot", ORIGIN + "/half/of/it").allowed


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-32-le"])
def test_a_byte_order_mark_says_how_to_read(encoding: str) -> None:
    text = "User-agent: *\nDisallow: /a\n"
    mark = "" if encoding in {"utf-16", "utf-32"} else "\ufeff"
    document = RobotsDocument.parse((mark + text).encode(encoding))
    assert document.flags == {RobotsFlag.UTF_16_OR_32}
    assert document.access("OurBot", ORIGIN + "/a").line_number == 2


def test_sitemaps_are_the_absolute_ones_in_order() -> None:
    """Sitemap lines belong to the file, not to a group; relative and foreign schemes cannot be fetched."""
    body = b"""Sitemap: https://example.org/a.xml
User-agent: OurBot
Sitemap: /relative.xml
Disallow: /x
sitemap : http://cdn.example/b.xml  # another host
Sitemap: https://example.org/a.xml
Sitemap: ftp://example.org/c.xml
Sitemap: http://[broken
"""
    assert RobotsDocument.parse(body).sitemaps == ("https://example.org/a.xml", "http://cdn.example/b.xml")


def test_one_answer_is_one_object() -> None:
    """Sixty links a page are asked about: what the same lines decide is made once."""
    document = RobotsDocument.parse(b"User-agent: *\nDisallow: /a\n")
    assert document.access("OurBot", ORIGIN + "/a1") is document.access("OurBot", ORIGIN + "/a2")


_FIELDS = st.sampled_from(
    ["User-agent", "Disallow", "Allow", "Crawl-delay", "Content-Signal", "License", "x", ""]
)
_VALUES = st.text(alphabet="/ab*$%2F?=&#: \t\ufeffé", max_size=12) | st.sampled_from(
    ["*", "OurBot", "GPTBot", "Scrapy"]
)
_FILES = st.lists(st.tuples(_FIELDS, _VALUES), max_size=20).map(
    lambda lines: "\n".join(f"{field}: {value}" for field, value in lines)
)
_PATHS = st.text(alphabet="/ab%2F?=&c*$é", max_size=15).map(lambda path: "/" + path)


@given(body=st.binary(max_size=300) | _FILES.map(str.encode), path=st.text(max_size=20) | _PATHS)
def test_no_file_and_no_url_raises(body: bytes, path: str) -> None:
    document = RobotsDocument.parse(body)
    document.access("OurBot", ORIGIN + path)
    document.access("OurBot", path)
    document.observe(ORIGIN + path, ORIGIN + "/robots.txt", product_token="OurBot")
    assert document.pace("OurBot").gap >= 0
    assert isinstance(document.sitemaps, tuple)


@given(file=_FILES, pattern=_PATHS, path=_PATHS)
def test_one_more_denial_never_opens_a_url(file: str, pattern: str, path: str) -> None:
    """A Disallow in a further group for our token may close, and never opens."""
    before = f"User-agent: OurBot\nAllow: /x\n{file}"
    after = f"{before}\nUser-agent: OurBot\nDisallow: {pattern}"
    if not allowed(before.encode(), "OurBot", ORIGIN + path):
        assert not allowed(after.encode(), "OurBot", ORIGIN + path)


_SEGMENTS = st.text(alphabet="ab", min_size=1, max_size=3)
_PLAIN_PATHS = st.lists(_SEGMENTS, max_size=4).map(lambda parts: "/" + "/".join(parts))
_PATTERNS = st.builds(
    lambda path, tail: path + tail, _PLAIN_PATHS, st.sampled_from(["", "*", "$", "*b", "/*/a", "*a$"])
)


@settings(max_examples=200)
@given(
    rules=st.lists(st.tuples(st.sampled_from(["Allow", "Disallow"]), _PATTERNS), min_size=1, max_size=8),
    path=_PLAIN_PATHS,
)
def test_protego_agrees_where_it_is_right(rules: list[tuple[str, str]], path: str) -> None:
    """One group, plain paths, no unknown lines: there an independent matcher gives the same answers."""
    file = "User-agent: OurBot\n" + "\n".join(f"{field}: {pattern}" for field, pattern in rules)
    assert allowed(file.encode(), "OurBot", ORIGIN + path) is Protego.parse(file).can_fetch(
        ORIGIN + path, "OurBot"
    )


def test_the_framework_is_named_as_sites_write_it() -> None:
    """The group is found whatever its case and version."""
    for written in ("scrapy", "Scrapy/2.19 (+https://scrapy.org)", "SCRAPY"):
        document = RobotsDocument.parse(f"User-agent: {written}\nDisallow: /".encode())
        assert not document.access("OurBot", ORIGIN + "/").allowed
        assert re.search("Disallow", document.access("OurBot", ORIGIN + "/").line or "")
