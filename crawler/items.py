"""What flows through the pipelines: one exchange, and what became known of it on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from crawler.archive.exchange import Exchange
from crawler.frontier.passes import Pass
from crawler.links import NO_LINKS, Outlinks
from licences.observation import Observation
from licences.policy import Decision
from licences.representation import Representation
from licences.rights import RightsSet
from provenance.records import CaptureKind, Kept, RightsSetRecord


@dataclass(slots=True, kw_only=True)
class ArchivedExchange:
    """One exchange on its way into the archive; `RightsPipeline` fills in the second half."""

    kind: CaptureKind
    carried: Pass
    exchange: Exchange
    status: int
    held: int  # bytes of the process's budget
    capture_id: int
    media_type: str = ""
    representation: Representation | None = None
    links: Outlinks = NO_LINKS
    sitemaps: tuple[str, ...] = ()  # of a sitemap index, canonical
    redirects_to: str | None = None  # inside the scope
    kept: Kept = Kept.BODY
    refused: tuple[Observation, ...] = ()  # what an answer that turned us away states

    observations: tuple[Observation, ...] = ()
    rights: RightsSet | None = None
    site_documents: dict[str, int] = field(
        default_factory=dict
    )  # what some stand in: URL, key of its capture
    decision: Decision | None = None
    record: RightsSetRecord | None = None
    language: str | None = None  # as the document states it
    simhash: int | None = None  # of its text, where its body is kept
