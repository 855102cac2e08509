"""``erase`` and ``hold`` as people type them: what is refused, what is asked, what is said."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from crawler.errors import CrawlerError
from provenance.errors import NotOnRecord, ScopeError

URL = "https://example.org/ann.html"
WHY = ("--reason", "she asked", "--requested-by", "A. Nonymous")
Typed = Callable[..., Result]


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        pytest.param((), "name one scope", id="none"),
        pytest.param(("--url", URL, "--site", "example.org"), "name one scope", id="two"),
        pytest.param(("--url", "ann.html"), "no address", id="no URL"),
        pytest.param(
            ("--prefix", "https://example.org"), "write https://example.org/", id="ends in its host"
        ),
        pytest.param(("--site", "https://example.org/"), "no site", id="a URL for a site"),
        pytest.param(("--digest", "sha256:12"), "no digest", id="half a digest"),
        pytest.param(("--url", URL, "--reason", " "), "say why", id="no reason"),
    ],
)
def test_a_request_that_is_unclear_does_nothing(typed: Typed, scope: tuple[str, ...], words: str) -> None:
    with pytest.raises((CrawlerError, ScopeError), match=words):
        typed("erase", *WHY, *scope, "--yes")
    assert typed("erasure", "list", "--format", "jsonl").stdout == ""


@pytest.mark.parametrize("left_out", ["--reason", "--requested-by"])
def test_nothing_is_erased_without_saying_why_and_for_whom(typed: Typed, left_out: str) -> None:
    at = WHY.index(left_out)
    assert left_out in typed("erase", "--url", URL, *WHY[:at], *WHY[at + 2 :], code=2).output


def test_nobody_there_to_ask_means_no(typed: Typed) -> None:
    with pytest.raises(CrawlerError, match="--yes"):
        typed("erase", "--url", URL, *WHY)
    assert typed("erasure", "list", "--format", "jsonl").stdout == ""


def test_a_dry_run_only_tells(typed: Typed) -> None:
    said = typed("erase", "--prefix", "https://Example.org:443/a/", *WHY, "--dry-run", "--format", "json")
    told = json.loads(said.stdout)
    assert told["erasure"] is None
    assert told["plan"]["scope"] == {"kind": "prefix", "value": "https://example.org/a/"}
    assert typed("erasure", "list", "--format", "jsonl").stdout == ""


def test_an_erasure_is_listed_with_who_and_why(typed: Typed) -> None:
    told = json.loads(typed("erase", "--url", URL, *WHY, "--yes", "--format", "json").stdout)
    [row] = map(json.loads, typed("erasure", "list", "--format", "jsonl").stdout.splitlines())
    assert (row["id"], row["state"], row["fetched_again"]) == (told["erasure"]["id"], "erased", False)
    assert (row["reason"], row["requested_by"]) == ("she asked", "A. Nonymous")
    assert row["value"] in typed("erasure", "list").stdout


@pytest.mark.parametrize(
    "scope",
    [
        pytest.param(("--url", URL), id="the same"),
        pytest.param(("--prefix", "https://example.org/"), id="a wider one"),
        pytest.param(("--site", "example.org"), id="its site"),
    ],
)
def test_a_legal_hold_stands_in_the_way_and_says_so(typed: Typed, scope: tuple[str, ...]) -> None:
    """Who placed it, when and why; lifted, it stands in nobody's way."""
    typed("hold", "place", "--url", URL, "--reason", "case 7", "--by", "J. Doe")
    for command in ("--dry-run", "--yes"):
        said = typed("erase", *scope, *WHY, command, code=1).output
        assert all(words in said for words in ("legal hold 1", "J. Doe", "case 7"))
    assert typed("erasure", "list", "--format", "jsonl").stdout == ""
    typed("hold", "lift", "1", "--by", "R. Roe")
    typed("erase", *scope, *WHY, "--yes")


def test_holds_are_listed_while_they_stand_and_on_request_after(typed: Typed) -> None:
    typed("hold", "place", "--site", "bücher.example", "--reason", "case 7", "--by", "J. Doe")
    [row] = map(json.loads, typed("hold", "list", "--format", "jsonl").stdout.splitlines())
    assert (row["scope"], row["value"], row["lifted_by"]) == ("site", "xn--bcher-kva.example", None)
    typed("hold", "lift", "1", "--by", "R. Roe")
    assert typed("hold", "list", "--format", "jsonl").stdout == ""
    [row] = map(json.loads, typed("hold", "list", "--all", "--format", "jsonl").stdout.splitlines())
    assert row["lifted_by"] == "R. Roe"
    with pytest.raises(NotOnRecord, match="no hold 1 stands"):
        typed("hold", "lift", "1")


@pytest.mark.parametrize("arguments", [["erase"], ["erasure", "certificate"], ["hold", "place"], ["retain"]])
def test_help_has_an_example(typed: Typed, arguments: list[str]) -> None:
    assert f"aboveboard {' '.join(arguments)}" in typed(*arguments, "--help").stdout
