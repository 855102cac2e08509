"""The language a document states: its root element, else its header; the shape of BCP 47 or nothing."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.language import language_of
from licences.representation import Representation


@pytest.mark.parametrize(
    ("html", "header", "language"),
    [
        pytest.param("<html lang=de>", None, "de", id="the root element"),
        pytest.param("<html lang='zh-Hant-TW'>", "en", "zh-hant-tw", id="lower case, and before the header"),
        pytest.param("<html xml:lang=fr>", None, "fr", id="as XHTML writes it"),
        pytest.param("<html>", "pt-BR, en", "pt-br", id="the header's first"),
        pytest.param("<p lang=it>", None, None, id="a part's is not the document's"),
        pytest.param("<html lang=en_US>", None, None, id="no tag at all"),
        pytest.param("<html lang='{{ locale }}'>", "nl", "nl", id="a template's hole: the header"),
        pytest.param("<html lang=''>", "en", None, id="says that nobody knows"),
        pytest.param("<html lang='en" + "-abcdefgh" * 4 + "'>", None, None, id="longer than tags are"),
        pytest.param("<html lang='de-x-'>", None, None, id="half a tag"),
        pytest.param("<html lang='i-klingon'>", None, "i-klingon", id="registered before RFC 4646"),
        pytest.param("<html lang='x'>", None, None, id="a prefix alone"),
        pytest.param("<html lang='\u0435n'>", None, None, id="a Cyrillic letter"),
        pytest.param(None, "ja", "ja", id="no page: the header alone"),
        pytest.param(None, "", None, id="an empty header"),
        pytest.param(None, None, None, id="nothing stated"),
    ],
)
def test_a_document_states_its_language(html: str | None, header: str | None, language: str | None) -> None:
    page = Representation(
        url="https://example.org/",
        status=200,
        headers=() if header is None else (("Content-Language", header),),
        media_type="text/html",
        body=b"",
        tree=None if html is None else LexborHTMLParser(html),
    )
    assert language_of(page) == language
