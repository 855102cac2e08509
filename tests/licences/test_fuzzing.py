"""Hostile bytes, bounded: mutations of the golden corpus, and what hypothesis makes of our own vocabulary.

``tests/benchmarks/fuzz_observers.py`` goes on for as long as one likes; what it finds is kept under tests/cases/fuzz.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fuzz_crashers import CRASHERS, load_crasher
from fuzz_target import Input, check
from golden_corpus import corpus
from hypothesis import given
from hypothesis import strategies as st

_WORDS = [
    b'<meta name="robots" content="noai,',
    b'<meta name="tdm-reservation" content="',
    b'<meta property="article:content_tier" content="locked">',
    b'<meta name="dc.rights" content="CC BY 4.0',
    b'<script type="application/ld+json">{"@type":"Article","license":',
    b'"https://creativecommons.org/licenses/by-nc-sa/4.0/"',
    b'"isAccessibleForFree":"False","hasPart":[',
    b"}</script>",
    b'<a rel="license" href="',
    b'<div itemscope itemtype="https://schema.org/Article">',
    b'<link itemprop="license" href="/x">',
    b'<span property="dct:license" about="/i" resource="https://creativecommons.org/publicdomain/zero/1.0/">',
    b"<footer>This work is licensed under a Creative Commons Attribution 4.0 International License.",
    "<footer>© 2026. 版权所有 未经许可不得转载。禁止爬取".encode(),
    "無断転載を禁じます。".encode("shift_jis"),
    b"No AI training.",
    b"<!-- <rdf:RDF xmlns='http://web.resource.org/cc/'><license rdf:resource='http://creativecommons.org/licenses/by/2.0/'/>",
    b"-->",
    b"<rss><channel><license>",
    b"<feed xmlns='http://www.w3.org/2005/Atom'><link rel='license' href='x'/>",
    b"SPDX-License-Identifier: MIT AND (",
    b'<?xpacket begin=""?><x:xmpmeta><tdm:reservation xmlns:tdm="http://www.w3.org/ns/tdmrep/">1',
    b"\x00\xff\xfe\xed\xa0\x80",
    b"<template><svg><title><textarea>",
]
_LINES = [
    b"User-agent: *\n",
    b"user-agent: OurBot\rDisallow: /\r",
    b"User-agent: GPTBot\nDisallow: /p\n",
    b"Content-Usage: /p train-ai=n, search=y\n",
    b"Content-Usage: Train-AI = n,\n",
    b"Content-Signal: /p ai-train=no,use=immediate\n",
    b"# BEGIN Cloudflare Managed content\n",
    b"DisallowAITraining: /\nNoindex: /p\nLicense: x\n",
    b'[{"location":"/p*","tdm-reservation":1},',
    b'{"location":"/","tdm-reservation":"1","tdm-policy":3}]',
    b"Disallow: *.html\n",
    b"datatrainingallowed=no\n",
    b"---\n",
]
_HEADERS = [
    b"X-Robots-Tag: otherbot: noindex, unavailable_after: 25 Jun 2010 15:00:00 PST, noai\r\n",
    b"Robots-Tag: *;noindex, OurBot;noai\r\n",
    b"Content-Usage: train-ai=n;x=\r\n",
    b"Content-Signal: ai-train=yes\r\n",
    b"TDM-Reservation: 1\r\ntdm-policy: http://[\r\n",
    b'Link: <//creativecommons.org/licenses/by/4.0/>; rel="license"; anchor="http://["\r\n',
    b"crawler-price: USD 0.01\r\n",
    b"Content-Type: text/html; charset=utf-16\r\n",
]


def _mixed(pieces: list[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(pieces) | st.binary(max_size=20), max_size=10).map(b"".join)


_KINDS = [
    b"text/html",
    b"application/rss+xml",
    b"application/pdf",
    b"text/plain",
    b"image/png",
    b"text/html; charset=gb18030",
]
_INPUTS = st.builds(
    lambda kind, headers, body, robots, file, status: Input(
        status=status,
        head=b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\n" + headers + b"\r\n",
        body=body,
        robots=robots,
        site={"tdmrep.json": file, "ai.txt": file, "trust.txt": file},
    ),
    kind=st.sampled_from(_KINDS),
    headers=_mixed(_HEADERS),
    body=_mixed(_WORDS),
    robots=_mixed(_LINES),
    file=_mixed(_LINES),
    status=st.sampled_from([200, 200, 200, 402, 403, 451]),
)


@given(sent=_INPUTS)
def test_whatever_comes_the_laws_hold(sent: Input) -> None:
    check(sent)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in corpus()])
def test_the_laws_hold_for_every_golden_case(case: object) -> None:
    """And every raw text stands where its locator says."""
    check(Input.of(case))  # type: ignore[arg-type]  # a Case: the parameter's type is pytest's business


@given(data=st.data())
def test_the_laws_hold_for_spliced_cases(data: st.DataObject) -> None:
    """Two cases, each cut anywhere, put together: markup that nobody would write."""
    one, other = (Input.of(data.draw(st.sampled_from(corpus()))) for _ in range(2))
    cut = data.draw(st.integers(0, len(one.body)))
    start = data.draw(st.integers(0, len(other.body)))
    check(
        Input(
            url=one.url,
            head=one.head,
            body=one.body[:cut] + other.body[start:],
            robots=one.robots[: data.draw(st.integers(0, len(one.robots)))] + other.robots,
            site=one.site | other.site,
        )
    )


@pytest.mark.parametrize("path", CRASHERS, ids=lambda path: path.stem)
def test_what_once_broke_a_law_no_longer_does(path: Path) -> None:
    check(load_crasher(json.loads(path.read_text(encoding="utf-8"))))
