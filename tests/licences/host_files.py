"""Answers for a host's files, read as the crawler reads them, and what they state of a page."""

from __future__ import annotations

from pages import URL

from licences.observation import Observation
from licences.representation import Representation
from licences.site_documents import (
    SITE_DOCUMENTS,
    SiteDocumentKind,
    SiteDocumentReading,
    read_site_document,
)

ORIGIN = "https://example.org"


def kind(name: str) -> SiteDocumentKind:
    """Return the kind of a file by its name."""
    return next(one for one in SITE_DOCUMENTS if one.name == name)


def reading(
    name: str, body: str | bytes, *, status: int | None = 200, media_type: str = "", truncated: bool = False
) -> SiteDocumentReading:
    """Return what an answer means."""
    octets = body if isinstance(body, bytes) else body.encode()
    return read_site_document(
        kind(name), status=status, media_type=media_type, body=octets, truncated=truncated
    )


def stated(
    name: str, body: str | bytes, *, url: str = URL, media_type: str = "text/html", **answer: object
) -> tuple[Observation, ...]:
    """Return what a file states of a URL."""
    document = reading(name, body, **answer).document  # type: ignore[arg-type]  # forwarded as they are
    return (
        () if document is None else document.observe(url, ORIGIN + kind(name).paths[0], media_type=media_type)
    )


def archived(name: str, body: str | bytes) -> Representation:
    """Return a file as the archive gives it back."""
    octets = body if isinstance(body, bytes) else body.encode()
    return Representation(
        url=ORIGIN + kind(name).paths[0], status=200, headers=(), media_type="", body=octets, tree=None
    )
