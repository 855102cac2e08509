"""Answers that turn us away, and robots tags that a script or a new header carries."""

from __future__ import annotations

from typing import Any

import pytest
from golden import cases
from hypothesis import given
from hypothesis import strategies as st
from pages import TOKEN, URL, observed, page
from test_site_documents import expect

from licences.locating import stands
from licences.observation import Observation
from licences.observers import unite
from licences.representation import Representation
from licences.signals.access import observe_refusal
from licences.signals.robots_tag_field import read_robots_tag
from licences.vocabulary import LegalEffect, Usage, Verdict


@pytest.mark.parametrize("case", cases("access"))
def test_an_answer_turns_us_away(case: dict[str, Any]) -> None:
    """Each refusal and each demand is one statement about crawling, with its place."""
    answer = page(
        case.get("html", ""),
        headers=case["headers"],
        media_type=case.get("media_type", "text/html"),
        status=case["status"],
    )
    found = observe_refusal(answer, barrier=case.get("barrier"))
    expect(found, case)
    assert all(stands(one, answer) for one in found)


@given(
    status=st.sampled_from([200, 401, 402, 403, 407, 451, 500]),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["crawler-price", "WWW-Authenticate", "Link", "cf-mitigated"]),
            st.text(max_size=40) | st.sampled_from(["License", "<http://[>; rel=license", "challenge"]),
        ),
        max_size=4,
    ),
    body=st.binary(max_size=40)
    | st.sampled_from(
        [b'{"x402Version": 1, "accepts": [null, {"asset": "\\ud800"}]}', b'{"x402Version":' * 5000]
    ),
)
def test_no_refusal_raises_or_allows(status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """A refusing status always refuses, whatever else is said; and nothing in it permits anything."""
    answer = page(body, headers=headers, media_type="application/json", status=status)
    found = observe_refusal(answer)
    assert (status in {401, 402, 403, 407, 451}) <= any(
        one.statement.verdict is Verdict.DENY for one in found
    )
    for one in found:
        assert one.statement.usage is Usage.CRAWL
        assert one.statement.verdict in {Verdict.DENY, Verdict.CONDITIONAL}
        assert one.statement.legal_effect in {LegalEffect.ACCESS_RULE, LegalEffect.PAYMENT_DEMAND}
        assert Observation.from_json(one.to_json()) == one
        one.raw.encode()
        assert stands(one, answer)


NOAI = '<meta name="robots" content="noai">'
BY = '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">x</a>'
LIFTED = '<meta name="tdm-reservation" content="0">'


@pytest.mark.parametrize(
    ("raw", "rendered", "denied"),
    [
        pytest.param(NOAI, "", True, id="X7: a script takes it out"),
        pytest.param("", NOAI, True, id="a script puts it in"),
        pytest.param(NOAI, NOAI, True, id="both: once"),
        pytest.param("", "", False, id="neither"),
    ],
)
def test_what_restricts_in_either_counts(raw: str, rendered: str, denied: bool) -> None:
    found = unite(observed(raw), observed(rendered))
    assert [one.statement.verdict for one in found] == [Verdict.DENY] * denied


def test_a_script_grants_nothing() -> None:
    """What allows counts only where it stands in the bytes."""
    assert unite(observed(""), observed(LIFTED + BY)) == ()
    assert unite(observed(BY), observed(BY)) == observed(BY)
    assert unite(observed(BY), observed("")) == observed(BY)


@pytest.mark.parametrize(
    ("html", "note"),
    [
        pytest.param('<meta property="article:content_tier" content="locked">', "paywall", id="locked"),
        pytest.param('<meta name="article:content_tier" content="Metered">', "metered", id="metered"),
        pytest.param('<meta property="article:content_tier" content="free">', None, id="free"),
        pytest.param('<meta property="article:section" content="locked">', None, id="another property"),
    ],
)
def test_an_article_has_a_tier(html: str, note: str | None) -> None:
    """Locked and metered: no copies, and a person looks before anybody trains on it."""
    found = observed(html)
    expected = [] if note is None else [(Usage.REDISTRIBUTE, Verdict.DENY), (Usage.AI_TRAIN, Verdict.UNKNOWN)]
    assert [(one.statement.usage, one.statement.verdict) for one in found] == expected
    assert {one.statement.note for one in found} == ({note} if note else set())
    assert all(stands(one, page(html)) for one in found)


@pytest.mark.parametrize("status", [301, 403, 500])
def test_reservations_count_only_from_the_final_answer(status: int) -> None:
    """A redirect's or an error's header is about nothing that we keep."""
    assert observed("", headers=[("tdm-reservation", "1"), ("Robots-Tag", "*;noai")], status=status) == ()


_FIELDS = st.text(max_size=60) | st.sampled_from(
    [
        "*;noai, ,",
        "(a b);noai",
        '"OurBot";noindex',
        "*;a=@99999999999999999",
        '*;unavailable_after=%"x"',
        "(" * 4000,
        "*;noindex;" * 2000,
    ]
)


@given(_FIELDS)
def test_no_robots_tag_raises(value: str) -> None:
    """Directives that can be stored, a bounded number of them; none allows."""
    assert len(read_robots_tag(value)) <= 40_000
    for one in observed("", headers=[("Robots-Tag", value)]):
        assert one.statement.verdict is not Verdict.ALLOW
        assert Observation.from_json(one.to_json()) == one


_MARKERS = st.sampled_from(
    [
        b"%PDF-1.7\n",
        b"http://www.w3.org/ns/tdmrep/",
        b'<?xpacket begin="" id="x"?>',
        b'<?xpacket end="w"?>',
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:tdm="http://www.w3.org/ns/tdmrep/">',
        b"</x:xmpmeta>",
        b"<tdm:reservation>1</tdm:reservation>",
        b"<tdm:reservation>0</tdm:reservation>",
        b"<tdm:policy>http://[</tdm:policy>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b"<a>" * 3000,
    ]
)


@given(st.lists(_MARKERS | st.binary(max_size=10), max_size=12).map(b"".join))
def test_no_pdf_raises(body: bytes) -> None:
    """What is stated can be found again; a withdrawal stands alone."""
    seen = Representation(url=URL, status=200, headers=(), media_type="application/pdf", body=body, tree=None)
    found = observed(body, media_type="application/pdf")
    assert all(stands(one, seen) for one in found)
    effects = [one.statement.legal_effect for one in found]
    assert LegalEffect.RESERVATION_WITHDRAWN not in effects or body.count(b"</x:xmpmeta>") >= 1


def test_our_token_is_ours_in_any_case() -> None:
    (one,) = observed("", headers=[("Robots-Tag", f"{TOKEN.upper()};noai")])
    assert one.statement.addressee.matches_us
