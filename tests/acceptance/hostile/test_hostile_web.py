"""A hostile web: whatever a server does, the crawl ends, stays small, and loses nothing that it had."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hostile_crawl import HostileCrawl
from loopback_site import FILES
from misbehaviour import Fate, Misbehaviour
from table import ELSEWHERE, TABLE, good_paths
from warcio.archiveiterator import ArchiveIterator

MEMORY = (
    1280 * 1024
)  # KiB, ever; eight pages of 10 MiB are in flight at once, and a tree takes twenty times its page
pytestmark = pytest.mark.slow
ROWS = [pytest.param(row, id=row.name) for row in TABLE.values()]


@pytest.fixture(scope="module")
def truncations(hostile: HostileCrawl) -> dict[str, str | None]:
    """WARC-Truncated of every response, by URL, as another reader sees it."""
    found: dict[str, str | None] = {}
    for record in _records(hostile):
        if record.rec_type in {"response", "revisit"}:
            url = record.rec_headers.get_header("WARC-Target-URI")
            assert url not in found, "archived twice"
            found[url] = record.rec_headers.get_header("WARC-Truncated")
    return found


def _records(hostile: HostileCrawl) -> Iterator[Any]:
    """Yield every record of the archive, its digests checked."""
    for segment in sorted({row["warc_uri"] for row in hostile.captures}):
        with Path(unquote(urlsplit(segment).path)).open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                yield record
                record.raw_stream.read()


def _of(rows: list[dict[str, Any]], url: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["url"] == url]


def test_the_table_names_enough_misbehaviours() -> None:
    assert len(TABLE) >= 40


def test_the_crawl_ends_well(hostile: HostileCrawl) -> None:
    """Done, nothing left; and nothing that a person would take for a fault of ours."""
    assert hostile.ended.code == 0, hostile.ended.err[-4000:]
    assert "Traceback" not in hostile.ended.err
    assert [(row["state"], row["exit_code"]) for row in hostile.place.runs()] == [("finished", 0)]


def test_the_crawl_stays_small(hostile: HostileCrawl) -> None:
    """The most memory it ever held, as the kernel counted, is far below what the servers sent."""
    held = int(re.findall(r"ru_maxrss (\d+)", hostile.ended.out)[-1])
    print(f"\nru_maxrss {held / 1024:.0f} MiB of {MEMORY / 1024:.0f}")
    assert held < MEMORY


def test_every_good_page_is_captured(hostile: HostileCrawl) -> None:
    documents = {row["url"] for row in hostile.captures if row["kind"] == "document"}
    assert {hostile.origin + path for path in good_paths()} - documents == set()


@pytest.mark.parametrize("row", ROWS)
def test_a_misbehaviour_meets_its_fate(
    hostile: HostileCrawl, truncations: dict[str, str | None], row: Misbehaviour
) -> None:
    """Archived once as what it is, cut where it must be; or refused under its rule, in words."""
    url = hostile.origin + row.path
    archived = _of(hostile.captures, url)
    assert [found["kind"] for found in archived] == ([] if row.fate is Fate.NOTHING else [row.fate.value])
    for found in archived:
        assert row.rule or truncations[url] == ("unspecified" if row.reserved else row.truncated)
        assert row.rule or (found["kept"] == "headers") == row.reserved
        assert row.length is None or found["length"] in row.length
    refused = row.refused or row.path
    told = _of(hostile.refusals, refused if "://" in refused else hostile.origin + refused)
    assert [refusal["rule"] for refusal in told] == ([row.rule] if row.rule else [])
    for refusal in told:
        assert row.words in f"{refusal['reason']} {refusal['evidence']}"
        assert refusal["reason"]
        assert refusal["evidence"]


def test_nothing_is_refused_that_the_table_does_not_name(hostile: HostileCrawl) -> None:
    foretold = {row.refused or row.path for row in TABLE.values() if row.rule} | {ELSEWHERE}
    assert {row["url"].removeprefix(hostile.origin) for row in hostile.refusals} == foretold


def test_the_server_saw_exactly_what_the_table_foretells(hostile: HostileCrawl) -> None:
    """No link out of a lie is followed, nothing is asked for twice but what got no answer."""
    foretold = Counter({"/": 1, "/robots.txt": 1} | dict.fromkeys([*good_paths(), *FILES], 1))
    for row in TABLE.values():
        foretold += Counter({row.path: row.times} | dict.fromkeys(row.leads_to, 1))
    assert Counter(seen.path for seen in hostile.log) == foretold


def test_nothing_that_a_server_said_comes_back_to_it(hostile: HostileCrawl) -> None:
    """No cookie, no password, no referer: every request has the same fields, whatever came before."""
    assert {frozenset(seen.names()) for seen in hostile.log} == {
        frozenset({"host", "user-agent", "from", "accept", "accept-encoding"})
    }


def test_good_pages_go_on_beside_the_worst(hostile: HostileCrawl) -> None:
    """The server's log: wherever a misbehaviour drags on, good pages are asked for meanwhile."""
    asked = [seen.path.startswith("/good/") for seen in hostile.log]
    last = len(asked) - asked[::-1].index(True)
    seen_bad = [seen.path for seen in hostile.log[:last] if seen.path.startswith("/bad/")]
    linked = {row.path for row in TABLE.values() if row.linked}
    assert len(linked - set(seen_bad)) <= len(linked) // 10


def test_the_archive_is_whole(hostile: HostileCrawl, truncations: dict[str, str | None]) -> None:
    """`verify` finds nothing amiss, and another reader finds every record that the rows count."""
    assert hostile.place.verify()["captures"] == len(hostile.captures)
    assert truncations.keys() == {row["url"] for row in hostile.captures}
