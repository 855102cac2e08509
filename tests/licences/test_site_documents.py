"""A host's files beside robots.txt, and the four channels of TDMRep: case by case, then the laws they keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from golden import cases
from host_files import archived, reading, stated
from hypothesis import given
from hypothesis import strategies as st
from pages import TOKEN, URL, observed, page

from licences.locating import stands
from licences.observation import Observation, Statement
from licences.observers import observe
from licences.signals.tdmrep_file import RULES
from licences.signals.tdmrep_policy import policies_named, read_policy, with_policies
from licences.signals.tdmrep_priority import standing
from licences.signals.text_file import MOST_LINES
from licences.site_documents import SITE_DOCUMENTS
from licences.vocabulary import Kind, LegalEffect, Retrieval, Verdict

FILES = [one.name for one in SITE_DOCUMENTS]


def words(one: Observation) -> Mapping[str, Any]:
    """Return an observation in the words of the case files."""
    said = one.statement
    return {
        "kind": said.kind.value,
        "usage": said.usage.value,
        "verdict": said.verdict.value,
        "legal_effect": said.legal_effect.value,
        "covers": [usage.value for usage in said.covers],
        "conditions": [condition.type.value for condition in said.conditions],
        "values": [condition.value for condition in said.conditions if condition.value],
        "urls": [condition.url for condition in said.conditions if condition.url],
        "confidence": said.confidence,
        "lenient": said.lenient,
        "retrieval": said.retrieval.value,
        "level": said.scope.level.value,
        "selector": said.scope.selector,
        "media": list(said.scope.media),
        "tokens": list(said.addressee.tokens),
        "matches_us": said.addressee.matches_us,
        "note": said.note,
        "locator": one.source.locator,
        "raw": one.raw,
    }


def expect(found: tuple[Observation, ...], case: dict[str, Any]) -> None:
    """Compare every observation, in order, with what its case says of it."""
    assert len(found) == len(case["observation"]), [words(one) for one in found]
    for one, expected in zip(found, case["observation"], strict=True):
        read = words(one)
        assert {key: read[key] for key in expected} == expected


@pytest.mark.parametrize("case", [*cases("tdmrep"), *cases("ai-txt"), *cases("trust-txt")])
def test_a_site_states(case: dict[str, Any]) -> None:
    """What page and file state, in order; where each stands; and what of it remains."""
    seen = page(
        case.get("html", ""),
        headers=case.get("headers", ()),
        media_type=case.get("media_type", "text/html"),
        url=case.get("url", URL),
    )
    found = observe(seen, product_token=TOKEN)
    assert all(stands(one, seen) for one in found)
    if (file := case.get("file")) is not None:
        answer = {key: file[key] for key in ("status", "media_type") if key in file}
        assert reading(file["name"], file["body"], **answer).retrieval.value == case["retrieval"]
        of_file = stated(file["name"], file["body"], url=seen.url, media_type=seen.media_type)
        of_file = of_file if case["retrieval"] not in {"absent", "unreachable", "wrong_type"} else ()
        assert all(stands(one, archived(file["name"], file["body"])) for one in of_file)
        found += of_file
    if "policy" in case:
        assert policies_named(found) == (case["policy_url"],)
        conditions = read_policy(case["policy"].encode(), case["policy_url"])
        found = with_policies(found, {} if conditions is None else {case["policy_url"]: conditions})
    expect(found, case)
    if "standing" in case:
        left = standing(one.statement for one in found)
        assert [one.legal_effect.value for one in left] == case["standing"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("answer", "retrieval"),
    [
        pytest.param({"status": None}, Retrieval.UNREACHABLE, id="no answer"),
        pytest.param({"status": 404}, Retrieval.ABSENT, id="not there"),
        pytest.param({"status": 410}, Retrieval.ABSENT, id="gone"),
        pytest.param({"status": 204}, Retrieval.ABSENT, id="no content"),
        pytest.param({"status": 302}, Retrieval.UNREACHABLE, id="a redirect that led nowhere"),
        pytest.param({"status": 401}, Retrieval.UNREACHABLE, id="refused"),
        pytest.param({"status": 429}, Retrieval.UNREACHABLE, id="later"),
        pytest.param({"status": 500}, Retrieval.UNREACHABLE, id="an error"),
        pytest.param({"status": 200, "body": "\n <!-- x --><html>"}, Retrieval.WRONG_TYPE, id="a page"),
    ],
)
def test_looking_for_a_file_has_an_outcome(name: str, answer: dict[str, Any], retrieval: Retrieval) -> None:
    """Absent, unreachable and something else in its place are three different facts; none states anything."""
    found = reading(name, **{"body": "whatever", **answer})
    assert (found.retrieval, found.document) == (retrieval, None)


def test_a_part_of_a_file_reserves_and_lifts_nothing() -> None:
    """What was read before the limit counts; what was not read might have reserved."""
    closed = '[{"location": "/", "tdm-reservation": 1}, {"location": "/x", "tdm-re'
    assert reading("tdmrep.json", closed, truncated=True).retrieval is Retrieval.OVERSIZE
    (one,) = stated("tdmrep.json", closed, truncated=True)
    assert (one.statement.verdict, one.statement.lenient) == (Verdict.DENY, False)
    assert stated("tdmrep.json", closed.replace("1}", "0}"), truncated=True) == ()
    assert (
        stated("trust.txt", "datatrainingallowed=yes\nmem", truncated=True)[0].statement.verdict
        is Verdict.UNKNOWN
    )
    assert (
        stated("ai.txt", "User-agent: *\nDisallow: /\nDisa", truncated=True)[0].statement.verdict
        is Verdict.DENY
    )
    assert (
        stated("ai.txt", "User-agent: *\nDisallow: /ne", truncated=True, url="https://example.org/next") == ()
    )


def test_more_rules_than_are_read_is_oversize() -> None:
    """The first two thousand count."""
    rules = ",".join(['{"location": "/a", "tdm-reservation": 1}'] * (RULES + 1))
    assert reading("tdmrep.json", f"[{rules}]").retrieval is Retrieval.OVERSIZE
    assert len(stated("tdmrep.json", f"[{rules}]", url="https://example.org/a")) == 1


def test_lines_that_are_not_read_settle_nothing() -> None:
    """A file of more lines than are looked at may say anything behind them."""
    body = "datatrainingallowed=yes\n" + "\n" * MOST_LINES
    assert reading("trust.txt", body).retrieval is Retrieval.OVERSIZE
    assert stated("trust.txt", body)[0].statement.verdict is Verdict.UNKNOWN
    assert (
        reading("ai.txt", "User-agent: *\nDisallow: /\n" + "\n" * MOST_LINES).retrieval is Retrieval.OVERSIZE
    )


def test_a_denial_behind_many_allowances_is_heard_and_shown() -> None:
    """However often a trust.txt says yes before."""
    body = "datatrainingallowed=yes\n" * 100 + "datatrainingallowed=no"
    (one,) = stated("trust.txt", body)
    assert one.statement.verdict is Verdict.DENY
    assert "datatrainingallowed=no" in one.raw.splitlines()
    assert stands(one, archived("trust.txt", body))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param("trust.txt", "datatrainingallowed: no\ndatatrainingallowed=yes", id="a colon"),
        pytest.param("ai.txt", "User-agent: *\nDisallow: .*", id="a regular expression"),
        pytest.param("ai.txt", "User-agent: *\nDisallow: https://example.org/", id="a whole address"),
    ],
)
def test_a_sloppy_denial_counts(name: str, body: str) -> None:
    assert [one.statement.verdict for one in stated(name, body)] == [Verdict.DENY]


def test_json_as_deep_as_can_be_read_is_read() -> None:
    """Writing a value out takes more room than reading it did."""
    for depth in range(900, 1001):
        reading("tdmrep.json", "[" * depth + "]" * depth)


def test_pages_that_the_same_lines_decide_share_their_observations() -> None:
    """A rights set is hashed from the same objects all over a site."""
    for name, body in {
        "tdmrep.json": '[{"location": "/", "tdm-reservation": 1}]',
        "ai.txt": "User-agent: *\nDisallow: *.jpg\nDisallow: /a\n",
        "trust.txt": "datatrainingallowed=no",
    }.items():
        document = reading(name, body).document
        assert document is not None
        first, second = (
            document.observe(f"https://example.org/a/{number}", URL, media_type="text/html")
            for number in (1, 2)
        )
        assert first is second


def test_an_alternative_place_is_asked_second() -> None:
    assert [one.paths for one in SITE_DOCUMENTS] == [
        ("/.well-known/tdmrep.json",),
        ("/ai.txt", "/.well-known/ai.txt"),
        ("/trust.txt", "/.well-known/trust.txt"),
    ]


_PIECES = st.sampled_from(
    [
        b'[{"location": "/", "tdm-reservation": 0}',
        b',{"location": "*", "tdm-reservation": 1, "tdm-policy": "http://["}',
        b'{"location": "/%zz*$", "tdm-reservation": "1", "tdm-reservation": 0}',
        b'"\\ud800"',
        b"]",
        b"[" * 3000,
        b'{"a":' * 3000,
        b"1e999999",
        b"9" * 5000,
        b"\xef\xbb\xbf",
        b"User-agent: *\n",
        b"User-agent: \xff\n",
        b"Disallow: *.jpg\r",
        b"Disallow: /*a*b*c$\n",
        b"Allow: *\n",
        b"training: allow\n",
        b"no-training: yes\n",
        b"datatrainingallowed=yes\n",
        b" datatrainingallowed = yes # \n",
        b"---\n",
        b"\0",
    ]
)
_BODIES = st.lists(_PIECES | st.binary(max_size=30), max_size=8).map(b"".join)


@given(name=st.sampled_from(FILES), body=_BODIES, url=st.text(max_size=20), truncated=st.booleans())
def test_no_file_raises(name: str, body: bytes, url: str, truncated: bool) -> None:
    """Whatever bytes come: statements that can be stored and found again, or none."""
    for one in stated(name, body, url=URL + url, truncated=truncated):
        assert Observation.from_json(one.to_json()) == one
        one.raw.encode()
        (one.statement.scope.selector or "").encode()
        if name == "tdmrep.json" or not truncated:
            assert stands(one, archived(name, body))


@given(name=st.sampled_from(FILES), body=_BODIES, truncated=st.booleans())
def test_nothing_malformed_allows(name: str, body: bytes, truncated: bool) -> None:
    """Neither an allowance nor a withdrawal comes from a file with an error in it, or from a part of a file."""
    found = reading(name, body, truncated=truncated)
    opening = [
        one.statement
        for one in stated(name, body, truncated=truncated)
        if one.statement.verdict is Verdict.ALLOW
        or one.statement.legal_effect is LegalEffect.RESERVATION_WITHDRAWN
    ]
    if opening:
        assert found.retrieval is Retrieval.OK
        assert not any(one.lenient or one.confidence < 1.0 for one in opening)


_LOCATIONS = st.sampled_from(["/", "/a", "/a/", "/a/b$", "/*", "/*/b", "*b", "/%61", "/a/b"])
_RULES = st.lists(st.tuples(_LOCATIONS, st.sampled_from(["0", "1", "2", '"1"'])), max_size=6)


def _file(rules: list[tuple[str, str]]) -> str:
    return (
        "["
        + ",".join(f'{{"location": "{where}", "tdm-reservation": {value}}}' for where, value in rules)
        + "]"
    )


def _reserved(rules: list[tuple[str, str]], url: str) -> bool:
    return any(one.statement.verdict is Verdict.DENY for one in stated("tdmrep.json", _file(rules), url=url))


@given(
    rules=_RULES,
    more=_LOCATIONS,
    place=st.integers(0, 6),
    path=st.sampled_from(["/", "/a", "/a/b", "/a/b/c", "/b?a"]),
)
def test_another_reservation_never_opens(
    rules: list[tuple[str, str]], more: str, place: int, path: str
) -> None:
    """Wherever in the file it is put."""
    url = f"https://example.org{path}"
    if _reserved(rules, url):
        assert _reserved([*rules[:place], (more, "1"), *rules[place:]], url)


_STATEMENTS = [
    one.statement
    for one in (
        *observed(headers=[("tdm-reservation", "1"), ("tdm-reservation", "0"), ("X-Robots-Tag", "noai")]),
        *observed('<meta name="tdm-reservation" content="0">'),
        *observed('<meta name="tdm-reservation" content="1">'),
        *observed('<body><p><meta name="tdm-reservation" content="0">'),
        *stated("tdmrep.json", _file([("/", "1")])),
        *stated("tdmrep.json", _file([("/", "0")])),
        *stated("tdmrep.json", _file([("/", '"1"')])),
    )
]


@given(held=st.lists(st.sampled_from(_STATEMENTS)), more=st.sampled_from(_STATEMENTS))
def test_a_denial_more_takes_no_denial_away(held: list[Statement], more: Statement) -> None:
    """What stands among the channels of TDMRep; the order plays no part, and other protocols are left alone."""
    denials = {one for one in standing(held) if one.verdict is Verdict.DENY}
    if more.verdict is Verdict.DENY:
        assert denials <= set(standing([*held, more]))
    assert set(standing(held[::-1])) == set(standing(held))
    assert {one for one in held if one.kind is Kind.ROBOTS_TAG_HEADER} <= set(standing(held))


@given(
    st.binary(max_size=60) | st.sampled_from([b'{"permission": [3, null, {"action": ["tdm:mine"]}]}', b"[]"])
)
def test_no_policy_raises(body: bytes) -> None:
    read_policy(body, "https://example.org/policy")


@pytest.mark.parametrize(
    ("policy", "conditions"),
    [
        pytest.param('{"permission": [{"action": "tdm:mine"}]}', ["see_text"], id="nothing is asked"),
        pytest.param('{"permission": [{"action": "print"}]}', None, id="another action"),
        pytest.param("{}", None, id="nothing is permitted"),
        pytest.param(
            '{"permission": [{"action": "tdm:mine"}], "prohibition": [{"action": "tdm:mine"}]}',
            None,
            id="a prohibition",
        ),
        pytest.param(
            '{"permission": [{"action": "tdm:mine", "duty": [{"action": "delete"}]}]}',
            ["see_text"],
            id="a duty that we do not know",
        ),
        pytest.param(
            '{"permission": [{"action": "tdm:mine", "constraint": [{"leftOperand": "purpose", "operator": "neq", "rightOperand": "tdm:research"}]}]}',
            ["see_text"],
            id="another operator",
        ),
        pytest.param(
            '{"permission": [{"action": "tdm:mine", "duty": [{"action": "compensate", "constraint": {"leftOperand": "payAmount"}}]}]}',
            ["see_text", "payment"],
            id="an amount",
        ),
        pytest.param(
            '{"permission": [{"action": "tdm:mine", "constraint": {"leftOperand": "purpose", "operator": "eq", "rightOperand": {"@id": "tdm:research"}}}, {"action": "tdm:mine", "duty": {"action": "obtainConsent"}}]}',
            ["purpose", "obtain_consent"],
            id="two permissions add up",
        ),
    ],
)
def test_a_policy_asks(policy: str, conditions: list[str] | None) -> None:
    """What is not understood is for a person to read."""
    found = read_policy(policy.encode(), "https://example.org/policy")
    assert (None if found is None else [one.type.value for one in found]) == conditions


def test_a_part_of_a_header_lifts_nothing() -> None:
    (one,) = observed("<p>x</p>", headers=[("tdm-reservation", "0" + " " * 9000 + ", 1")])
    assert one.statement.legal_effect is LegalEffect.NOTICE
