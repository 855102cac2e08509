"""Licences and rights declared in Dublin Core: meta elements of the head, and the older links.

Free text is common there: what is neither an address nor a name is a notice, and its words stay in the raw text.
Source: DCMI «Expressing Dublin Core metadata using HTML/XHTML meta and link elements»; names ignore case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from licences.detection.excerpt import WORDS, markup_of
from licences.detection.place import Element, css_path, in_head
from licences.detection.written import read_rights
from licences.observation import Observation, Source
from licences.vocabulary import Channel, Kind

_NAME = re.compile(
    r"(?:dc|dcterms|dct)[.:](?:rights[.:])?(license|licence|rights|accessrights)(?:[.:]uri)?", re.IGNORECASE
)
_NOTES: Mapping[str, str] = {
    "accessrights": "conditions_of_access"
}  # the word for what words in a field are about


def declared_by_dublin_core(element: Element) -> Iterator[Observation]:
    """Yield what a meta or link element in the page's head says about rights; in the body it may be a visitor's."""
    attributes = element.attributes
    if element.tag == "meta":
        named, value = attributes.get("name") or attributes.get("property"), attributes.get("content")
    elif element.tag == "link":
        named, value = attributes.get("rel"), attributes.get("href")
    else:
        return
    if not named or not value or (found := _NAME.fullmatch(named.strip())) is None:
        return
    if not in_head(element.node):
        return
    page, note = element.page, _NOTES.get(found[1].lower(), "rights")
    channel = Channel.HTML_META if element.tag == "meta" else Channel.HTML_LINK
    source = Source(channel=channel, url=page.url, locator=css_path(element.node))
    for statement in read_rights(Kind.LICENCE_DC, value[:WORDS], base=page.base, url=page.url, note=note):
        yield Observation(statement=statement, source=source, raw=markup_of(element.node))
