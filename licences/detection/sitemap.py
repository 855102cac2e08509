"""Licences of images in a sitemap (``image:license``, an extension that Google has retired and sites still write)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from licences.detection.statement import licence_statement, part_of
from licences.detection.written import terms_written
from licences.detection.xml_elements import elements
from licences.observation import Observation, Source, encodable
from licences.representation import Representation
from licences.vocabulary import Channel, Kind

_TAG = "{http://www.google.com/schemas/sitemap-image/1.1}license"
_IMAGE = part_of("image")
_RAW = 2000


def declared_by_sitemap(representation: Representation) -> Iterator[Observation]:
    """Yield the licence of each image that a sitemap lists with one: it covers that image, and no page."""
    body, url = representation.body, representation.url
    if (
        representation.tree is not None
        or not representation.media_type.endswith("xml")
        or b":license" not in body
    ):
        return
    for element in elements(body, roots=frozenset({"urlset"}), asked=_asked).found:
        if (terms := terms_written(element.text, base=url, url=url)) is not None:
            yield Observation(
                statement=licence_statement(Kind.LICENCE_FEED, terms, _IMAGE),
                source=Source(channel=Channel.SITEMAP, url=url, locator=element.path),
                raw=encodable(element.text[:_RAW]),
            )


def _asked(tag: str, _: Mapping[str, str]) -> bool:
    return tag == _TAG
