"""A host's files that speak about rights, beside robots.txt: where each lies, how much is read, and how it is read.

They are asked for once per origin; what came back is read here, and the document then answers for every page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from licences.signals.ai_txt import parse_ai_file
from licences.signals.site_document import SiteDocument, SiteDocumentParser, SiteDocumentReading
from licences.signals.tdmrep_file import LIMIT as TDM_LIMIT
from licences.signals.tdmrep_file import parse_tdm_file
from licences.signals.text_file import LIMIT as TEXT_LIMIT
from licences.signals.trust_txt import parse_trust_file
from licences.vocabulary import Retrieval

__all__ = [
    "SITE_DOCUMENTS",
    "SiteDocument",
    "SiteDocumentKind",
    "SiteDocumentParser",
    "SiteDocumentReading",
    "read_site_document",
]

_ABSENT = frozenset({204, 404, 410})
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")  # none of these files begins like that
_PAGES = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDocumentKind:
    """One of the files, before it is asked for."""

    name: str  # "tdmrep.json": as lookups and the archive call it
    paths: tuple[str, ...]  # asked in this order until one is there
    limit: int  # bytes read, after content decoding
    parse: SiteDocumentParser


SITE_DOCUMENTS: tuple[SiteDocumentKind, ...] = (
    SiteDocumentKind(
        name="tdmrep.json", paths=("/.well-known/tdmrep.json",), limit=TDM_LIMIT, parse=parse_tdm_file
    ),
    SiteDocumentKind(
        name="ai.txt", paths=("/ai.txt", "/.well-known/ai.txt"), limit=TEXT_LIMIT, parse=parse_ai_file
    ),
    SiteDocumentKind(
        name="trust.txt",
        paths=("/trust.txt", "/.well-known/trust.txt"),
        limit=TEXT_LIMIT,
        parse=parse_trust_file,
    ),
)


def read_site_document(
    kind: SiteDocumentKind, *, status: int | None, media_type: str, body: bytes, truncated: bool
) -> SiteDocumentReading:
    """Return what an answer to the request for a host's file means; never raises.

    Args:
        kind: which file was asked for.
        status: of the final answer; None when there was none, or none that may be read.
        media_type: as stated, lower-case, without parameters; "" when not stated.
        body: content-decoded, at most ``kind.limit`` bytes are read.
        truncated: whether the body was longer than what was read of it.
    """
    if status in _ABSENT:
        return SiteDocumentReading(retrieval=Retrieval.ABSENT)
    if status is None or not 200 <= status < 300:  # noqa: PLR2004 - the class of status codes
        return SiteDocumentReading(retrieval=Retrieval.UNREACHABLE)
    if _MARKUP.match(body[:1024]):  # the site's own page for what it does not have, whatever the header says
        return SiteDocumentReading(retrieval=Retrieval.WRONG_TYPE)
    reading = kind.parse(body[: kind.limit], truncated=truncated or len(body) > kind.limit)
    if media_type in _PAGES and reading.document is None:
        return SiteDocumentReading(retrieval=Retrieval.WRONG_TYPE)
    return reading
