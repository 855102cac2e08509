"""One licence, many carriers: what it asks for never depends on how it is written, and its place can be found again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from golden import cases
from hypothesis import given
from hypothesis import strategies as st
from pages import TOKEN, observed, page
from selectolax.lexbor import LexborHTMLParser

from licences.detection.excerpt import MARKUP, markup_of, words_of
from licences.detection.html_comment import comments_of
from licences.detection.xml_elements import elements
from licences.locating import stands
from licences.observation import Observation, ScopeLevel, Statement
from licences.observers import observe
from licences.terms import terms_at
from licences.vocabulary import Kind, LegalEffect, Retrieval, Verdict

_UNITS = ["by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd"]
_ADDRESSES = [
    *(f"https://creativecommons.org/licenses/{unit}/4.0/" for unit in _UNITS),
    *(f"http://creativecommons.org/licenses/{unit}/3.0/tw/deed.zh" for unit in _UNITS),
    "//creativecommons.org/licenses/by-nc/2.5/scotland/",
    "https://creativecommons.org/publicdomain/zero/1.0/legalcode",
    "https://creativecommons.org/licenses/by/9.9/",
]
_RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
_RSS = '<rss xmlns:c="http://backend.userland.com/creativeCommonsRssModule"><channel>{}</channel></rss>'

Carrier = Callable[[str], tuple[Observation, ...]]
CARRIERS: dict[str, Carrier] = {
    "link": lambda address: observed(f'<link rel="license" href="{address}">'),
    "anchor": lambda address: observed(f'<p><a rel="nofollow LICENSE" href="{address}">x</a>'),
    "header": lambda address: observed("", headers=[("Link", f'<{address}>; rel="license"')]),
    "JSON-LD": lambda address: observed(
        f'<script type="application/ld+json">{{"@type": "Article", "license": "{address}"}}</script>'
    ),
    "microdata": lambda address: observed(
        f'<div itemscope itemtype="http://schema.org/Article"><a itemprop="license" href="{address}">x</a></div>'
    ),
    "ccREL": lambda address: observed(f'<a rel="cc:license" href="{address}">x</a>'),
    "RDFa property": lambda address: observed(f'<span property="dct:license" resource="{address}">x</span>'),
    "Dublin Core": lambda address: observed(f'<meta name="DC.rights" content="{address}">'),
    "RSS": lambda address: observed(_RSS.format(f"<c:license>{address}</c:license>"), media_type="text/xml"),
    "Atom": lambda address: observed(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="license" href="{address}"/></feed>',
        media_type="application/atom+xml",
    ),
    "RSS 1.0": lambda address: observed(
        f'<rdf:RDF {_RDF} xmlns:cc="http://web.resource.org/cc/">'
        f'<channel><cc:license rdf:resource="{address}"/></channel></rdf:RDF>',
        media_type="application/rdf+xml",
    ),
}


@pytest.mark.parametrize("address", _ADDRESSES)
@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
def test_a_licence_says_the_same_in_every_carrier(carrier: Carrier, address: str) -> None:
    """Never fewer conditions, never a wider use, whichever serialisation brings it."""
    (one,) = carrier(address)
    terms = terms_at(f"https:{address}" if address.startswith("//") else address)
    said = one.statement
    assert (said.licence, said.verdict, said.conditions, said.covers) == (
        terms.licence,
        terms.verdict,
        terms.conditions,
        terms.covers,
    )
    assert said.scope.level is ScopeLevel.DOCUMENT


@pytest.mark.parametrize("address", _ADDRESSES)
@pytest.mark.parametrize("holder", ["<!--{}-->", "<!-- old\n{} -->"])
def test_a_comment_never_allows(address: str, holder: str) -> None:
    """It informs with all the conditions that the licence has, and no verdict."""
    block = f'<rdf:RDF xmlns="http://web.resource.org/cc/"><license rdf:resource="{address}" /></rdf:RDF>'
    (one,) = observed(f"<p>x</p>{holder.format(block)}")
    assert (one.statement.verdict, one.statement.legal_effect) == (Verdict.UNKNOWN, LegalEffect.NOTICE)
    assert one.statement.lenient
    assert one.statement.conditions == terms_at(address).conditions


@pytest.mark.parametrize("case", cases("licence-statements"))
def test_the_raw_text_is_found_again_at_its_place(case: dict[str, object]) -> None:
    """What a reviewer is shown stands in the archived bytes, where the locator says."""
    archived = page(
        case.get("html", case.get("body", "")),  # type: ignore[arg-type]  # the case files hold text
        headers=case.get("headers", ()),  # type: ignore[arg-type]  # the case files hold pairs
        media_type=str(case.get("media_type", "text/html")),
    )
    for one in observe(archived, product_token=TOKEN):
        if one.statement.retrieval in {Retrieval.OK, Retrieval.MALFORMED}:
            assert stands(one, archived), (one.source.locator, one.raw)


def test_equal_statements_are_one_object() -> None:
    """Every page of a site repeats them: they are hashed once."""
    for carrier in CARRIERS.values():
        (one,), (other,) = carrier(_ADDRESSES[0]), carrier(_ADDRESSES[0])
        assert one.statement is other.statement


def test_what_differs_on_every_page_stays_out_of_the_statements() -> None:
    """Two articles of one site, by two people in two years, make one rights set."""

    def article(number: int, name: str) -> set[Statement]:
        said = observed(
            '<script type="application/ld+json">{"@type": "Article", "license": "#terms", "copyrightYear": '
            f'{number}, "copyrightNotice": "© {number} {name}", "creditText": "{name}", '
            f'"acquireLicensePage": "/buy/{number}"}}</script>'
            f'<meta name="dc.rights" content="© {number} {name}">'
            f'<div typeof="Thing"><p property="dc:rights">{name}</p></div>',
            url=f"https://example.org/{number}",
        )
        return {one.statement for one in said}

    assert article(2025, "Jane Doe") == article(2026, "Richard Roe")
    assert len(article(2025, "Jane Doe")) == 6


_PIECES = st.sampled_from(
    [
        '<div itemscope itemtype="https://schema.org/Article">',
        "<div itemscope itemprop=mainEntity itemid='http://['>",
        '<meta itemprop="license isAccessibleForFree" content="False">',
        "<span itemprop=license itemscope><i itemprop=url>http://[</i></span>",
        '<div about="//[" typeof vocab="https://schema.org" prefix="cc: x: cc:">',
        '<a rel="cc:license dct:rights" property="license" href="http://[::1">x',
        '<meta name="dc.rights" content="see //creativecommons.org/licenses/by/4.0/ 😀">',
        "<!--<rdf:RDF><license resource='//creativecommons.org/licenses/by/4.0/'></rdf:RDF>-->",
        "<!--<rdf:RDF><license resource='",
        '<script type="application/ld+json">{"@id": "http://[", "license": "#", "@type": [null], "usageInfo": {"@id": [1]}}',
        '<script type="application/ld+json">{"hasPart": [{"cssSelector": 3, "isAccessibleForFree": "no"}]}</script>',
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link rel='license' href='http://['/></entry>",
        "<rss><channel><copyright>",
        "<?xml version='1.0' encoding='gb2312'?>",
        "</div>",
        "</a>",
    ]
)
_TEXTS = st.lists(_PIECES | st.text(max_size=10), max_size=10).map("".join)


@given(
    text=_TEXTS,
    media_type=st.sampled_from(["text/html", "text/xml", "application/atom+xml", "application/rss+xml"]),
)
def test_no_markup_raises(text: str, media_type: str) -> None:
    """Whatever is written: statements that can be stored, or none; and what cannot be read allows nothing."""
    for one in observed(text.encode("utf-8", "replace"), media_type=media_type):
        one.raw.encode()
        assert Observation.from_json(one.to_json()) == one
        if one.statement.retrieval is not Retrieval.OK:
            assert one.statement.verdict is Verdict.UNKNOWN


@given(text=_TEXTS)
def test_a_broken_feed_allows_nothing(text: str) -> None:
    said = observed(f"<rss><channel><copyright>{_ADDRESSES[0]}</copyright>{text}", media_type="text/xml")
    assert all(one.statement.verdict is Verdict.UNKNOWN for one in said)


@given(
    text=st.lists(
        _PIECES | st.sampled_from(['<p title="<&amp;\xa0&quot;>" x=\'"\'>', "<b>", "words "]), max_size=20
    )
)
def test_evidence_is_what_the_page_holds(text: list[str]) -> None:
    """An element is kept as it is written out, at least from its start; however much it holds."""
    tree = LexborHTMLParser(f"<body>{''.join(text)}{'<i>much</i>' * 300}".encode("utf-8", "replace"))
    for node in tree.css("body, body *")[:30]:
        kept = markup_of(node)
        assert kept
        assert (node.html or "").startswith(kept)
        assert len(kept) <= MARKUP
        words_of(node)


def test_a_nested_page_costs_no_more_than_a_flat_one() -> None:
    """A thousand elements within each other, each a statement: each keeps little of what it holds."""
    deep = f'<span property="cc:license" content="{_ADDRESSES[0]}">' * 300 + "x" * 200_000
    said = observed(deep)
    assert len(said) == 300
    assert sum(len(one.raw) for one in said) < 300 * MARKUP


def test_comments_are_counted_in_one_pass() -> None:
    """Many that are opened and never closed are none."""
    assert list(comments_of(b"<!--a-->" + b"<!--" * 100_000)) == [(0, b"a")]


@pytest.mark.parametrize(
    ("body", "state"),
    [
        pytest.param(b"<r>" + b"<a/>" * 200_000 + b"</r>", Retrieval.OVERSIZE, id="too many elements"),
        pytest.param(b"<r>" + b"<a>" * 500, Retrieval.OVERSIZE, id="too deep"),
        pytest.param(b"<r>" + b" " * 11_000_000 + b"</r>", Retrieval.OVERSIZE, id="too long"),
        pytest.param(b"<r><l/></q>", Retrieval.MALFORMED, id="no XML"),
        pytest.param(
            b'<!DOCTYPE r SYSTEM "http://127.0.0.1/x"><r/>', Retrieval.MALFORMED, id="a document type"
        ),
        pytest.param(b"<q><l/></q>", Retrieval.OK, id="of another kind"),
    ],
)
def test_xml_is_read_within_bounds(body: bytes, state: Retrieval) -> None:
    reading = elements(body, roots=frozenset({"r"}), asked=lambda tag, _: tag == "l")
    assert (reading.retrieval, reading.found) == (state, ())


def test_an_oversize_feed_still_says_what_stood_before_its_limit() -> None:
    feed = _RSS.format(f"<c:license>{_ADDRESSES[3]}</c:license>" + "<item/>" * 200_000)
    unread, licence = observed(feed, media_type="text/xml")
    assert unread.statement.retrieval is Retrieval.OVERSIZE
    assert (licence.statement.kind, licence.statement.verdict) == (Kind.LICENCE_FEED, Verdict.CONDITIONAL)


def test_a_block_that_repeats_a_key_allows_nothing() -> None:
    html = '<script type="application/ld+json">{"license": "CC-BY-NC-4.0", "license": "CC-BY-4.0"}</script>'
    (found,) = observed(html)
    assert found.statement.lenient


def test_a_feed_that_was_not_read_to_its_end_licenses_no_more_than_a_part() -> None:
    licence = '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/"/>'
    entries = "<entry><rights>CC BY 4.0</rights></entry>" * 700
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{licence}{entries}</feed>'
    found = observed(feed, media_type="application/atom+xml")
    granting = [one.statement for one in found if one.statement.licence]
    assert granting
    assert all(one.scope.level is ScopeLevel.ELEMENT for one in granting)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        pytest.param(
            '<feed xmlns="http://www.w3.org/2005/Atom"><{0}>' + "<rights>x</rights>" * 200 + "</{0}></feed>",
            "application/atom+xml",
            id="feed",
        ),
        pytest.param(
            '%PDF-1.4\n<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:t="http://www.w3.org/ns/tdmrep/"><{0}>'
            "<t:reservation>1</t:reservation></{0}></x:xmpmeta>",
            "application/pdf",
            id="pdf",
        ),
    ],
)
def test_a_name_without_end_makes_no_place_without_end(body: str, media_type: str) -> None:
    found = observed(body.replace("{0}", "A" * 100_000), media_type=media_type)
    assert found
    assert all(len(one.source.locator) < 1000 for one in found)


@pytest.mark.parametrize("words", ["CC BY 4.0, for academic use", "CC BY 4.0 (non-profit)", "CC0 1.0 NC"])
def test_a_field_that_qualifies_its_licence_grants_nothing(words: str) -> None:
    (one,) = observed(f'<head><meta name="dc.rights" content="{words}">')
    assert one.statement.licence is None
