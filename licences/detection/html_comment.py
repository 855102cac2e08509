"""Licence blocks in HTML comments: RDF that Creative Commons' first chooser wrote, before there was RDFa.

No browser and no standard reads them, and nobody maintains them: they inform a person, and never allow (the terms that
they name keep their conditions).  Nothing else in a comment is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from licences.creativecommons import read_deed
from licences.detection.place import Page
from licences.detection.statement import licence_statement
from licences.observation import Observation, Source, Statement, encodable
from licences.terms import terms_at
from licences.vocabulary import Channel, Kind, LegalEffect, Verdict

_CONFIDENCE = 0.3
_COMMENTS = 10_000  # looked at
_LONGEST = 20_000  # bytes of one comment that are read
_LICENCE = re.compile(
    r"<(?:[a-z]{1,20}:)?license\s+(?:[a-z]{1,20}:)?resource\s*=\s*[\"']([^\"'<>]{1,500})[\"']", re.IGNORECASE
)


def declared_in_comment(page: Page, body: bytes) -> Iterator[Observation]:
    """Yield the Creative Commons licences that RDF blocks in a page's comments name."""
    if b"rdf:RDF" not in body:
        return
    for index, comment in comments_of(body):
        if b"rdf:RDF" not in comment[:_LONGEST]:
            continue
        for found in _LICENCE.finditer(comment[:_LONGEST].decode("utf-8", "replace")):
            if read_deed(found[1]) is not None:
                yield Observation(
                    statement=_statement(found[1]),
                    source=Source(channel=Channel.HTML_TEXT, url=page.url, locator=f"comment[{index}]"),
                    raw=encodable(found[0]),
                )


def comments_of(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the comments as they occur in the bytes, each with its index from 0.

    >>> list(comments_of(b"<!--a--><p><!-- b --><!-- open"))
    [(0, b'a'), (1, b' b ')]
    """
    position = 0
    for index in range(_COMMENTS):
        start = body.find(b"<!--", position)
        end = body.find(b"-->", start + 4)
        if start < 0 or end < 0:
            return
        yield index, body[start + 4 : end]
        position = end + 3


@lru_cache(maxsize=256)
def _statement(address: str) -> Statement:
    stated = licence_statement(Kind.LICENCE_RDFA, terms_at(address), confidence=_CONFIDENCE, lenient=True)
    return replace(
        stated,
        protocol="ccREL in an HTML comment",
        verdict=Verdict.UNKNOWN,
        legal_effect=LegalEffect.NOTICE,
        covers=(),
        note="html_comment",
    )
