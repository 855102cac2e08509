"""The index beside a segment: what replay tools look up, and nothing that its segment does not say."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.archive import Exchange, Revisit, SegmentWriter
from crawler.archive.cdxj import index_segment
from crawler.archive.surt import surt

MakeExchange = Callable[..., Exchange]


def entry(line: bytes) -> tuple[str, str, dict[str, str]]:
    key, at, found = line.decode("ascii").rstrip("\n").split(" ", 2)
    return key, at, json.loads(found)


def test_a_line_says_where_to_find_what(segment: SegmentWriter, exchange: MakeExchange) -> None:
    """Key, second and place; every value is a string, and the file is named from the store's root."""
    place = segment.append(exchange("https://www.example.org/Page?b=1&a=2"), {})
    key, at, found = entry(segment.close().index or b"")
    assert (key, at) == ("org,example)/page?a=2&b=1", "20261120093015")
    assert found == {
        "url": "https://www.example.org/Page?b=1&a=2",
        "mime": "text/html",
        "status": "200",
        "digest": f"sha256:{place.payload_digest.hex()}",
        "length": str(place.length),
        "offset": str(place.offset),
        "filename": segment.key,
    }


@pytest.mark.parametrize(
    ("head", "status", "media_type"),
    [
        pytest.param(
            b"HTTP/1.1 301 Moved\r\nLocation: /a\r\n\r\n", "301", "unk", id="a redirect without a type"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-type:TEXT/HTML;a=b\r\n\r\n", "200", "text/html", id="case"),
        pytest.param(b"HTTP/1.1 200 OK\nContent-Type: a/b\n\n", "200", "a/b", id="LF alone"),
        pytest.param(b"HTTP/1.1 999\r\n\r\n", "999", "unk", id="no reason"),
        pytest.param(
            b"HTTP/1.1 20 OK\r\nX-Content-Type: a/b\r\n\r\n", "-", "unk", id="no status, another field"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Type: \xff\xfe\r\n\r\n", "200", "ÿþ", id="bytes"),
    ],
)
def test_heads_are_read_as_they_come(
    segment: SegmentWriter, exchange: MakeExchange, head: bytes, status: str, media_type: str
) -> None:
    segment.append(exchange(response_head=head), {})
    _, _, found = entry(segment.close().index or b"")
    assert (found["status"], found["mime"]) == (status, media_type)


def test_an_unchanged_answer_is_a_revisit(segment: SegmentWriter, exchange: MakeExchange) -> None:
    """Its digest is that of the body it left out: replay tools find that by it."""
    first = exchange()
    place = segment.append(first, {})
    segment.append(exchange(), {}, revisit_of=Revisit(url=first.url, fetched_at=first.started_at))
    original, revisit = (entry(line)[2] for line in (segment.close().index or b"").splitlines())
    assert (original["mime"], revisit["mime"]) == ("text/html", "warc/revisit")
    assert original["digest"] == revisit["digest"] == f"sha256:{place.payload_digest.hex()}"


@pytest.mark.parametrize(
    ("body", "truncated", "lines"),
    [
        pytest.param(b"", None, 1, id="an answer that has no body"),
        pytest.param(b"half", "length", 1, id="a body cut short"),
        pytest.param(b"", "unspecified", 0, id="a body that was not kept"),
        pytest.param(b"", "disconnect", 0, id="a body that never came"),
    ],
)
def test_what_nobody_can_replay_is_left_out(
    segment: SegmentWriter, exchange: MakeExchange, body: bytes, truncated: str | None, lines: int
) -> None:
    """Its head announces a body that is not there; a browser would wait for it."""
    segment.append(exchange(body=body, truncated=truncated), {})
    closed = segment.close()
    assert (closed.index or b"").count(b"\n") == lines
    with closed.path.open("rb") as stream:
        assert index_segment(stream, segment.key) == closed.index


_PATHS = st.text(st.sampled_from("ab/.?&=%2F C3é"), max_size=12)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paths=st.lists(_PATHS, max_size=5), truncated=st.sampled_from([None, "time"]), body=st.binary(max_size=5)
)
def test_the_index_made_again_is_the_one_that_was_made(
    tmp_path_factory: pytest.TempPathFactory,
    exchange: MakeExchange,
    paths: list[str],
    truncated: str | None,
    body: bytes,
) -> None:
    """Law: what is written along with the records is what their reading gives, byte for byte, and sorted."""
    segment = SegmentWriter(tmp_path_factory.mktemp("spool"), "warc/example.org/1/1-0.warc.gz", {})
    for path in paths:
        url = "https://example.org/" + path.encode("ascii", "xmlcharrefreplace").decode().replace(" ", "%20")
        segment.append(exchange(url, body=body, truncated=truncated), {})
    closed = segment.close()
    assert closed.index == index_segment(io.BytesIO(Path(closed.path).read_bytes()), segment.key)
    lines = (closed.index or b"").splitlines()
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        pytest.param("https://example.org/", "org,example)/", id="a site"),
        pytest.param("http://www2.Example.org:80/A/", "org,example)/a", id="host, port, case, slash"),
        pytest.param("http://example.org:443/", "org,example:443)/", id="another scheme's port"),
        pytest.param("http://[::1]:81/", "::1:81)/", id="an IPv6 address"),
        pytest.param("https://example.org/a/./b/../c//d", "org,example)/a/c/d", id="dots and slashes"),
        pytest.param("https://example.org/%2541%20%C3%A9", "org,example)/a%20%c3%a9", id="escapes, once"),
        pytest.param(
            "https://example.org/?b=2&a&a=&A=1", "org,example)/?a&a=&a=1&b=2", id="arguments sorted"
        ),
        pytest.param("https://example.org/x?", "org,example)/x", id="no arguments"),
        pytest.param(
            f"https://example.org/x?a=1&PHPSESSID={'0' * 32}", "org,example)/x?&a=1", id="a session's number"
        ),
    ],
)
def test_urls_that_replay_tools_take_for_one_have_one_key(url: str, key: str) -> None:
    """As pywb's canonicaliser has it, which tests/acceptance asks as well."""
    assert surt(url) == key
