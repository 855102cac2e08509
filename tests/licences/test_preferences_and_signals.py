"""Content-Usage, Content-Signal and older lines: what a header and a robots.txt state of a URL, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from golden import cases
from hypothesis import given
from hypothesis import strategies as st
from pages import TOKEN, observed

from licences.locating import stands
from licences.observation import Observation
from licences.policy import decide, load
from licences.representation import Representation
from licences.rights import RightsSet
from licences.robots import RobotsDocument
from licences.signals.aipref import LONGEST
from licences.vocabulary import Outcome, Retrieval, Usage, Verdict

ORIGIN = "https://example.org"
ROBOTS = ORIGIN + "/robots.txt"
STRICT = load("strict-optin")
FOLDERS = ("aipref", "content-signals", "robots-extensions")


def _read(one: Observation) -> Mapping[str, Any]:
    """Return an observation in the words of the case files."""
    statement = one.statement
    return {
        "kind": statement.kind.value,
        "usage": statement.usage.value,
        "verdict": statement.verdict.value,
        "covers": [usage.value for usage in statement.covers],
        "legal_effect": statement.legal_effect.value,
        "asserted_by": statement.asserted_by.value,
        "conditions": [f"{condition.type.value} {condition.value}" for condition in statement.conditions],
        "confidence": statement.confidence,
        "lenient": statement.lenient,
        "retrieval": statement.retrieval.value,
        "level": statement.scope.level.value,
        "selector": statement.scope.selector,
        "all": statement.addressee.all,
        "tokens": list(statement.addressee.tokens),
        "matches_us": statement.addressee.matches_us,
        "note": statement.note,
        "locator": one.source.locator,
        "raw": one.raw,
    }


def _of_robots(body: bytes, path: str = "/x") -> tuple[Observation, ...]:
    return RobotsDocument.parse(body).observe(ORIGIN + path, ROBOTS, product_token=TOKEN)


def _of_usage(*values: str) -> tuple[Observation, ...]:
    return observed(headers=[("Content-Usage", value) for value in values])


@pytest.mark.parametrize("case", [case for folder in FOLDERS for case in cases(folder)])
def test_headers_and_lines_state(case: dict[str, Any]) -> None:
    """Every statement in order, with what the case says of it, and nothing else; then what it comes to."""
    document = RobotsDocument.parse(case.get("robots_txt", "").encode())
    for ask in case["ask"]:
        url = ORIGIN + ask["url"]
        found = [
            *observed(case.get("html", ""), headers=case.get("headers", ()), url=url),
            *document.observe(url, ROBOTS, product_token=TOKEN),
        ]
        assert len(found) == len(ask["observation"]), [_read(one) for one in found]
        for one, expected in zip(found, ask["observation"], strict=True):
            read = _read(one)
            assert {key: read[key] for key in expected} == expected
        for usage, outcome in ask.get("outcome", {}).items():
            assert decide(RightsSet.of(found), Usage(usage), STRICT).outcome is Outcome(outcome)


@pytest.mark.parametrize("case", [case for folder in FOLDERS for case in cases(folder)])
def test_the_raw_text_is_found_at_its_line(case: dict[str, Any]) -> None:
    body = case.get("robots_txt", "").encode()
    archived = Representation(
        url=ROBOTS, status=200, headers=(), media_type="text/plain", body=body, tree=None
    )
    for ask in case["ask"]:
        for one in _of_robots(body, ask["url"]):
            assert stands(one, archived)


def test_the_same_lines_give_the_same_objects() -> None:
    """A site's pages share their observations: a URL costs microseconds."""
    document = RobotsDocument.parse(
        b"User-agent: *\nContent-Signal: /a ai-train=no\nContent-Usage: search=y\n"
    )
    first, second, other = (
        document.observe(ORIGIN + path, ROBOTS, product_token=TOKEN) for path in ("/a1", "/a2", "/b")
    )
    assert first is second
    assert first is not other


def test_lines_beyond_what_a_file_may_hold_close_all_or_open_nothing() -> None:
    """No honest file has five hundred paths: what is beyond costs its own site, not our time."""
    lines = ["Content-Signal: /f ai-train=yes"] + [
        f"Content-Signal: /{number}/ search=yes" for number in range(2000)
    ]
    denying = [*lines, "Content-Signal: /far/ ai-train=no", "Content-Signal: /open/ ai-train=yes"]
    body = "\n".join(["User-agent: *", *denying]).encode()
    for path in ("/x", "/open/x", "/far/x", "/7/x"):
        (one,) = _of_robots(body, path)
        assert (one.statement.usage, one.statement.verdict) == (Usage.AI_TRAIN, Verdict.DENY)


def test_twenty_thousand_lines_are_one_observation() -> None:
    body = b"User-agent: *\n" + b"Content-Usage: train-ai=n\n" * 19_000
    (one,) = _of_robots(body)
    assert one.source.locator.count("line") == 40


def test_a_denial_behind_very_many_lines_is_heard() -> None:
    lines = [
        "User-agent: *",
        "Content-Signal: ai-train=yes",
        *["Host: a"] * 20_000,
        "Content-Signal: ai-train=no",
    ]
    document = RobotsDocument.parse("\n".join(lines).encode())
    found = document.observe("https://example.org/", "https://example.org/robots.txt", product_token=TOKEN)
    assert [one.statement.verdict for one in found] == [Verdict.DENY]


def test_a_header_that_is_too_long_denies_and_allows_nothing() -> None:
    """What is beyond the limit may say otherwise."""
    padding = ", ".join(f"x{number}=1" for number in range(LONGEST // 5))
    read = [
        (one.statement.usage, one.statement.verdict, one.statement.retrieval)
        for one in _of_usage(f"train-ai=y, search=n, {padding}")
    ]
    assert read == [
        (Usage.AI_TRAIN_GEN, Verdict.UNKNOWN, Retrieval.OVERSIZE),
        (Usage.INDEX, Verdict.DENY, Retrieval.OVERSIZE),
    ]
    (one,) = observed(headers=[("Content-Signal", "ai-train=yes, " + padding)])
    assert one.statement.verdict is Verdict.UNKNOWN


_LETTERS = st.text(alphabet="yn=,; \t\"'()?:@#1-*/aA\u200b\uff2e\ud800\udcff", max_size=20)
_MEMBERS = st.sampled_from(
    [
        "train-ai=n",
        "train-ai=y",
        "Train-AI=N",
        "search=y",
        "ai-use=n",
        "bots=n",
        "all=y",
        "x=@99999999999999",
        'x="',
        "x=(a b);q=1.5",
        "x=:bad:",
        'x=%"f%c3%28"',
        "x=-999999999999.999",
        "ai-train=no",
        "ai-train=yes",
        "use=reference",
        "use=full",
        "search = false",
        "/a/ ai-train=yes",
    ]
)
_VALUES = st.lists(_MEMBERS | _LETTERS, max_size=6).map(", ".join)


@given(header=st.sampled_from(["Content-Usage", "Content-Signal"]), values=st.lists(_VALUES, max_size=3))
def test_no_header_raises(header: str, values: list[str]) -> None:
    """Whatever comes: statements that can be stored, or none; and none that is malformed allows."""
    for one in observed(headers=[(header, value) for value in values]):
        one.raw.encode()
        assert Observation.from_json(one.to_json()) == one
        if one.statement.verdict is Verdict.ALLOW:
            assert one.statement.retrieval is Retrieval.OK
            assert not one.statement.lenient


@given(values=st.lists(_VALUES, min_size=1, max_size=4))
def test_header_lines_are_one_field(values: list[str]) -> None:
    """RFC 9651: several lines say what one line says that joins them in their order."""
    apart, joined = _of_usage(*values), _of_usage(", ".join(values))
    assert [one.statement for one in apart] == [one.statement for one in joined]


_FIELDS = st.sampled_from(
    [
        "User-agent",
        "Content-Usage",
        "Content-Signal",
        "DisallowAITraining",
        "AllowAITraining",
        "Noindex",
        "License",
        "Permits",
    ]
)
_LINE_VALUES = (
    st.sampled_from(["*", "OurBot", "GPTBot", "/", "/a*", "/a/ ", "https://example.org/rsl.xml"])
    | _VALUES
    | st.tuples(st.sampled_from(["/ ", "/a ", "/a/*b$ ", "/%61 "]), _VALUES).map("".join)
)
_LINES = st.tuples(_FIELDS, _LINE_VALUES).map(lambda line: f"{line[0]}: {line[1]}")


def _encoded(lines: list[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "replace")


_PATHS = st.sampled_from(["/", "/a", "/a/b", "/a/b?c=d", "/a?u=http://x", "/z"])


@given(
    body=st.binary(max_size=200) | st.lists(_LINES, max_size=12).map(_encoded),
    path=_PATHS,
)
def test_no_robots_txt_raises(body: bytes, path: str) -> None:
    """Whatever bytes come, each statement can be stored and found again; none that is malformed allows."""
    archived = Representation(
        url=ROBOTS, status=200, headers=(), media_type="text/plain", body=body, tree=None
    )
    for one in _of_robots(body, path):
        one.raw.encode()
        assert Observation.from_json(one.to_json()) == one
        assert stands(one, archived)
        if one.statement.verdict is Verdict.ALLOW:
            assert one.statement.retrieval is Retrieval.OK
            assert not one.statement.lenient


_STATING = st.tuples(
    st.sampled_from(["Content-Usage", "Content-Signal", "DisallowAITraining", "AllowAITraining"]),
    _LINE_VALUES,
).map(lambda line: f"{line[0]}: {line[1]}")
_DENIALS = st.sampled_from(
    [
        "Content-Usage: train-ai=n",
        "Content-Usage: /a/ search=n",
        "Content-Usage: /a Train-AI=n",
        "Content-Usage: /a*b bots=n",
        "Content-Signal: ai-train=no",
        "Content-Signal: /a/ search=false",
        "Content-Signal: /a use=immediate",
        "DisallowAITraining: /a/",
        "Noindex: /",
    ]
)
_RANKS = {
    Outcome.PERMITTED: 3,
    Outcome.PERMITTED_WITH_CONDITIONS: 2,
    Outcome.NO_SIGNAL: 2,
    Outcome.NEEDS_REVIEW: 1,
    Outcome.NOT_PERMITTED: 0,
}


@given(
    lines=st.lists(_STATING, max_size=8),
    denial=_DENIALS,
    place=st.integers(0, 8),
    path=_PATHS,
    usage=st.sampled_from([Usage.AI_TRAIN_GEN, Usage.AI_INPUT, Usage.INDEX]),
)
def test_a_line_that_denies_never_permits_more(
    lines: list[str], denial: str, place: int, path: str, usage: Usage
) -> None:
    """Wherever it stands, and whatever the others say."""
    ranks = []
    for said in (lines, [*lines[:place], denial, *lines[place:]]):
        body = _encoded(["User-agent: *", *said])
        stated = RightsSet.of(_of_robots(body, path))
        ranks.append(_RANKS[decide(stated, usage, STRICT).outcome])
    assert ranks[1] <= ranks[0]


@given(lines=st.lists(_STATING, max_size=6, unique=True), path=_PATHS)
def test_the_order_of_lines_is_irrelevant(lines: list[str], path: str) -> None:
    def stated(said: list[str]) -> set[str]:
        body = _encoded(["User-agent: *", *said])
        return {one.statement.canonical for one in _of_robots(body, path)}

    assert stated(lines) == stated(lines[::-1])
