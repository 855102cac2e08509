"""Notices in visible text: what each phrase states, where it counts, and what is only a trap."""

from __future__ import annotations

from typing import Any

import pytest
from golden import cases
from hypothesis import given
from hypothesis import strategies as st
from pages import observed, page
from selectolax.lexbor import LexborHTMLParser

from licences.creativecommons import published
from licences.detection.notice import noticed_in_text
from licences.detection.notice_gate import spots
from licences.detection.notice_text import TextMap
from licences.detection.place import Page
from licences.locating import stands
from licences.naming import licences_named
from licences.observation import Observation, ScopeLevel
from licences.vocabulary import ConditionType, Verdict
from licences.words import INVISIBLE, fold


def _read(one: Observation) -> dict[str, Any]:
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
        "level": statement.scope.level.value,
        "selector": statement.scope.selector,
        "note": statement.note,
        "locator": one.source.locator,
    }


@pytest.mark.parametrize("case", cases("notices"))
def test_a_text_states(case: dict[str, Any]) -> None:
    """Every statement with what the case says of it, and nothing else; each can be found again at its place."""
    found = observed(case["html"])
    read = [_read(one) for one in found]
    assert len(found) == len(case["observation"]), read
    for one, expected in zip(read, case["observation"], strict=True):
        assert {key: one[key] for key in expected} == expected
    assert all(stands(one, page(case["html"])) for one in found)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_a_notice_is_read_in_any_encoding(encoding: str) -> None:
    """What counts is the text, not its bytes."""
    html = '<meta charset="{}"><footer>禁止用于AI训练</footer>'.format(encoding.removesuffix("-sig"))
    tree = LexborHTMLParser(html.encode(encoding).decode(encoding))
    (one,) = noticed_in_text(Page("https://example.org/", tree), html.encode(encoding))
    assert one.statement.verdict is Verdict.DENY


@pytest.mark.parametrize("sign", INVISIBLE)
def test_an_invisible_sign_hides_nothing(sign: str) -> None:
    (one,) = observed(f"<p>é</p><footer>All ri{sign}ghts res{sign}erved</footer>")
    assert one.statement.note == "all_rights_reserved"
    assert one.raw == f"All ri{sign}ghts res{sign}erved"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.gnu.org/licenses/gpl-3.0.html",
        "https://creativecommons.org/licenses/by/4.0/",
        "https://example.org/LICENSE",
        "https://example.org/docs/license.html",
        "https://example.org/copying/",
    ],
)
def test_a_page_at_a_licences_address_names_it_without_being_under_it(url: str) -> None:
    """What it says of the whole site still counts."""
    work = "<p>This work is licensed under CC BY 4.0.</p>"
    assert observed(work, url=url) == ()
    (one,) = observed("<p>Content on this site is licensed under CC BY 4.0.</p>", url=url)
    assert one.statement.scope.level is ScopeLevel.AUTHORITY


@pytest.mark.parametrize(
    ("text", "licences"),
    [
        pytest.param("CC BY-SA 3.0 DE.", ["CC-BY-SA-3.0-DE"], id="a port by its code"),
        pytest.param("CC 4.0 BY-SA", ["CC-BY-SA-4.0"], id="the version first"),
        pytest.param("CC BY 9.9", [None], id="no such version"),
        pytest.param("CC BY 4.0 DE.", [None], id="4.0 has no ports"),
        pytest.param("CC BY-ND-SA 4.0", [None], id="no such licence"),
        pytest.param("CC0", [None], id="no version"),
        pytest.param("CC0 1.0 Universal", ["CC0-1.0"], id="CC0"),
        pytest.param("Public Domain Mark 1.0", ["CC-PDM-1.0"], id="the mark"),
        pytest.param("Creative Commons Attribution 4.0 (no commercial use)", ["CC-BY-NC-4.0"], id="a remark"),
        pytest.param("CC BY 4.0 | NC", ["CC-BY-NC-4.0"], id="behind a stroke"),
        pytest.param("CC BY 4.0; ND.", ["CC-BY-ND-4.0"], id="behind a semicolon"),
        pytest.param("Creative Commons Attribution Whatever-ND 4.0", [None], id="not understood to its end"),
        pytest.param("GPLv3+ or LGPL 2.1", ["GPL-3.0-or-later", "LGPL-2.1-only"], id="GNU, in short"),
        pytest.param("the GNU GPL", [None], id="GNU, without version"),
        pytest.param("GNU GPL version 4", [None], id="GNU, a version that never was"),
        pytest.param("MIT License and ODbL 1.0", ["MIT", "ODbL-1.0"], id="others"),
        pytest.param("committed to quality", [], id="no licence"),
    ],
)
def test_a_name_is_resolved_only_as_far_as_it_says(text: str, licences: list[str | None]) -> None:
    """None: a licence, and the text does not say which."""
    assert [one.terms.licence for one in licences_named(fold(text))] == licences


_WORDS = {
    "en": ("Attribution", "NonCommercial", "NoDerivatives", "ShareAlike", "International"),
    "de": ("Namensnennung", "Nicht kommerziell", "Keine Bearbeitungen", "Weitergabe unter gleichen Bedingungen", ""),
    "fr": ("Attribution", "Pas d\u2019Utilisation Commerciale", "Pas de Modification", "Partage dans les Mêmes Conditions", ""),
    "es": ("Atribución", "NoComercial", "SinDerivadas", "CompartirIgual", "Internacional"),
    "zh": ("署名", "非商业性使用", "禁止演绎", "相同方式共享", "国际"),
    "ja": ("表示", "非営利", "改変禁止", "継承", "国際"),
}  # fmt: skip
_ASKED = {
    "nc": ConditionType.NONCOMMERCIAL,
    "nd": ConditionType.NO_DERIVATIVES,
    "sa": ConditionType.SHARE_ALIKE,
}


@pytest.mark.parametrize("language", _WORDS)
@pytest.mark.parametrize("unit", ["by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd"])
@given(
    between=st.sampled_from([" ", "-", " - ", "\u2013", ", ", " / "]),
    closing=st.sampled_from(["", ".", " License", ")"]),
)
def test_a_restriction_in_words_is_never_lost(language: str, unit: str, between: str, closing: str) -> None:
    """In each language, however its parts are joined: the licence asks for what its name says."""
    named = dict(zip(("by", "nc", "nd", "sa"), _WORDS[language], strict=False))
    words = between.join(named[part] for part in unit.split("-"))
    (one,) = licences_named(fold(f"Creative Commons {words} 4.0 {_WORDS[language][4]}{closing}"))
    assert one.terms.licence == f"CC-{unit.upper()}-4.0"
    asked = {condition.type for condition in one.terms.conditions}
    assert {part for part, condition in _ASKED.items() if condition in asked} == set(unit.split("-")) - {"by"}


def test_every_licence_that_was_published_can_be_named() -> None:
    """By its short name and, for a port, its code."""
    for unit, version, port in published():
        if unit.startswith("by") and unit != "by-nd-nc" and port != "igo":
            suffix = f"-{port}" if port else ""
            (one,) = licences_named(fold(f"CC-{unit}-{version}{suffix}"))
            assert one.resolved, (unit, version, port)


_MARKUP = st.sampled_from(
    [
        "<p>", "</p>", "<footer>", "</footer>", "<br>", "<div class=copyright>", "</div>", "<script>", "</script>", "<template>",
        "</template>", "<!-- c -->", "<b>", "</b>", "<textarea>", "<svg><title>", "<table><td>", "<ul><li>",
        '<a href="https://creativecommons.org/licenses/by/4.0/">', "</a>", "<a rel=license href='http://[' >",
        "This work is licensed under CC BY 4.0. ", "All rights reserved. ", "© 2026 ", "版权所有", "禁止爬取", "未经许可不得转载",
        "reserv\u200bed ", "İstanbul licen", "no AI training", "\x00\ufffd", "Licence", "\x1e\x1f", "GNU GPL v2+ ", "&copy;",
    ]
)  # fmt: skip


@given(st.lists(_MARKUP | st.text(max_size=12), max_size=25).map("".join))
def test_no_text_raises_and_every_notice_stands_where_it_was_seen(html: str) -> None:
    """Whatever stands in a page: notices that can be found again at their place, or none."""
    representation = page(html)
    assert representation.tree is not None
    for one in noticed_in_text(Page(representation.url, representation.tree), representation.body):
        assert stands(one, representation), (one.source.locator, one.raw)


@given(st.lists(_MARKUP | st.text(max_size=12), max_size=25).map("".join))
def test_a_place_in_the_text_leads_to_its_element(html: str) -> None:
    """The element that a place leads to holds the word that was found there."""
    tree = LexborHTMLParser(html)
    if tree.body is None:
        return
    text = tree.body.text(deep=True)
    pages = TextMap(Page("https://example.org/", tree), tree.body, text)
    for place in spots(text):
        block = pages.block_at(place)
        assert block is None or text[place] in block.element.text(deep=True)


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 3000 + "All rights reserved", id="deep"),
        pytest.param("<p>x</p>" * 30_000 + "licence " * 500, id="wide"),
        pytest.param(
            "<footer>" + "you may not train train train ai " * 10_000 + "</footer>", id="T8: one sentence"
        ),
        pytest.param("<footer>" + "licensed under CC BY " * 20_000, id="names without end"),
        pytest.param("<footer>" + "“" * 50_000 + "licensed", id="quotes"),
        pytest.param("<footer>" + "版权" * 50_000, id="Chinese without end"),
    ],
)
def test_a_hostile_page_costs_a_bounded_effort(html: str) -> None:
    """It ends, and says little."""
    assert len(observed(html)) < 20
