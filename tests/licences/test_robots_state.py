"""What an answer to the robots.txt request means, and the pace that the file asks for."""

from __future__ import annotations

from typing import Any

import pytest
from golden import cases

from licences.robots import RobotsDocument, RobotsFlag, RobotsState, robots_state

RULES = b"User-agent: *\nDisallow: /a\n"
ALLOW_ALL, DENY_ALL = RobotsState.ALLOW_ALL, RobotsState.DENY_ALL
AVAILABLE, UNREACHABLE = RobotsState.AVAILABLE, RobotsState.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "state"),
    [
        pytest.param(200, AVAILABLE, id="200"),
        pytest.param(204, AVAILABLE, id="204: an empty file has no rules"),
        pytest.param(304, UNREACHABLE, id="304 is the cache's business, not ours"),
        pytest.param(301, UNREACHABLE, id="a redirect that was not followed to its end"),
        *(
            pytest.param(status, ALLOW_ALL, id=f"{status}: there is none")
            for status in (400, 404, 406, 410, 418)
        ),
        *(pytest.param(status, DENY_ALL, id=f"{status}: refused") for status in (401, 402, 403, 407, 451)),
        *(pytest.param(status, UNREACHABLE, id=f"{status}: not now") for status in (408, 425, 429)),
        *(
            pytest.param(status, UNREACHABLE, id=f"{status}: R11")
            for status in (500, 502, 503, 504, 599, 600)
        ),
        pytest.param(100, UNREACHABLE, id="no final status"),
        pytest.param(None, UNREACHABLE, id="no answer: DNS, TCP, TLS, timeout"),
    ],
)
def test_each_status_has_one_state(status: int | None, state: RobotsState) -> None:
    """Only a file, or the certainty that there is none, releases URLs; a body under another status is not read."""
    assert robots_state(status, RULES) is state
    assert state.releases is (state in {AVAILABLE, ALLOW_ALL})


@pytest.mark.parametrize(
    ("body", "state", "flags"),
    [
        pytest.param(
            b"<!doctype html><html><p>App</html>", ALLOW_ALL, {RobotsFlag.WRONG_TYPE}, id="R12: a page"
        ),
        pytest.param(
            b"<html>\nUser-agent: *\nDisallow: /", AVAILABLE, set(), id="a page with rules: they count"
        ),
        pytest.param(b"", AVAILABLE, set(), id="empty"),
        pytest.param(b"hello", AVAILABLE, set(), id="prose"),
        pytest.param(
            b"User-agent: *\n\0Disallow: /", UNREACHABLE, {RobotsFlag.NUL_BYTES}, id="B11: NUL, no mark"
        ),
        pytest.param(RULES.decode().encode("utf-16"), AVAILABLE, {RobotsFlag.UTF_16_OR_32}, id="B11: a mark"),
        pytest.param(b"User-agent: \xff", AVAILABLE, {RobotsFlag.NOT_UTF_8}, id="Latin-1"),
    ],
)
def test_a_body_is_available_or_says_why_not(body: bytes, state: RobotsState, flags: set[RobotsFlag]) -> None:
    document = RobotsDocument.parse(body)
    assert robots_state(200, body) is state
    assert robots_state(200, document=document) is state
    assert document.flags == flags


@pytest.mark.parametrize("header", [("CF-Mitigated", "challenge"), ("x-amzn-waf-action", "captcha")])
def test_a_challenge_page_refuses(header: tuple[str, str]) -> None:
    """Whatever status it comes with: a challenge is a closed door."""
    assert {robots_state(status, RULES, [header]) for status in (200, 202, 403, 404, 503)} == {DENY_ALL}


@pytest.mark.parametrize("case", cases("robots-pace"))
def test_the_pace_asked_for(case: dict[str, Any]) -> None:
    pace = RobotsDocument.parse(case["robots_txt"].encode()).pace("OurBot")
    assert pace.gap == case["gap"]
    assert pace.parked is case["parked"]
    assert list(pace.ignored) == case.get("ignored", [])
    assert all(pace.is_open(moment) for moment in case.get("open_at", []))
    assert not any(pace.is_open(moment) for moment in case.get("closed_at", []))
