"""Licences declared by an ``SPDX-License-Identifier`` tag, in a plain-text body or a meta element."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from licences.detection.excerpt import markup_of
from licences.detection.place import Element, css_path, in_head
from licences.detection.statement import licence_statement
from licences.observation import Observation, Source
from licences.representation import Representation
from licences.robots.text import printable
from licences.terms import terms_of
from licences.vocabulary import Channel, Kind

_META_NAME = "spdx-license-identifier"
_TAG = re.compile(rb"SPDX-License-Identifier:[ \t]*([^\r\n]{1,1000})", re.IGNORECASE)
_CLOSERS = re.compile(r"\s*(?:\*/|-->|#\}|\"\"\"|''')?\s*$")
_TAGS = 20  # read in one file
_LINE_END = re.compile(rb"\r\n|\r|\n")
_READ = 500 * 1024  # bytes: as much of a text file as its lines are found again in


def declared_by_tag(representation: Representation) -> Iterator[Observation]:
    """Yield the tags of a text file that is not HTML; in a page's prose a tag is an example, not a licence."""
    if representation.tree is not None or not representation.media_type.startswith("text/"):
        return
    body = representation.body[:_READ]
    for found in islice(_TAG.finditer(body), _TAGS):
        number = len(_LINE_END.findall(body, 0, found.start())) + 1
        expression = _CLOSERS.sub("", found[1].decode("utf-8", "replace"))
        if expression:
            yield Observation(
                statement=licence_statement(Kind.LICENCE_SPDX, terms_of(expression)),
                source=Source(channel=Channel.HTML_TEXT, url=representation.url, locator=f"line {number}"),
                raw=printable(found[0].decode("utf-8", "surrogateescape")),
            )


def declared_by_meta(element: Element) -> Iterator[Observation]:
    """Yield the licence of ``<meta name="SPDX-License-Identifier" content="…">``, if the page's head has one."""
    attributes, node = element.attributes, element.node
    content = attributes.get("content") or ""
    if (
        (attributes.get("name") or "").strip().lower() != _META_NAME
        or not content.strip()
        or not in_head(node)
    ):
        return
    yield Observation(
        statement=licence_statement(Kind.LICENCE_SPDX, terms_of(content)),
        source=Source(channel=Channel.HTML_META, url=element.page.url, locator=css_path(node)),
        raw=markup_of(node),
    )
