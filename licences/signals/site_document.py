"""What every reader of a host's file gives back: how looking went, and the file, ready to be asked about URLs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from licences.observation import Observation
from licences.vocabulary import Retrieval


class SiteDocument(Protocol):
    """A host's file that was read: asked about every page, so it answers from a cache."""

    def observe(self, url: str, document_url: str, *, media_type: str) -> tuple[Observation, ...]:
        """Return what the file states about a URL; the same objects for URLs that the same lines decide.

        Args:
            url: of the page.
            document_url: where the file lies; it goes into each observation's source.
            media_type: of the page, lower-case, without parameters.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDocumentReading:
    """How reading went, and what there is to ask.

    A malformed file may still hold a denial that nobody can mistake: then there is a document besides.
    """

    retrieval: Retrieval
    document: SiteDocument | None = None  # None: it states nothing about any URL


class SiteDocumentParser(Protocol):
    """Reads one kind of file."""

    def __call__(self, body: bytes, *, truncated: bool = False) -> SiteDocumentReading:
        """Read a file of any content; never raises.

        Args:
            body: decoded of its content coding.
            truncated: whether there was more of it.
        """
