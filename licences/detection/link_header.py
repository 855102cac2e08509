"""Licences declared by an HTTP ``Link`` header (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urldefrag

from licences.detection.link import RSL_TYPE
from licences.detection.place import resolve
from licences.detection.statement import licence_statement
from licences.detection.written import terms_behind
from licences.observation import Observation, Source, encodable
from licences.representation import Representation
from licences.vocabulary import Channel, Kind

_LONGEST = 8192  # characters of a value that are read
_LINK = re.compile(r"<([^<>]*)>((?:[^,\"<]|\"(?:[^\"\\]|\\.)*\")*)")
_PARAMETER = re.compile(r";\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*)))?")


def declared_by_header(representation: Representation) -> Iterator[Observation]:
    """Yield the licences that Link headers declare for this response; another ``anchor`` is another subject."""
    for index, value in representation.all("link"):
        for reference, text in _LINK.findall(value[:_LONGEST]):
            parameters = _parameters(text)
            if not {"license", "copyright"} & set(parameters.get("rel", "").lower().split()):
                continue
            if "anchor" in parameters and not _is_subject(representation.url, parameters["anchor"]):
                continue
            is_rsl = parameters.get("type", "").strip().lower() == RSL_TYPE
            terms = terms_behind(reference, base=representation.url, url=representation.url)
            if terms is not None:
                yield Observation(
                    statement=licence_statement(Kind.RSL_LICENCE if is_rsl else Kind.LICENCE_HEADER, terms),
                    source=Source(
                        channel=Channel.HTTP_HEADER, url=representation.url, locator=f"Link[{index}]"
                    ),
                    raw=encodable(value[:_LONGEST]),
                )


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, quoted, token in _PARAMETER.findall(text):
        found.setdefault(
            name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else token
        )  # the first one counts
    return found


def _is_subject(url: str, anchor: str) -> bool:
    subject = resolve(url, anchor)
    return subject is not None and subject == urldefrag(url)[0]
