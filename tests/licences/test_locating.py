"""A locator lets anybody find the raw text again: what every observation of every case must stand up to."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from golden import cases
from hypothesis import given
from hypothesis import strategies as st
from pages import TOKEN, page

from licences.locating import candidates, stands
from licences.observers import observe

RDF = '<?xml version="1.0"?><rss><channel><item/><item><license>https://example.org/terms</license></item></channel></rss>'


@pytest.mark.parametrize("case", [*cases("robots-tag"), *cases("licence-statements")])
def test_every_observation_can_be_found_again(case: dict[str, Any]) -> None:
    archived = page(
        case.get("html", case.get("body", "")),
        headers=case.get("headers", ()),
        media_type=case.get("media_type", "text/html"),
    )
    for one in observe(archived, product_token=TOKEN):
        assert stands(one, archived), one
        changed = dataclasses.replace(one, raw=one.raw + " and more")
        assert not stands(changed, archived), "a text that was never there is not found"


@pytest.mark.parametrize(
    ("locator", "body", "media_type", "found"),
    [
        pytest.param("line 2", "a\nb\r\nc", "text/plain", "b", id="a line"),
        pytest.param("line 1, line 3", "a\nb\r\nc", "text/plain", "a\nc", id="several lines"),
        pytest.param("line 4", "a\nb\r\nc", "text/plain", None, id="no such line"),
        pytest.param("$[1].location", '[{}, {"location": "/a"}]', "application/json", '"/a"', id="JSON"),
        pytest.param("$[7]", "[1, 2,]", "application/json", None, id="no such value"),
        pytest.param("$.a.b", '{"a.b": 3}', "application/json", "3", id="a key that holds a dot"),
        pytest.param("/rss/channel/item[2]/license", RDF, "text/xml", "https://example.org/terms", id="XML"),
        pytest.param("/rss/channel/item[9]/license", RDF, "text/xml", None, id="no such element"),
        pytest.param(
            "/rss", "<!DOCTYPE a [<!ENTITY b 'c'>]><rss>&b;</rss>", "text/xml", None, id="XML that is no data"
        ),
        pytest.param("comment[1]", "<!--a--><p><!-- b -->", "text/html", " b ", id="a comment"),
        pytest.param(
            "html > body > p text", "<p>one <b>two</b>\n three", "text/html", "one two three", id="words"
        ),
        pytest.param("html > body > p >", "<p>", "text/html", None, id="no selector"),
        pytest.param("status", "", "text/html", "200", id="the status"),
        pytest.param("Link[0]", "", "text/html", None, id="a header that did not come"),
    ],
)
def test_a_locator_leads_to(locator: str, body: str, media_type: str, found: str | None) -> None:
    """Each form, and each where there is nothing."""
    texts = list(candidates(locator, page(body, media_type=media_type)))
    assert (found in texts) if found is not None else not texts


@given(
    locator=st.text(max_size=40),
    body=st.binary(max_size=200),
    media_type=st.sampled_from(["text/html", "text/xml"]),
)
def test_any_locator_on_any_bytes_ends(locator: str, body: bytes, media_type: str) -> None:
    """A stored locator is data: looking for it never raises."""
    list(candidates(locator, page(body, media_type=media_type)))
