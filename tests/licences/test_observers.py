"""What a page states about its rights: robots tags and licence statements, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from golden import cases
from hypothesis import given
from hypothesis import strategies as st
from pages import TOKEN, URL, observed, page

from licences.observation import Observation
from licences.observers import MOST, observe
from licences.vocabulary import Retrieval


def _read(one: Observation) -> Mapping[str, Any]:
    """Return an observation in the words of the case files."""
    statement = one.statement
    return {
        "kind": statement.kind.value,
        "usage": statement.usage.value,
        "verdict": statement.verdict.value,
        "legal_effect": statement.legal_effect.value,
        "licence": statement.licence,
        "conditions": [condition.type.value for condition in statement.conditions],
        "confidence": statement.confidence,
        "lenient": statement.lenient,
        "see": next((condition.url for condition in statement.conditions if condition.url), None),
        "retrieval": statement.retrieval.value,
        "level": statement.scope.level.value,
        "selector": statement.scope.selector,
        "media": list(statement.scope.media),
        "tokens": list(statement.addressee.tokens),
        "matches_us": statement.addressee.matches_us,
        "valid_from": statement.valid_from,
        "note": statement.note,
        "locator": one.source.locator,
    }


@pytest.mark.parametrize("case", [*cases("robots-tag"), *cases("licence-statements")])
def test_a_page_states(case: dict[str, Any]) -> None:
    """Every statement in order, with what the case says of it; and nothing else."""
    content = case.get("html", case.get("body", ""))
    found = observed(content, headers=case.get("headers", ()), media_type=case.get("media_type", "text/html"))
    assert len(found) == len(case["observation"]), [_read(one) for one in found]
    for one, expected in zip(found, case["observation"], strict=True):
        read = _read(one)
        assert {key: read[key] for key in expected} == expected
        assert one.raw


def test_only_a_final_answer_speaks() -> None:
    """An error page's or a redirect's statements are about nothing that we keep."""
    html, headers = '<a rel=license href="/x">x</a>', [("X-Robots-Tag", "noai")]
    for status in (301, 304, 404, 500):
        assert observe(page(html, headers=headers, status=status), product_token=TOKEN) == ()
    assert len(observe(page(html, headers=headers, status=203), product_token=TOKEN)) == 2


def test_ten_megabytes_of_metadata_are_oversize() -> None:
    """K10: not read, and said so."""
    (one,) = observed('<script type="application/ld+json">{"license": "' + "x" * 10_000_000 + '"}</script>')
    assert one.statement.retrieval is Retrieval.OVERSIZE
    assert len(one.raw) < 10_000


def test_a_page_states_no_more_than_one_can_read() -> None:
    assert len(observed('<a rel=license href="/x">x</a>' * 2000)) == MOST


def test_a_page_that_states_more_than_is_kept_opens_nothing() -> None:
    """Five hundred licences in front do not hide the reservation behind them."""
    licence = '<a rel=license href="https://creativecommons.org/{}">x</a>'
    for deed in ("publicdomain/zero/1.0/", "licenses/by/4.0/"):
        html = licence.format(deed) * MOST
        assert not any(one.statement.lenient for one in observed(html))
        assert all(one.statement.lenient for one in observed(html + '<meta name="robots" content="noai">'))


def test_a_place_can_be_found_again() -> None:
    """The path leads to the element; an id shortens it; the raw text is the element."""
    html = '<body><div><p>a</p><p id=here><span>b</span><a rel="license" href="/x">Terms</a></p></div>'
    (one,) = observed(html)
    assert one.source.locator == "p#here > a"
    assert one.source.url == URL
    assert one.raw == '<a rel="license" href="/x">Terms</a>'
    (other,) = observed('<body><p>a</p><p>b<a rel="license" href="/x">Terms</a></p>')
    assert other.source.locator == "html > body > p:nth-of-type(2) > a"


_MARKUP = st.sampled_from(
    [
        b'<meta name="robots" content="noai, none">',
        b"<meta name=gptbot content=noindex>",
        b'<script type="application/ld+json">{"@graph":[{"license":',
        b'"https://creativecommons.org/licenses/by/4.0/"}]}</script>',
        b'{"isAccessibleForFree": "False", "license": ["\\ud800", {"@id": 3}, null]}</script>',
        b'<a rel="license" href="',
        b"http://[",
        b'">',
        b'<figure about="/x">',
        b'<footer class=licence><a href="https://creativecommons.org/licenses/by/9.9">',
        b'<base href="//[::1">',
        b"\x00\xff\xfe",
        b"<template><svg><title>",
    ]
)
_BODIES = st.lists(_MARKUP | st.binary(max_size=30), max_size=12).map(b"".join)
_VALUES = st.text(alphabet=st.characters(max_codepoint=0x2FF), max_size=60) | st.sampled_from(
    [
        "unavailable_after: 99999999999999, noai",
        "a:b:c:noai;;,",
        '<x>; rel="lic\\ense"; anchor="http://["',
        "<http://[>; rel=license",
        "unavailable_after: Fri, 31 Dec 9999 23:59:59 -2359",
    ]
)


@given(
    body=_BODIES,
    headers=st.lists(st.tuples(st.sampled_from(["X-Robots-Tag", "Link"]), _VALUES), max_size=4),
    media_type=st.sampled_from(["text/html", "text/plain", "image/png", ""]),
)
def test_no_page_raises(body: bytes, headers: list[tuple[str, str]], media_type: str) -> None:
    """Whatever bytes come: statements, each of them storable, or none."""
    for one in observed(body, headers=headers, media_type=media_type):
        one.raw.encode()
        one.source.locator.encode()
        (one.statement.licence or "").encode()
        assert Observation.from_json(one.to_json()) == one


@given(body=_BODIES)
def test_what_stands_behind_a_licence_takes_nothing_from_a_header(body: bytes) -> None:
    """Statements only add up: a page cannot unsay what its header said."""
    header = observed(b"", headers=[("X-Robots-Tag", "noai")])
    both = observed(body, headers=[("X-Robots-Tag", "noai")])
    assert {one.statement for one in header} <= {one.statement for one in both}


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 20_000 + '<meta name="robots" content="noai">' * 500, id="deep"),
        pytest.param('<meta name="tdm-reservation" content="1">' * 500 + "<b>x</b>" * 60_000, id="many"),
    ],
)
def test_meta_elements_cost_a_bounded_effort(html: str) -> None:
    assert len(observed(html)) == MOST
